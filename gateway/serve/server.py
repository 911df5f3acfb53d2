"""The API beside a running gateway: uvicorn on the same loop, with its work in threads."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING, Final

import uvicorn

from gateway.errors import ConfigError, Problem
from gateway.serve import token
from gateway.serve.api import DESCRIPTION, alone, build
from gateway.serve.guard import Guard
from gateway.serve.visit import visits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.config import Config
    from gateway.serve.api import Edges

MOST_CALLERS: Final = 32
KEEP_ALIVE_S: Final = 5
PATIENCE_S: Final = 30.0
FAREWELL_S: Final = 2
"""An answer that takes longer is not waited for when the gateway ends."""


class _Server(uvicorn.Server):
    """One that leaves the process's signals to the gateway."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take none."""
        yield


def listen(host: str, port: int) -> socket.socket:
    """Open the port.

    Raises:
        ConfigError: it is taken, or not this machine's.
    """
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        advice = "choose another `port`, or 0 for no API"
        raise ConfigError([Problem("serve.port", f"{host}:{port}: {error.strerror}; {advice}")]) from error


class Counter:
    """Where callers are served.

    Args:
        config: the gateway's; `[serve]` says how.
        listener: an open port.
        edges: tells how the gateway fares beside its database.
        patience_s: for a question, and for the reading of its answer.

    Raises:
        ConfigError: a file cannot be used.
    """

    def __init__(
        self, config: Config, listener: socket.socket, edges: Edges = alone, patience_s: float = PATIENCE_S
    ) -> None:
        params = config.serve
        app = Guard(build(config, edges), token.made_or_read(params.token_file), frozenset({DESCRIPTION}))
        self._listener = listener
        settings = uvicorn.Config(
            app,
            http=visits(patience_s),
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            limit_concurrency=MOST_CALLERS,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=FAREWELL_S,
            ssl_certfile=params.cert_file,
            ssl_keyfile=str(params.key_file) if params.key_file else None,
        )
        try:
            settings.load()
        except OSError as error:  # SSLError is one
            told = f"{params.cert_file}, {params.key_file}: {error}; give a certificate and its own key, both PEM"
            raise ConfigError([Problem("serve.cert_file", told)]) from error
        self._server = _Server(settings)

    async def stay(self) -> None:
        """Serve until cancelled; whoever is being answered then has a moment."""
        serving = asyncio.create_task(self._server.serve(sockets=[self._listener]), name="serving")
        try:
            await asyncio.shield(serving)
        except asyncio.CancelledError:
            self._server.should_exit = True
            await serving
            raise
        finally:
            self._listener.close()
