"""Ed25519 (RFC 8032), by the `cryptography` package, which is loaded at the first signature and not before.

Importing it takes 44 ms and 16 MB: a node that hears a policy once a week pays that once a week.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from node.wire.errors import WireError

if TYPE_CHECKING:
    from node.wire.cose import Sign

KEY_BYTES: Final = 32
"""Of a public key, and of a private one."""
_KEY_ID_BYTES: Final = 8
_ADVICE: Final = "signatures need the `cryptography` package: pip install 'torpor[control]'"


def key_id(public: bytes) -> bytes:
    """Return the name of a public key: the first 8 bytes of its SHA-256. It finds a key; it proves nothing.

    >>> key_id(bytes(32)).hex()
    '66687aadf862bd77'
    """
    return hashlib.sha256(public).digest()[:_KEY_ID_BYTES]


def verify(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether a signature is this key's, over this message.

    Args:
        public: 32 bytes; of another length, no signature is its.
        signature: 64 bytes.
        message: what was signed.

    Raises:
        WireError: `unsupported`: this machine has no `cryptography`.
    """
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ModuleNotFoundError as error:
        raise WireError("unsupported", _ADVICE) from error
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def signer(private: bytes) -> tuple[bytes, Sign]:
    """Return the public key of a private one, and what signs with it.

    Args:
        private: 32 bytes of good randomness, known to nobody else.

    Raises:
        WireError: `unsupported`, as above.
        ValueError: not 32 bytes.
    """
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    except ModuleNotFoundError as error:
        raise WireError("unsupported", _ADVICE) from error
    key = Ed25519PrivateKey.from_private_bytes(private)
    return key.public_key().public_bytes_raw(), key.sign
