"""The demo's set-up: environment and broker; then the showcase takes over the process."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NoReturn

from tools.bootstrap import environment, packages
from tools.bootstrap.steps import SetupError, Steps

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str]) -> NoReturn:
    """Set up, then become the showcase.

    Args:
        argv: for the showcase.

    Raises:
        SystemExit: the set-up failed; 2 where a person must act first.
    """
    steps = Steps(environment.ROOT / "var" / "setup.log")
    try:
        packages.require(steps, packages.this_machine(), "mosquitto", others=environment.missing_packages())
        python = environment.project(steps, "tools")
    except SetupError as error:
        print(error, file=sys.stderr)
        sys.exit(error.code)
    # -P: a folder called `tools` where the user happens to stand is not ours.
    os.execv(python, [str(python), "-P", "-m", "tools.showcase", *argv])  # noqa: S606 - our own environment's Python
