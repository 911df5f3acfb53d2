"""The suite's set-up: environments, broker, second runtime; then pytest takes over the process."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from tools.bootstrap import environment, packages
from tools.bootstrap.steps import SetupError, Steps

if TYPE_CHECKING:
    from collections.abc import Sequence

WELCOME: Final = ("strace",)  # with it the suite watches what is synced; without, it skips that
WORKERS: Final = ("-n", "auto", "--maxprocesses", "4", "--dist", "worksteal")


def main(argv: Sequence[str]) -> NoReturn:
    """Set up, then become pytest, so that its closing line and exit code are the command's own.

    Args:
        argv: for pytest; paths count from the project's root.

    Raises:
        SystemExit: the set-up failed; 2 where a person must act first.
    """
    steps = Steps(environment.ROOT / "var" / "setup.log")
    try:
        machine = packages.this_machine()
        others = [*environment.missing_packages(), *_missing_disk(machine)]
        packages.require(steps, machine, *packages.BROKER, others=others, welcome=WELCOME)
        python = environment.project(steps, "tests")
        environment.second_runtime(steps)
    except SetupError as error:
        print(error, file=sys.stderr)
        sys.exit(error.code)
    os.chdir(environment.ROOT)
    os.execv(python, [str(python), "-m", "pytest", *WORKERS, *argv])  # noqa: S606 - our own environment's Python


def _missing_disk(machine: packages.Machine) -> list[str]:
    """Return what a disk whose power can be cut still needs; others than root have another form of the trial."""
    wanted = machine.is_root and Path("/dev/fuse").exists() and machine.find("fusermount3") is None
    return ["fuse3"] if wanted else []
