"""The gateway, put together: the connection at asyncio's edge, the site in one thread of its own.

The loop reads and writes sockets and nothing else. While a batch is being committed, which takes the disk's time,
the next one gathers; so a slow disk makes larger commits, not fewer messages.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from gateway.condition import DROPPED, Condition
from gateway.errors import StoreError
from gateway.link import Batch, Link
from gateway.opened import Opened
from gateway.publish import output
from gateway.watchdog import Watchdog
from node.wire import topics

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from gateway.clock import Clock
    from gateway.config import Config
    from gateway.identity.door import Door
    from gateway.identity.renewal import Renewals
    from gateway.outgoing import Outgoing
    from gateway.serve.api import Edges
    from gateway.serve.server import Counter
    from gateway.site import Site

log = logging.getLogger(__name__)

_TICK_S: Final = 0.25
_RETRY_S: Final = 1.0
_GLANCE_S: Final = 0.005
_ENOUGH: Final = 500
"""Messages that are worth a commit at once: its fixed price, about 2 ms, is then less than a tenth."""


class App:
    """A running gateway.

    Args:
        config: the whole configuration.
        clock: wall clock.
        link: what keeps the connection.
    """

    def __init__(self, config: Config, clock: Clock, link: type[Link] = Link) -> None:
        self._config = config
        self._clock = clock
        self._door = _opened(config, clock)
        self._renewals = _renewing(config, clock)
        self.opened = Opened(config)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="site")
        self._watchdog = Watchdog(os.environ)
        self._waits_since_s: float | None = None
        self._tries = False
        name = config.site.name
        self.condition = Condition(name)
        self.link = link(
            config.mqtt,
            client_id=f"torpor-gateway-{name}",
            filters=(*topics.gateway_filters(name), DROPPED),
            will=output.status(name, "lost"),
            aside=self._aside,
        )
        self._counter = _served(config, lambda: self.condition.told(self.link.counters, time.monotonic()))

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT, then commit what is here and say goodbye."""
        # What is here now stays; and a commit makes thousands of small values that all go again, none in a circle.
        # Looking among them for circles after every 700, as is the default, costs a twentieth of ingest.
        gc.freeze()
        gc.set_threshold(50_000, 20, 20)
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        tasks = [asyncio.create_task(each, name=name) for name, each in self._works()]
        stopping = asyncio.create_task(stop.wait(), name="stop")
        self._watchdog.begin(loop.time())
        await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
        for each in (stopping, *tasks):
            each.cancel()
        self._watchdog.end()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        await self._finish()
        for outcome in results:
            if isinstance(outcome, Exception):
                raise outcome

    def _works(self) -> list[tuple[str, Coroutine[object, object, None]]]:
        """Return what goes on until the end; when one of them fails, so does the gateway."""
        works = [("link", self.link.stay()), ("commits", self._commits()), ("ticks", self._ticks())]
        works += [("door", self._door.stay())] if self._door else []
        works += [("renewals", self._renewals.stay())] if self._renewals else []
        return works + ([("api", self._counter.stay())] if self._counter else [])

    async def _finish(self) -> None:
        """Commit what is here, unless the disk refuses: the broker then keeps it for the next start."""
        while self.link.batches and await self._tried(self.link.batches[0]):
            self.link.batches.popleft()
        await self.link.leave(output.status(self._config.site.name, "disconnected"))
        self._thread.shutdown()
        self.opened.close()

    async def _commits(self) -> None:
        """Commit what has gathered, again and again."""
        params, link = self._config.ingest, self.link
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        while True:
            await link.arrived.wait()
            link.arrived.clear()
            # What came during the last commit has waited long enough; only a quiet hour waits for company.
            waited_s = params.commit_ms / 1000
            while self._gathered() < _ENOUGH and loop.time() - began_s < waited_s:  # noqa: ASYNC110 - an event a message costs more
                await asyncio.sleep(_GLANCE_S)
            while link.batches[0].packets or len(link.batches) > 1:
                began_s = loop.time()
                await self._commit(self._next(params.commit_messages))
                if self._gathered() < _ENOUGH:
                    break
            if self._gathered():
                link.arrived.set()

    def _gathered(self) -> int:
        return sum(len(each.packets) for each in self.link.batches)

    def _next(self, most: int) -> Batch:
        """Take up to `most` messages of the oldest connection that has some."""
        batches = self.link.batches
        oldest = batches[0]
        taken = Batch(oldest.epoch, oldest.packets[:most])
        del oldest.packets[:most]
        if not oldest.packets and len(batches) > 1:
            batches.popleft()
        return taken

    async def _commit(self, batch: Batch) -> None:
        """Commit one batch, however often it takes."""
        self._tries = True
        while not await self._tried(batch):  # noqa: ASYNC110 - no event tells that a disk is back
            await asyncio.sleep(_RETRY_S)
        self._tries = False

    async def _tried(self, batch: Batch) -> bool:
        """Try to commit a batch; then receipts, then acknowledgements, never before. Whether the disk took it."""
        self._waits_since_s = None
        if not batch.packets:
            return True
        try:
            outgoing = await self._in_thread(lambda site, now_ms: site.commit(batch.packets, now_ms))
        except StoreError as error:
            self.condition.refused(str(error))
            return False
        self.condition.taken()
        self.link.publish(outgoing)
        self.link.ack(batch)
        return True

    async def _ticks(self) -> None:
        """Give the site the time; and, on a new connection, have it repeat what is retained."""
        epoch = 0
        while True:
            await asyncio.sleep(_TICK_S)
            self._tell_condition(anew=self.link.epoch != epoch)
            try:
                if self.link.up:
                    if self.link.epoch != epoch:
                        self.link.publish(await self._in_thread(lambda site, now_ms: site.repeat(now_ms)))
                        epoch = self.link.epoch
                    self.link.publish(await self._in_thread(lambda site, now_ms: site.tick(now_ms)))
                else:
                    await self._in_thread(_answer)
                await self._prove()
            except StoreError as error:
                self.condition.refused(str(error))
                await asyncio.sleep(_RETRY_S)
            self._live()

    async def _prove(self) -> None:
        """Ask a disk that refused whether it takes something now, where no batch does: none may come for hours."""
        if self.condition.refusal and not self._tries:
            await self._in_thread(lambda site, _now_ms: site.prove())
            self.condition.taken()

    def _tell_condition(self, *, anew: bool) -> None:
        """Say how the gateway is; a disk that refuses is no reason to be silent about it."""
        self.condition.escalation, self.condition.models = self.opened.site.trouble, self.opened.site.ending
        if self.link.up:
            now_s = asyncio.get_running_loop().time()
            self.link.publish(self.condition.due(self.link.counters, now_s, anew=anew))

    def _aside(self, topic: str, payload: bytes) -> None:
        self.condition.hear(topic, payload, asyncio.get_running_loop().time())

    def _live(self) -> None:
        """Tell the supervisor that the site's thread has just answered."""
        now_s = asyncio.get_running_loop().time()
        if not self._gathered():
            self._waits_since_s = None
        elif self._waits_since_s is None:
            self._waits_since_s = now_s
        broker = "connected" if self.link.up else "no broker"
        status = f"{broker}; {self.condition.refusal or 'the disk takes what comes'}"
        self._watchdog.progress(now_s, waits_since_s=self._waits_since_s, status=status)

    async def _in_thread(self, call: Callable[[Site, int], list[Outgoing]]) -> list[Outgoing]:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self.opened.ask, call, self._clock())


def _answer(_site: Site, _now_ms: int) -> list[Outgoing]:
    """Say nothing: that the site's thread came to it is all that is asked while there is no broker."""
    return []


def _opened(config: Config, clock: Clock) -> Door | None:
    """Open the door to those who enrol, where the site has an authority to ask."""
    identity = config.identity
    if not identity.enrol_port or not (identity.folder / "ca.pem").exists():
        return None
    from gateway.identity.authority import Authority
    from gateway.identity.desk import Desk
    from gateway.identity.door import Door, listen
    from gateway.identity.register import Register

    desk = Desk(Authority(identity.folder), Register(identity.folder), identity.certificate_days)
    return Door(desk, identity.folder, clock, listen(identity.enrol_host, identity.enrol_port))


def _renewing(config: Config, clock: Clock) -> Renewals | None:
    """Keep the site's own certificates young, where it has the authority's key."""
    identity = config.identity
    if not (identity.folder / "ca.key").exists():
        return None
    from gateway.identity.authority import Authority
    from gateway.identity.renewal import Renewals

    return Renewals(Authority(identity.folder), identity, clock)


def _served(config: Config, edges: Edges) -> Counter | None:
    """Open the API, where the operator wants one."""
    serve = config.serve
    if not serve.port:
        return None
    from gateway.serve.server import Counter, listen

    counter = Counter(config, listen(serve.host, serve.port), edges)
    scheme = "https" if serve.cert_file else "http"
    log.info("the API answers at %s://%s:%d/v1, to whoever has %s", scheme, serve.host, serve.port, serve.token_file)
    return counter
