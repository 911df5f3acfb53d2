"""Enrolment: how a new node proves that it was invited, and how the two speak before there is a broker between them.

An invitation is one line that an operator carries from the gateway to the node:

    1.<site>.<name>.<secret>.<fingerprint>

Secret: 128 random bits. Fingerprint: SHA-256 of the site's authority, by which the node knows whom to tell the secret.
Both are base64url (RFC 4648 §5) without padding.

Then they speak TLS, `Enrol` one way and `Enrolled` back, each behind its length in two bytes, once a connection:

    Enrol()                   who are you?         the authority's certificate, to be believed by its fingerprint
    Enrol(secret, request)    I was invited        the node's certificate, or the reason why not
    Enrol(request)            sign for me again    the same, to whoever shows a certificate that still holds
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Final

from node.wire import topics
from node.wire.errors import WireError

MOST_BYTES: Final = 4096
"""Of a message: a certificate has some 500, a request to sign some 250."""
HEAD_BYTES: Final = 2
SECRET_BYTES: Final = 16
FINGERPRINT_BYTES: Final = 32
_VERSION: Final = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """What an operator carries to a node; whoever has it can become that node, once.

    Attributes:
        site: `[a-z0-9-]{1,32}`.
        node: `[a-z0-9-]{1,32}`.
        secret: 16 bytes.
        fingerprint: of the site's authority, 32 bytes.

    >>> told = str(Invitation(site="orchard", node="pump-3", secret=bytes(16), fingerprint=bytes(32)))
    >>> told
    '1.orchard.pump-3.AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
    >>> parse(told).node
    'pump-3'
    """

    site: str
    node: str
    secret: bytes
    fingerprint: bytes

    def __post_init__(self) -> None:
        topics.name(self.site)
        topics.name(self.node)

    def __str__(self) -> str:
        return ".".join((_VERSION, self.site, self.node, _spell(self.secret), _spell(self.fingerprint)))

    def __repr__(self) -> str:  # a secret that a traceback shows is none
        return f"Invitation(site={self.site!r}, node={self.node!r})"


def parse(line: str) -> Invitation:
    """Read an invitation; nothing of it is in the error, for it is a secret.

    Raises:
        WireError: `bad-token`, `unknown-major` or `bad-name`.
    """
    words = line.strip().split(".")
    if len(words) != 5:
        raise WireError("bad-token", "an enrolment token has five parts with dots between; was all of the line copied?")
    version, site, node, secret, fingerprint = words
    if version != _VERSION:
        raise WireError("unknown-major", f"an enrolment token of version {version[:8]!r}. Update the older peer")
    return Invitation(
        site=site,
        node=node,
        secret=_read(secret, SECRET_BYTES),
        fingerprint=_read(fingerprint, FINGERPRINT_BYTES),
    )


def fingerprint(certificate: bytes) -> bytes:
    """Return the SHA-256 of a certificate, DER: by this a node knows an authority."""
    return hashlib.sha256(certificate).digest()


def server_name(site: str) -> str:
    """Return the name by which a node knows its broker and its gateway, wherever they are: addresses change.

    It is resolved nowhere (`.internal` is reserved for such names); it is compared with the certificate.

    >>> server_name("orchard")
    'orchard.torpor.internal'
    """
    return f"{topics.name(site)}.torpor.internal"


def framed(payload: bytes) -> bytes:
    """Return a message behind its length.

    Raises:
        WireError: `too-large`.
    """
    if len(payload) > MOST_BYTES:
        raise WireError("too-large", f"{len(payload)} bytes of enrolment; at most {MOST_BYTES}")
    return len(payload).to_bytes(HEAD_BYTES, "big") + payload


def length(head: bytes) -> int:
    """Return how many bytes follow a message's first two.

    Raises:
        WireError: `too-large`: nobody of ours says so much.
    """
    size_bytes = int.from_bytes(head, "big")
    if size_bytes > MOST_BYTES:
        raise WireError("too-large", f"{size_bytes} bytes of enrolment; at most {MOST_BYTES}")
    return size_bytes


def _spell(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _read(word: str, size_bytes: int) -> bytes:
    try:
        data = base64.b64decode(word + "=" * (-len(word) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if len(data) != size_bytes or _spell(data) != word:
        raise WireError("bad-token", "an enrolment token was copied wrong or in part; copy the whole line again")
    return data
