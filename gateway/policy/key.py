"""The key that signs a site's policies: 32 random bytes in a file of its owner, and its public half for nodes.

Whoever has it can make every node of the site waste its battery at a rate that the nodes' own limits allow, and
nothing worse: it signs no model.
"""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from gateway.errors import ConfigError, Problem
from node.wire import ed25519
from node.wire.errors import WireError

if TYPE_CHECKING:
    from pathlib import Path

    from node.wire.cose import Sign


def make(path: Path) -> list[Path]:
    """Write a new key, and its public half beside it as `.pub`; a key that is there stays as it is.

    Args:
        path: of the key.

    Returns:
        What was written.

    Raises:
        OSError: a file cannot be written.
        ConfigError: this machine has no `cryptography`.
    """
    written = []
    if _write(path, secrets.token_hex(ed25519.KEY_BYTES)):
        written.append(path)
    public, _ = read(path)
    told = f'# Nodes follow policies that this key signed: [policy] keys = "policy.pub" in node.toml.\n{public.hex()}'
    if _write(path.with_suffix(".pub"), told):
        written.append(path.with_suffix(".pub"))
    return written


def read(path: Path) -> tuple[bytes, Sign]:
    """Return the public key, and what signs.

    Raises:
        ConfigError: the file is not there, is no key, or may be read by others.
    """
    try:
        private = bytes.fromhex(path.read_text(encoding="ascii").strip())
        others = path.stat().st_mode & 0o077
        public, sign = ed25519.signer(private)
    except OSError as error:
        hint = f"{error.strerror}; `torpor-gateway init` makes one"
        raise ConfigError([Problem("policy.key_file", f"{path}: {hint}")]) from error
    except WireError as error:
        raise ConfigError([Problem("policy.key_file", str(error))]) from error
    except ValueError as error:
        raise ConfigError([Problem("policy.key_file", f"{path}: 64 hexadecimal digits belong there")]) from error
    if others:
        raise ConfigError([Problem("policy.key_file", f"{path} may be read by others; run: chmod 600 {path}")])
    return public, sign


def _write(path: Path, text: str) -> bool:
    """Write a new file, durably; whether there was none."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    return True
