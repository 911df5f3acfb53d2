"""Which secrets were used, and by whose key: a file that only grows, written before anything is signed.

It stands beside the register and not in it, so that a register restored from a backup brings no invitation to life.
The same key may use its secret again while the invitation lasts: an answer that got lost on the way costs nobody a
second walk to the gateway, and whoever copied the secret has another key.
"""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

from gateway.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path


def spend(path: Path, digest: bytes, key_id: bytes) -> bool:
    """Use a secret; of any number who try at once, in any number of processes, one key wins.

    Args:
        path: the file; made where it is missing.
        digest: of the secret.
        key_id: of the key that it is used for.

    Returns:
        Whether it is this key's now.

    Raises:
        StoreError: the disk refuses, and nothing was used.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            lines = file.read().split(b"\n")
            used = [line for line in lines if line.startswith(digest.hex().encode())]
            if used:
                return used == [_line(digest, key_id)]
            # A power cut may have left half a line, which is nobody's.
            file.write((b"\n" if lines[-1] else b"") + _line(digest, key_id) + b"\n")
            file.flush()
            os.fsync(file.fileno())
            _keep_name(path)
    except OSError as error:
        raise StoreError(f"{path}: {error}") from error
    return True


def _line(digest: bytes, key_id: bytes) -> bytes:
    return f"{digest.hex()} {key_id.hex()}".encode()


def _keep_name(path: Path) -> None:
    """Have the folder remember the file, which may be new."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
