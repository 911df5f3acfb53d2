"""Keys: Ed25519, one PEM file each, for nobody but their owner."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from securesystemslib.signer import CryptoSigner, SSlibKey

from node import durable
from tools.models.errors import PublishError

if TYPE_CHECKING:
    from pathlib import Path

ID_CHARACTERS: Final = 16
"""Of a SHA-256 in hex. A key's id stands beside each signature; 64 bits tell a repository's few keys apart."""


def make(path: Path) -> CryptoSigner:
    """Make a key and write it; an existing one is never overwritten.

    Raises:
        PublishError: there is one already.
    """
    if path.exists():
        raise PublishError(f"{path} is there already; a key that was used is needed to replace it")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    private = Ed25519PrivateKey.generate()
    durable.write(path, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return _signer(private)


def read(path: Path) -> CryptoSigner:
    """Read a key.

    Raises:
        PublishError: it cannot be read, or is another kind of key.
    """
    try:
        private = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:  # TypeError: it wants a password
        raise PublishError(f"cannot read the key {path}: {error}") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise PublishError(f"{path} holds no Ed25519 key; `torpor models init` and `rotate` make them")
    return _signer(private)


def _signer(private: Ed25519PrivateKey) -> CryptoSigner:
    public = private.public_key()
    key_id = hashlib.sha256(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:ID_CHARACTERS]
    return CryptoSigner(private, SSlibKey.from_crypto(public, key_id))
