"""Enrolment, the node's side: one question to the gateway's door, over TLS, and its answer.

What is said stands in `node.wire.enrolment`.
"""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING, Final

from node.errors import LinkError
from node.wire import codec, enrolment
from node.wire.errors import WireError
from node.wire.messages import Enrol, Enrolled

if TYPE_CHECKING:
    from node.wire.enrolment import Invitation

_STEPS: Final = 3
"""TCP, the handshake, the answer: each may take as long as the socket's timeout."""


def ask(where: tuple[str, int], wish: Enrol, context: ssl.SSLContext, name: str, budget_s: float) -> Enrolled:
    """Ask, and hear the answer.

    Args:
        where: host and port of the gateway's door.
        wish: what is wanted.
        context: whom to believe.
        name: what the gateway's certificate must be for.
        budget_s: longest time for it, but for the resolver's.

    Raises:
        LinkError: nobody answers there, or somebody else.
    """
    host, port = where
    try:
        with (
            socket.create_connection(where, timeout=budget_s / _STEPS) as plain,
            context.wrap_socket(plain, server_hostname=name) as channel,
        ):
            channel.sendall(enrolment.framed(codec.encode(wish)))
            answer = codec.decode(Enrolled.kind, _exactly(channel, enrolment.length(_exactly(channel, 2))))
    except (OSError, WireError) as error:  # ssl.SSLError is an OSError
        raise LinkError(f"{host}:{port}: {error}; is that the gateway's port for enrolment?") from error
    assert isinstance(answer, Enrolled)
    return answer


def authority(where: tuple[str, int], invitation: Invitation, budget_s: float) -> str:
    """Fetch the certificate of the authority that an invitation is bound to, PEM.

    Whom we speak with is not known yet, so nothing is told here; and nothing is believed but the fingerprint.

    Raises:
        LinkError: nobody answers there, or it is another authority's gateway.
    """
    nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    nobody.minimum_version = ssl.TLSVersion.TLSv1_2
    nobody.check_hostname = False
    nobody.verify_mode = ssl.CERT_NONE
    answer = ask(where, Enrol(), nobody, enrolment.server_name(invitation.site), budget_s)
    if enrolment.fingerprint(answer.certificate) != invitation.fingerprint:
        raise LinkError(
            f"{where[0]}:{where[1]} is not the gateway that made this token: its authority has another fingerprint. "
            "Nothing was told to it; check the address, or ask for a new token"
        )
    return ssl.DER_cert_to_PEM_cert(answer.certificate)


def believing(authority_pem: str) -> ssl.SSLContext:
    """Return a context that believes this authority alone."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(cadata=authority_pem)
    return context


def address(text: str) -> tuple[str, int]:
    """Read `HOST:PORT`; an IPv6 address stands in brackets.

    Raises:
        ValueError: it is none.

    >>> address("[fe80::1]:8884")
    ('fe80::1', 8884)
    """
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
        raise ValueError(f"{text!r} is not HOST:PORT, such as 192.168.1.10:8884")
    return host.removeprefix("[").removesuffix("]"), int(port)


def _exactly(channel: ssl.SSLSocket, size_bytes: int) -> bytes:
    data = b""
    while len(data) < size_bytes:
        piece = channel.recv(size_bytes - len(data))
        if not piece:
            raise WireError("truncated", f"{len(data)} bytes of {size_bytes}, then it hung up")
        data += piece
    return data
