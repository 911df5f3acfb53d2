"""A life on the disk whose power will be cut, in a process of its own: each line that it tells waits for an answer.

python -m tools.crash.worker PREMISES FOLDER
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tools.crash.kills import CYCLES
from tools.crash.life import live
from tools.crash.premises import Premises
from tools.powercut.worker import promise


def main(premises: str, folder: str) -> None:
    """Live, then end as a node does whose power goes."""
    live(Premises(folder=Path(premises)), Path(folder) / "state", CYCLES, promise)
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
