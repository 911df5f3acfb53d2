"""A model that kills: a real runtime in place of LiteRT, which does to its process what bad ones do.

    python -m tests.gateway.escalate.deadly MODEL THREADS MOST_MB RUN_S   as `gateway.escalate.inside`, with this model
    python -m tests.gateway.escalate.deadly                               the control: the same, in this very process

What it does stands in a window's first number; a model called `stillborn` never comes as far.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from gateway.escalate import inside
from gateway.escalate.card import Card, Head
from gateway.escalate.engine import Classifier

if TYPE_CHECKING:
    import numpy.typing as npt

KILLS: Final = 1001.0
HANGS: Final = 1002.0
GROWS: Final = 1003.0
LEAVES: Final = 1004.0
PRINTS: Final = 1005.0


class Deadly:
    """Answers that the class is the window's first number; see above."""

    def run(self, windows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return (windows, 10)."""
        answers = np.zeros((len(windows), 10), np.float32)
        for at, first in enumerate(windows.reshape(len(windows), -1)[:, 0].tolist()):
            _do(first)
            answers[at, int(first) % 10] = 1.0
        return answers


def _do(what: float) -> None:
    if what == KILLS:
        ctypes.string_at(0)  # reads where nothing is: the kernel's SIGSEGV, as a bad delegate's
    elif what == HANGS:
        threading.Event().wait()
    elif what == GROWS:
        np.empty(1 << 30, np.uint8)
    elif what == LEAVES:
        raise SystemExit(3)
    elif what == PRINTS:
        print("a runtime talks", flush=True)  # noqa: T201 - as some do


def begin(path: Path) -> Classifier:
    """Open it."""
    if path.stem == "stillborn":
        _do(KILLS)
    return Classifier(Deadly(), Card(model="deadly@1", head=Head(part="classes")))


def main() -> int:
    """Be the process of the model; or of a gateway that would run it in its own."""
    if not sys.argv[1:]:
        begin(Path("deadly")).answer(np.full((1, 3), KILLS, np.float32))
        return 0
    model, _, most_mb, run_s = sys.argv[1:]
    replies = inside.restrain(int(most_mb))
    inside.serve(lambda: begin(Path(model)), sys.stdin.buffer, replies, float(run_s))
    return 0


if __name__ == "__main__":
    sys.exit(main())
