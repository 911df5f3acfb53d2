"""The token that opens the API: a secret in a file of its owner, made when there is none."""

from __future__ import annotations

import os
import secrets
import stat
from typing import TYPE_CHECKING, Final

from gateway.errors import ConfigError, Problem

if TYPE_CHECKING:
    from pathlib import Path

BYTES: Final = 32
OPTION: Final = "serve.token_file"


def made_or_read(path: Path) -> str:
    """Return the token of a file; a new one where there is no file.

    Raises:
        ConfigError: it cannot be written or read, is too short to be a secret, or others may read it.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read(path)
    except OSError as error:
        raise ConfigError([Problem(OPTION, f"{path}: {error.strerror}; name a file in a folder of ours")]) from error
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return _read(path)


def _read(path: Path) -> str:
    try:
        token = path.read_text(encoding="ascii").strip()
        mode = stat.S_IMODE(path.stat().st_mode)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([Problem(OPTION, f"{path}: {error}")]) from error
    if mode & 0o077:
        raise ConfigError([Problem(OPTION, f"{path} may be read by others; run: chmod 600 {path}")])
    if len(token) < BYTES:
        advice = "remove it, and the next start makes one"
        raise ConfigError([Problem(OPTION, f"{path}: {len(token)} characters are no secret; {advice}")])
    return token
