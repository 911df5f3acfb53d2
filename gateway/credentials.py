"""Credentials: what the gateway shows the broker, read anew for each attempt: it may be replaced while it runs."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from gateway.errors import ConfigError, Problem

if TYPE_CHECKING:
    from gateway import config


def tls(params: config.Mqtt) -> ssl.SSLContext | None:
    """Return whom to believe, and our own certificate; None where the connection is plain.

    Raises:
        OSError: a file cannot be read, or is not what it should be (SSLError).
    """
    if params.ca_file is None:
        return None
    context = ssl.create_default_context(cafile=str(params.ca_file))
    if params.cert_file is not None:
        context.load_cert_chain(params.cert_file, params.key_file)
    return context


def password(params: config.Mqtt) -> bytes | None:
    """Return the first line of the password's file.

    Raises:
        ConfigError: it cannot be read, or has none.
    """
    path = params.password_file
    if path is None:
        return None
    try:
        found = path.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([Problem("mqtt.password_file", f"{path}: {error}")]) from error
    if not found:
        raise ConfigError([Problem("mqtt.password_file", f"{path} has no first line; the password belongs there")])
    return found.encode()
