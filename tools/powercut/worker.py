"""A subject's work in a process of its own, which ends without closing anything.

    python -m tools.powercut.worker SUBJECT FOLDER

Each promise is a line on its standard output, and waits for a line on its standard input: so that its place among the
writes of the disk is known.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tools.powercut.controls import CONTROLS
from tools.powercut.subjects import SUBJECTS


def main(name: str, folder: str) -> None:
    """Work, then end as a node does whose power goes."""
    {**SUBJECTS, **CONTROLS}[name].work(Path(folder), promise)
    os._exit(0)


def promise(words: str) -> None:
    """Say it, and wait until it was noted."""
    print(words, flush=True)
    if not sys.stdin.readline():
        raise EOFError("whoever noted the promises is gone")


if __name__ == "__main__":
    main(*sys.argv[1:])
