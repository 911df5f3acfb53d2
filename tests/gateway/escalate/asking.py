"""A process that asks a model apart about one window, prints its label and the model's process, and waits to be ended.

python -m tests.gateway.escalate.asking MODEL
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from gateway.escalate.apart import Apart


def main() -> None:
    """Ask, tell, and wait."""
    model = Apart(Path(sys.argv[1]))
    (said,) = model.answer(np.zeros((1, 8, 8, 1), np.float32))
    assert model.pid is not None, "it has just answered"
    sys.stdout.write(f"{said.label} {model.pid}\n")
    sys.stdout.flush()
    sys.stdin.read()
    model.close()


if __name__ == "__main__":
    main()
