"""The door: where those who have no certificate yet, or a new one to fetch, knock. asyncio, TLS 1.2 or newer.

It is open to the whole network, so that everything about it is bounded, the handshake included: how many stand in it,
how many of one address, how long each has for all of it, how much it may say, and how many come in a second. Nobody who
dawdles or floods takes anything from ingest; at worst, nobody else can enrol meanwhile.

There is one request a connection. A certificate that is shown is judged by the handshake: the authority's, not over,
not on the list of the revoked.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from gateway.errors import ConfigError, GatewayError, Problem
from gateway.identity import files
from node.wire import codec, enrolment
from node.wire.errors import WireError
from node.wire.messages import Enrol, Enrolled

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.clock import Clock
    from gateway.identity.desk import Desk

log = logging.getLogger(__name__)

MOST: Final = 64
MOST_EACH: Final = 8
"""Of one address: whoever dawdles must do so from many."""
PATIENCE_S: Final = 10.0
"""For all of a visit. A node on a slow radio link takes a second or two."""
PAUSE_S: Final = 0.01
"""Between two who come in: a handshake is some 3 ms of this machine's time."""
_TROUBLE_S: Final = 1.0


def listen(host: str, port: int) -> socket.socket:
    """Open the port; an empty host is every address of this machine.

    Raises:
        ConfigError: it is taken, or not this machine's.
    """
    try:
        both = not host and socket.has_dualstack_ipv6()
        family = socket.AF_INET6 if both or ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family, backlog=MOST, dualstack_ipv6=both)
    except OSError as error:
        advice = "choose another `enrol_port`, or 0 for none"
        raise ConfigError(
            [Problem("identity.enrol_port", f"{host or '*'}:{port}: {error.strerror}; {advice}")]
        ) from error
    listener.setblocking(False)
    return listener


class Door:
    """Lets people in, one request each.

    Args:
        desk: answers them.
        folder: of the authority.
        clock: wall clock.
        listener: an open port.
        patience_s: for all of a visit.
    """

    def __init__(
        self, desk: Desk, folder: Path, clock: Clock, listener: socket.socket, patience_s: float = PATIENCE_S
    ) -> None:
        self._desk = desk
        self._folder = folder
        self._clock = clock
        self._listener = listener
        self._patience_s = patience_s
        self._inside: Counter[str] = Counter()
        self._visits: set[asyncio.Task[None]] = set()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="desk")
        self._context: ssl.SSLContext | None = None
        self._read: tuple[object, ...] = ()
        self._trouble = ""

    async def stay(self) -> None:
        """Let people in until cancelled."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                try:
                    visitor, address = await loop.sock_accept(self._listener)
                except OSError as error:  # no descriptors left: ingest needs them more
                    log.warning("nobody can enrol for now: %s", error)
                    await asyncio.sleep(_TROUBLE_S)
                    continue
                self._let_in(visitor, str(address[0]).removeprefix("::ffff:"))
                await asyncio.sleep(PAUSE_S)
        finally:
            self._listener.close()
            for visit in self._visits:
                visit.cancel()
            await asyncio.gather(*self._visits, return_exceptions=True)
            self._thread.shutdown(wait=False)

    def _let_in(self, visitor: socket.socket, address: str) -> None:
        if len(self._visits) >= MOST or self._inside[address] >= MOST_EACH:
            visitor.close()
            return
        self._inside[address] += 1
        visit = asyncio.get_running_loop().create_task(self._visit(visitor, address))
        self._visits.add(visit)
        visit.add_done_callback(self._visits.discard)

    async def _visit(self, visitor: socket.socket, address: str) -> None:
        try:
            async with asyncio.timeout(self._patience_s):
                await self._serve(visitor, address)
        except (OSError, EOFError, WireError) as error:  # TimeoutError and SSLError are OSErrors
            log.debug("%s: %s", address, error)
        except GatewayError as error:
            self._complain(str(error))
        finally:
            visitor.close()
            self._inside[address] -= 1
            if not self._inside[address]:
                del self._inside[address]

    def _complain(self, trouble: str) -> None:
        """Say what keeps everybody out; once, for many may be knocking."""
        if trouble != self._trouble:
            self._trouble = trouble
            log.error("nobody is answered at the door: %s", trouble)

    async def _serve(self, visitor: socket.socket, address: str) -> None:
        """Hear one request and answer it."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=enrolment.MOST_BYTES, loop=loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        transport, _ = await loop.connect_accepted_socket(lambda: protocol, visitor, ssl=self._trust())
        try:
            payload = await reader.readexactly(enrolment.length(await reader.readexactly(enrolment.HEAD_BYTES)))
            channel: ssl.SSLObject = transport.get_extra_info("ssl_object")
            answer = await loop.run_in_executor(self._thread, self._answer, payload, channel.getpeercert(True), address)
            writer = asyncio.StreamWriter(transport, protocol, reader, loop)
            self._trouble = ""
            writer.write(enrolment.framed(codec.encode(answer)))
            await writer.drain()
            writer.close()
            await writer.wait_closed()
        finally:
            transport.abort()

    def _answer(self, payload: bytes, shown: bytes | None, address: str) -> Enrolled:
        try:
            wish = codec.decode(Enrol.kind, payload)
            assert isinstance(wish, Enrol)
        except WireError as error:
            return Enrolled(reason=f"not understood: {error}")
        if wish.request:
            log.info("%s asks for a certificate", address)
        return self._desk.answer(wish, shown, self._clock())

    def _trust(self) -> ssl.SSLContext:
        """Return the rules of a handshake, by the newest list of the revoked and the newest certificate of ours.

        Raises:
            ConfigError: a file is missing or damaged, and nobody can be let in.
        """
        try:
            read = tuple(files.version(self._folder / name) for name in ("crl.pem", "gateway.pem"))
            if self._context is None or read != self._read:
                self._context, self._read = _rules(self._folder), read
        except OSError as error:  # SSLError is one
            hint = "restore it; `torpor-gateway init` makes what is missing"
            raise ConfigError([Problem(str(self._folder), f"nobody can enrol: {error}; {hint}")]) from error
        return self._context


def _rules(folder: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_verify_locations(folder / "ca.pem")
    context.load_verify_locations(folder / "crl.pem")
    context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    context.load_cert_chain(folder / "gateway.pem", folder / "gateway.key")
    # A resumed session would be believed without another look at the list.
    context.num_tickets = 0
    context.options |= ssl.OP_NO_TICKET
    return context
