"""TLS: the context of a node's connection."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from node.errors import ConfigError, Problem

if TYPE_CHECKING:
    import socket
    from pathlib import Path


class Context(ssl.SSLContext):
    """Checks the certificate against a name of its own: paho would take the address that was dialled."""

    server_name: str
    newest: ssl.SSLSocket | None = None

    def wrap_socket(
        self,
        sock: socket.socket,
        server_side: bool = False,
        do_handshake_on_connect: bool = True,
        suppress_ragged_eofs: bool = True,
        server_hostname: str | bytes | None = None,  # noqa: ARG002 - the address; see the class
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLSocket:
        """Wrap a socket, for the name that this context knows."""
        self.newest = super().wrap_socket(
            sock, server_side, do_handshake_on_connect, suppress_ragged_eofs, self.server_name, session
        )
        return self.newest

    def abandon(self) -> None:
        """Close the newest connection: paho forgets it, open, when the handshake fails."""
        if self.newest is not None:
            self.newest.close()


def context(*, ca: Path | None, cert: Path | None, key: Path | None, server_name: str) -> Context:
    """Return a context for TLS 1.2 or newer that verifies the broker.

    Args:
        ca: PEM of who signed the broker's certificate; None trusts the system's.
        cert: PEM of this node's certificate; None where passwords are used.
        key: PEM of its key; None where it stands in `cert`.
        server_name: the name that the broker's certificate must carry.

    Raises:
        ConfigError: a file cannot be read, or holds something else.
    """
    made = Context(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.server_name = server_name
    try:
        if ca is None:
            made.load_default_certs()
        else:
            made.load_verify_locations(ca)
        if cert is not None:
            made.load_cert_chain(cert, key)
    except OSError as error:  # ssl.SSLError is one too
        raise ConfigError([Problem("mqtt", f"ca {ca}, cert {cert}, key {key}: {error}")]) from error
    return made
