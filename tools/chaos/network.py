"""A network that can be broken: TCP proxies on 127.0.0.1, one for each client of a server.

What can happen to a connection: it is `cut`, and both ends are told; it is `torn`, in the middle of a packet; it
`stalls`, and all of it comes later; it falls `silent`, and neither end is ever told: what a NAT does that forgot, or
an antenna that fell off. A connection that fell silent stays so. What is dialled while the line is silent is taken,
and hears nothing; after `heal` new connections go through.
"""

from __future__ import annotations

import asyncio
import threading
from enum import StrEnum
from typing import TYPE_CHECKING, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from types import TracebackType

T = TypeVar("T")


class Way(StrEnum):
    """What a line does to the bytes that come in."""

    OPEN = "open"
    STALLED = "stalled"
    SILENT = "silent"


class Passage:
    """What becomes of the bytes of one connection; it does no I/O.

    Attributes:
        way: what the line does to them now.

    >>> passage = Passage()
    >>> passage.tear_after(5)
    >>> passage.take(b"abc"), passage.take(b"defg"), passage.torn
    (b'abc', b'de', True)
    """

    def __init__(self, way: Way = Way.OPEN) -> None:
        self.way = way
        self._left_bytes: int | None = None

    @property
    def torn(self) -> bool:
        """Whether all bytes that were still allowed have passed."""
        return self._left_bytes == 0

    def tear_after(self, size_bytes: int) -> None:
        """Let so many bytes pass, both directions counted, and not one more."""
        self._left_bytes = size_bytes

    def set(self, way: Way) -> None:
        """Change what is done to the bytes; silence has no end."""
        if self.way is not Way.SILENT:
            self.way = way

    def take(self, data: bytes) -> bytes:
        """Return what of the data goes on."""
        if self.way is Way.SILENT:
            return b""
        if self._left_bytes is None:
            return data
        taken = data[: self._left_bytes]
        self._left_bytes -= len(taken)
        return taken


class Leg(asyncio.Protocol):
    """One end of a connection through the proxy: towards the client, or towards the server.

    Attributes:
        passage: what becomes of the bytes; shared with the other end.
        transport: the socket; None before there is one.
        other: the other end; None before it was dialled.
        full: whether this end takes no more for now.
    """

    def __init__(self, passage: Passage) -> None:
        self.passage = passage
        self.transport: asyncio.Transport | None = None
        self.other: Leg | None = None
        self.full = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the socket."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.regulate()

    def data_received(self, data: bytes) -> None:
        """Hand on what may pass."""
        taken = self.passage.take(data)
        if taken and self.other and self.other.transport:
            self.other.transport.write(taken)
        if self.passage.torn:
            self._tear()

    def _tear(self) -> None:
        """End both ends; the far one still gets the piece that has passed."""
        if self.other and self.other.transport:
            self.other.transport.close()
        self.cut()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Tell the other end, unless the line is silent."""
        if self.other and self.other.transport and self.passage.way is not Way.SILENT:
            self.other.transport.close()

    def cut(self) -> None:
        """Reset the connection."""
        if self.transport:
            self.transport.abort()

    def pause_writing(self) -> None:
        """The receiver is slow: so shall be the sender."""
        self.full = True
        self._regulate_other()

    def resume_writing(self) -> None:
        """It caught up."""
        self.full = False
        self._regulate_other()

    def _regulate_other(self) -> None:
        if self.other:
            self.other.regulate()

    def regulate(self) -> None:
        """Read, unless the line is stalled, or the other end is not there yet or full; a silent line swallows."""
        if self.transport is None or self.transport.is_closing():
            return
        ready = self.other is not None and self.other.transport is not None and not self.other.full
        reads = self.passage.way is Way.SILENT or (ready and self.passage.way is Way.OPEN)
        if reads and not self.transport.is_reading():
            self.transport.resume_reading()
        elif not reads and self.transport.is_reading():
            self.transport.pause_reading()


class Line:
    """One listener, and all connections through it to one port of 127.0.0.1.

    Attributes:
        taken: connections of clients, ever.
    """

    def __init__(self, server_port: int) -> None:
        self.taken = 0
        self._server_port = server_port
        self._way = Way.OPEN
        self._ration_bytes: int | None = None
        self._legs: set[Leg] = set()
        self._dials: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None

    async def listen(self) -> int:
        """Start; returns the port for clients."""
        self._listener = await asyncio.get_running_loop().create_server(self._take, "127.0.0.1", 0)
        return int(self._listener.sockets[0].getsockname()[1])

    def _take(self) -> Leg:
        self.taken += 1
        leg = Leg(Passage(self._way))
        if self._ration_bytes is not None:
            leg.passage.tear_after(self._ration_bytes)
            self._ration_bytes = None
        self._legs = {each for each in self._legs if not (each.transport and each.transport.is_closing())} | {leg}
        if leg.passage.way is not Way.SILENT:
            dial = asyncio.get_running_loop().create_task(self._dial(leg))
            self._dials.add(dial)
            dial.add_done_callback(self._dials.discard)
        return leg

    async def _dial(self, near: Leg) -> None:
        """Reach the server for a client; where nobody listens, the client is told as the server's machine would."""
        far = Leg(near.passage)
        near.other, far.other = far, near
        try:
            await asyncio.get_running_loop().create_connection(lambda: far, "127.0.0.1", self._server_port)
        except OSError:
            near.cut()
        else:
            self._legs.add(far)
            near.regulate()
            if near.transport is None or near.transport.is_closing():  # it gave up meanwhile
                far.cut()

    def cut(self) -> None:
        """Reset every connection."""
        for leg in self._legs:
            leg.cut()

    def tear(self, size_bytes: int) -> None:
        """Let so many more bytes of each connection pass, then end it."""
        for leg in self._legs:
            leg.passage.tear_after(size_bytes)

    def ration(self, size_bytes: int) -> None:
        """Let so many bytes of the next connection pass, then end it."""
        self._ration_bytes = size_bytes

    def set(self, way: Way) -> None:
        """Stall the line, silence it, or open it again."""
        self._way = way
        for leg in self._legs:
            leg.passage.set(way)
            leg.regulate()

    async def close(self) -> None:
        """End it all."""
        for dial in self._dials:
            dial.cancel()
        if self._listener:
            self._listener.close()
        self.cut()


class Network:
    """Lines by name, served by a thread of its own; its methods are called from other threads."""

    def __init__(self) -> None:
        self._lines: dict[str, Line] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="network", daemon=True)

    def open(self, name: str, server_port: int) -> int:
        """Lay a line to a server's port; returns the port that its client is to dial."""
        line = self._lines[name] = Line(server_port)
        return self._do(line.listen())

    def taken(self, name: str) -> int:
        """Return how many connections a line has ever taken."""
        return self._lines[name].taken

    def cut(self, name: str) -> None:
        """Reset the connections of a line; both ends are told."""
        self._call(self._lines[name].cut)

    def tear(self, name: str, size_bytes: int) -> None:
        """End the connections of a line after so many more bytes, most likely within a packet."""
        self._call(lambda: self._lines[name].tear(size_bytes))

    def ration(self, name: str, size_bytes: int) -> None:
        """End the next connection of a line after so many bytes."""
        self._call(lambda: self._lines[name].ration(size_bytes))

    def stall(self, name: str) -> None:
        """Hold back what comes, until `heal`."""
        self._call(lambda: self._lines[name].set(Way.STALLED))

    def silence(self, name: str) -> None:
        """Lose what comes, and tell nobody; the connections of now never recover."""
        self._call(lambda: self._lines[name].set(Way.SILENT))

    def heal(self, name: str) -> None:
        """Let through what comes from now on, and what was held back."""
        self._call(lambda: self._lines[name].set(Way.OPEN))

    def _call(self, work: Callable[[], None]) -> None:
        async def call() -> None:
            work()

        self._do(call())

    def _do(self, work: Coroutine[object, object, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10.0)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for line in self._lines.values():
            self._do(line.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10.0)
        self._loop.close()
