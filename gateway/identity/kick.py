"""Throws a client out of the broker: with its own client id, and a certificate for it that only the authority can make.

MQTT 5 §3.1.4: a second connection with the same client id ends the first, and one with Clean Start ends its session, so
that what waits in it is gone as well. mosquitto 2.0 has no other way for it, short of a restart of everybody.
"""

from __future__ import annotations

import ssl
import tempfile
from socket import create_connection
from typing import TYPE_CHECKING, Final

import mqtt5

from gateway.errors import GatewayError
from gateway.identity import certificates
from gateway.identity.certificates import Subject

if TYPE_CHECKING:
    from gateway.config import Mqtt
    from gateway.identity.authority import Authority

_PATIENCE_S: Final = 20.0
_MINUTES: Final = 5.0 / (24 * 60)
"""Five of them, in days: as long as the certificate counts that is made for this."""


def kick(authority: Authority, name: str, broker: Mqtt, now_ms: int) -> None:
    """End a client's connection, and its session.

    Raises:
        GatewayError: the broker cannot be reached, or does not take us in.
    """
    try:
        with (
            create_connection((broker.host, broker.port), timeout=_PATIENCE_S) as plain,
            _context(authority, name, now_ms).wrap_socket(plain, server_hostname=broker.host) as channel,
        ):
            channel.sendall(mqtt5.ConnectPacket(name, clean_start=True, session_expiry_interval=0).write())
            answer, _ = mqtt5.read(memoryview(channel.recv(4096)))
            if not isinstance(answer, mqtt5.ConnAckPacket) or answer.reason_code != mqtt5.ConnAckReasonCode.SUCCESS:
                raise GatewayError(f"{broker.host}:{broker.port} did not take us in for {name}: {answer}")
            channel.sendall(mqtt5.DisconnectPacket().write())
    except (OSError, IndexError, ValueError) as error:
        raise GatewayError(f"{broker.host}:{broker.port}: {error}") from error


def _context(authority: Authority, name: str, now_ms: int) -> ssl.SSLContext:
    """Return a client's rules; its key is on disk for as long as OpenSSL takes to read it."""
    key = certificates.new_key()
    signed = authority.sign(Subject(name=name), key.public_key(), now_ms, _MINUTES)
    context = ssl.create_default_context(cafile=str(authority.folder / "ca.pem"))
    with tempfile.NamedTemporaryFile(dir=authority.folder) as file:  # mode 0600
        file.write(certificates.pem(signed) + certificates.key_pem(key))
        file.flush()
        context.load_cert_chain(file.name)
    return context
