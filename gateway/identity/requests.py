"""What a node asks to be signed: its key and its name, and nothing else that it might have liked. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.errors import RefusedError
from gateway.identity.certificates import common_name
from node.wire import topics
from node.wire.errors import WireError


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request that can be granted, as far as it alone tells.

    Attributes:
        name: the node's.
        key: which whoever asks really has, as the request's signature proves.
    """

    name: str
    key: ec.EllipticCurvePublicKey

    @property
    def key_id(self) -> bytes:
        """SHA-256 of the key."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return hashlib.sha256(self.key.public_bytes(serialization.Encoding.DER, form)).digest()


def read(der: bytes) -> Request:
    """Read a request.

    Args:
        der: PKCS #10 (RFC 2986).

    Raises:
        RefusedError: with the reason.
    """
    try:
        asked = x509.load_der_x509_csr(der)
        extensions = list(asked.extensions)
        key = asked.public_key()
        signed = asked.is_signature_valid
        name = common_name(asked)
    except (ValueError, UnsupportedAlgorithm, InvalidSignature, x509.DuplicateExtension) as error:
        raise RefusedError("this is no request for a certificate (PKCS #10, DER)") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise RefusedError("the key must be an elliptic one on P-256")
    if not signed:
        raise RefusedError("the request is not signed by the key that it holds")
    if extensions:
        # To ask for an authority's powers or another's names is no mistake that a node of ours makes.
        raise RefusedError("a request has a name and a key, and no extensions")
    try:
        return Request(name=topics.name(name), key=key)
    except WireError as error:
        raise RefusedError(f"the subject must be a node's name alone, [a-z0-9-]{{1,32}}: {error}") from error
