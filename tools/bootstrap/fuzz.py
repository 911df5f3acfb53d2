"""The fuzzer's set-up: an environment with atheris where there is one; then the fuzzer takes over the process."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NoReturn

from tools.bootstrap import environment
from tools.bootstrap.steps import SetupError, Steps

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str]) -> NoReturn:
    """Set up, then become the fuzzer.

    Args:
        argv: for the fuzzer.

    Raises:
        SystemExit: the set-up failed; 2 where a person must act first.
    """
    steps = Steps(environment.ROOT / "var" / "setup.log")
    try:
        python = environment.project(steps, "fuzz")
    except SetupError as error:
        print(error, file=sys.stderr)
        sys.exit(error.code)
    os.execv(python, [str(python), "-P", "-m", "tools.fuzzing", *argv])  # noqa: S606 - our own environment's Python
