"""`python tests/system/sleeper.py FILE`: a node as its file says, that lets go of its link after each transmission."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from node.app import App
from node.config import load_strictly

if __name__ == "__main__":
    config = load_strictly(Path(sys.argv[1]))
    sleepy = replace(config.transmit, stay_connected_below_s=0.0)
    sys.exit(App(replace(config, transmit=sleepy)).run())
