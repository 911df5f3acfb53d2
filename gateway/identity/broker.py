"""The broker's process: told to read its lists again."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gateway.errors import GatewayError

if TYPE_CHECKING:
    from gateway import config

NAME: Final = "mosquitto"
PATIENCE_S: Final = 30.0


def reload(params: config.Identity, patience_s: float = PATIENCE_S) -> None:
    """Have the broker read the access list and the list of the revoked again.

    Args:
        params: how it is told.
        patience_s: for the operator's command.

    Raises:
        GatewayError: it is not running, or the operator's command failed.
    """
    if params.reload_command.strip():
        _run(params.reload_command, patience_s)
        return
    try:
        pid = int(params.broker_pid.read_text(encoding="ascii").strip("\0 \n"))
        # A number that is left from before a restart may be anybody's by now.
        if Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip() != NAME:
            raise GatewayError(f"process {pid} of {params.broker_pid} is no {NAME}")
        os.kill(pid, signal.SIGHUP)  # mosquitto(8): reload
    except (OSError, ValueError) as error:
        raise GatewayError(f"{params.broker_pid}: {error}") from error


def _run(command: str, patience_s: float) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - the operator's own command, from the operator's own file
            shlex.split(command), capture_output=True, text=True, errors="replace", check=False, timeout=patience_s
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise GatewayError(f"`{command}` (identity.reload_command) could not be run: {error}") from error
    if done.returncode:
        raise GatewayError(f"`{command}` ended with {done.returncode}: {done.stderr.strip()}")
