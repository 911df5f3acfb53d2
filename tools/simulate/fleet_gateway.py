"""A real gateway behind a fleet: its site with SQLite on disk takes what the nodes sent; what it takes is measured.

Time is squeezed so that a second at the gateway holds as many messages as the whole fleet would send in one: commits
are then as large as they would be, and their fixed price is shared by as many messages.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from boards.sim.clock import START_MS
from gateway.config import Config
from gateway.site import Site
from gateway.store.database import Store
from node.wire import codec
from node.wire.messages import Presence, State
from tools.simulate.postbag import Envelope

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gateway.outgoing import Outgoing

TICK_S: Final = 0.25
"""How often `gateway.app` gives the site the time."""
CROWD_BATCH: Final = 2000
LOOKS: Final = 8


@dataclass(slots=True)
class Bill:
    """What the gateway took.

    Attributes:
        commit_us: CPU of each commit with the ticks after it, a message's share.
        sizes: messages of each.
        messages_out: to nodes and subscribers.
        receipts: among them.
        bytes_down: payload to nodes: receipts and desired states.
        counters: as the gateway counted.
    """

    commit_us: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    messages_out: int = 0
    receipts: int = 0
    bytes_down: int = 0
    counters: dict[str, int] = field(default_factory=dict)
    store_bytes: int = 0
    aggregate_rows: int = 0
    desired_bytes: int = 0

    def take(self, outgoing: Sequence[Outgoing]) -> None:
        """Count what goes out."""
        self.messages_out += len(outgoing)
        for each in outgoing:
            kind = each.topic.rpartition("/")[2]
            self.receipts += kind == "receipt"
            self.bytes_down += len(each.payload) if kind in {"receipt", "desired"} else 0


def feed(path: Path, envelopes: Sequence[Envelope], squeeze: float) -> Bill:
    """Let a gateway take a fleet's messages.

    Args:
        path: of its database; there is none yet.
        envelopes: by time.
        squeeze: how many times faster than they were sent.
    """
    config = Config()
    store, bill = Store(path), Bill()
    site = Site(config.model_copy(update={"site": config.site.model_copy(update={"name": "fleet"})}), store)
    window_s, tick_s = config.ingest.commit_ms / 1000.0 * squeeze, 0.0
    at = 0
    while at < len(envelopes):
        until_s = envelopes[at].at_s + window_s
        end = next((i for i in range(at, len(envelopes)) if envelopes[i].at_s > until_s), len(envelopes))
        began_s = time.thread_time()
        bill.take(site.commit(envelopes[at:end], START_MS + round(until_s * 1000.0)))
        while tick_s <= until_s:
            tick_s = max(tick_s + TICK_S * squeeze, until_s - 8 * TICK_S * squeeze)
            bill.take(site.tick(START_MS + round(tick_s * 1000.0)))
        bill.commit_us.append((time.thread_time() - began_s) / (end - at) * 1e6)
        bill.sizes.append(end - at)
        at = end
    _weigh(store, bill)
    store.close()
    return bill


def _weigh(store: Store, bill: Bill) -> None:
    ask = store.database.execute
    bill.counters = dict(ask("SELECT name, value FROM counter"))
    bill.store_bytes = ask("PRAGMA page_count").fetchone()[0] * ask("PRAGMA page_size").fetchone()[0]
    bill.aggregate_rows = ask("SELECT count(*) FROM aggregate").fetchone()[0]
    bill.desired_bytes = ask("SELECT coalesce(sum(length(payload)), 0) FROM desired").fetchone()[0]


def idle_tick_ms(path: Path, nodes: int) -> float:
    """Return the CPU of a tick in which nothing is due, at a gateway that knows so many nodes.

    Args:
        path: of its database; there is none yet.
        nodes: all of them within their promises.
    """
    config = Config()
    store = Store(path)
    site = Site(config.model_copy(update={"site": config.site.model_copy(update={"name": "fleet"})}), store)
    here = codec.encode(Presence(state=State.READY, boot_id=b"a boot", time_ms=START_MS, interval_s=86_400.0))
    for first in range(0, nodes, CROWD_BATCH):
        names = range(first, min(first + CROWD_BATCH, nodes))
        site.commit(
            [Envelope(at_s=0.0, topic=f"torpor/1/fleet/node-{n}/presence", payload=here) for n in names], START_MS
        )
    site.tick(START_MS + 10_000)  # shows and keeps everybody
    took_ms = []
    for look in range(LOOKS):
        began_s = time.thread_time()
        site.tick(START_MS + 30_000 + look)
        took_ms.append((time.thread_time() - began_s) * 1e3)
    store.close()
    return statistics.median(took_ms)
