"""Soak: hours of a node's life at a real gateway's site, in a minute, and what grew that should not.

    python -m tools.bench soak [--json] [--hours H] [--period S] [--cache-mib M]

One process holds both: the node, on a virtual clock, with its real outbox on disk; and the gateway's real site with its
real database, which takes each message, commits it and gives the receipt. A sample a second is kept and sent once a
minute; every sixth hour nobody answers, and the backlog waits. Each quarter of an hour it is measured: resident memory,
descriptors, threads, and both write-ahead logs.

The slope is a line through the memory of all hours but the first, in which caches fill and modules are imported; and
one through the second half, for what only levels off late. One cache takes days: SQLite keeps up to 64 MiB of the
gateway's database, which grows by 0.36 MB an hour here, and so does the memory until then. It would hide a leak of that
size, so it is held at 2 MiB, unless `--cache-mib` says otherwise.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from boards import open_ports
from gateway.config import Config
from gateway.site import Site
from gateway.store.database import Store
from node.app import App
from node.config import load_strictly
from node.errors import LinkError
from node.wire import codec
from node.wire.messages import Receipts
from tools.simulate.courier import Air, Courier, Gateway
from tools.simulate.postbag import Envelope

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from boards.sim.clock import VirtualClock
    from node.transmit.inbox import Inbox
    from node.transmit.outbox import Outbox
    from node.wire.messages import Receipt

NAME: Final = "soaked"
SITE: Final = "site"
EVERY_S: Final = 900.0
WARM_H: Final = 1.0
AWAY_OF: Final = 6
"""Every sixth hour the gateway is away."""
HOUR_S: Final = 3600.0
CACHE_MIB: Final = 2
PAGE_MB: Final = os.sysconf("SC_PAGE_SIZE") / 1e6

NODE: Final = f"""
[node]
site = "{SITE}"
name = "{NAME}"
board = "generic"
[sense.air]
part = "signal"
channel = "temperature"
amplitude = 3.0
noise = 0.1
[transmit]
interval_s = 60.0
[sleep]
period_s = {{period_s}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One measurement.

    Attributes:
        hour: of virtual time.
        rss_mb: resident memory of the process.
        descriptors: that it has open.
        threads: that it runs.
        outbox_wal_mb: the node's write-ahead log.
        gateway_wal_mb: the gateway's.
    """

    hour: float
    rss_mb: float
    descriptors: int
    threads: int
    outbox_wal_mb: float
    gateway_wal_mb: float


class Counter(Gateway):
    """Takes messages over the counter of a real site."""

    def __init__(self, path: Path, clock: VirtualClock, cache_mib: int) -> None:
        super().__init__()
        self._clock = clock
        self.store = Store(path)
        self.store.database.execute(f"PRAGMA cache_size = -{cache_mib << 10}")
        self._site = Site(Config(), self.store)

    def take(self, kind: str, payload: bytes) -> Receipt | None:
        """Have the site commit it; returns its receipt."""
        now_ms = self._clock.wall_ms()
        envelope = Envelope(at_s=0.0, topic=f"torpor/1/{SITE}/{NAME}/{kind}", payload=payload)
        outgoing = self._site.commit([envelope], now_ms) + self._site.tick(now_ms)
        said = [codec.decode("receipt", each.payload) for each in outgoing if each.topic.endswith("/receipt")]
        receipts = [receipt for each in said if isinstance(each, Receipts) for receipt in each.receipts]
        return receipts[0] if receipts else None

    def stored(self) -> int:
        """Return how many records it holds."""
        return int(self.store.database.execute("SELECT count(*) FROM record").fetchone()[0])


class Moody(Courier):
    """A courier who finds nobody in every sixth hour."""

    def __init__(self, outbox: Outbox, inbox: Inbox, air: Air, clock: VirtualClock) -> None:
        super().__init__(outbox, inbox, air)
        self._clock = clock

    def connect(self, budget_s: float) -> None:
        """Connect, or find nobody.

        Raises:
            LinkError: it is the sixth hour.
        """
        if int(self._clock.monotonic_s() / HOUR_S) % AWAY_OF == AWAY_OF - 1:
            raise LinkError("nobody answers, as every sixth hour")
        super().connect(budget_s)


class Life:
    """A node's, measured."""

    def __init__(self, folder: Path, period_s: float, cache_mib: int = CACHE_MIB) -> None:
        self._folder = folder
        path = folder / "node.toml"
        path.write_text(NODE.format(period_s=period_s))
        ports = open_ports("generic", clock="virtual")
        self.clock = cast("VirtualClock", ports.clock)
        self.counter = Counter(folder / "gateway.db", self.clock, cache_mib)
        self.looks: list[Look] = []
        air = Air(gateway=self.counter, spend=self.clock.advance, join_s=1.5)
        self.app = App(
            load_strictly(path), ports=ports, carry=lambda outbox, inbox: Moody(outbox, inbox, air, self.clock)
        )

    def live(self, hours: float, tell: Callable[[Look], None]) -> None:
        """Live so long."""
        for number in range(1, int(hours * HOUR_S / EVERY_S) + 1):
            self.clock.at(number * EVERY_S, lambda: self._look(tell))
        self.clock.at(hours * HOUR_S + 1.0, self.app.stop)
        self.app.run()

    def _look(self, tell: Callable[[Look], None]) -> None:
        state = self._folder / "state"
        look = Look(
            hour=self.clock.monotonic_s() / HOUR_S,
            rss_mb=int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_MB,
            descriptors=len(list(Path("/proc/self/fd").iterdir())),
            threads=threading.active_count(),
            outbox_wal_mb=_size_mb(state / "outbox.db-wal"),
            gateway_wal_mb=_size_mb(self._folder / "gateway.db-wal"),
        )
        self.looks.append(look)
        tell(look)


def run(argv: Sequence[str]) -> Mapping[str, object]:
    """Let a node live.

    Args:
        argv: `--hours`, `--period`.

    Returns:
        `rss_slope_mb_per_h` and, of the second half, `rss_slope_late_mb_per_h`; `descriptors_grown`, `threads_grown`;
        `outbox_wal_mb` and `gateway_wal_mb` at their largest; `records` committed and `lost`; and every look.
    """
    options = _parser().parse_args(argv)
    began_s = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="torpor-soak-") as folder:
        life = Life(Path(folder), options.period, options.cache_mib)
        life.live(options.hours, _tell)
        counters, stored = life.app.health.counters, life.counter.stored()
        life.counter.store.close()
    return {
        "hours": options.hours,
        "seconds": round(time.perf_counter() - began_s, 1),
        "cycles": counters["cycles"],
        "records": counters["records_committed"],
        "lost": counters["records_committed"] - stored,
        **summary(life.looks),
        "looks": [asdict(look) for look in life.looks],
    }


def summary(looks: Sequence[Look]) -> dict[str, object]:
    """Return what grew, and how large what may not grow became."""
    warm = [look for look in looks if look.hour > WARM_H]
    return {
        "rss_mb": round(warm[-1].rss_mb, 1),
        "rss_slope_mb_per_h": _slope(warm),
        "rss_slope_late_mb_per_h": _slope(warm[len(warm) // 2 :]),
        "descriptors_grown": max(look.descriptors for look in warm) - warm[0].descriptors,
        "threads_grown": max(look.threads for look in warm) - warm[0].threads,
        "outbox_wal_mb": round(max(look.outbox_wal_mb for look in looks), 2),
        "gateway_wal_mb": round(max(look.gateway_wal_mb for look in looks), 2),
    }


def _slope(looks: Sequence[Look]) -> float:
    """Return megabytes an hour."""
    return round(statistics.linear_regression([each.hour for each in looks], [each.rss_mb for each in looks]).slope, 3)


def show(result: Mapping[str, object]) -> None:
    """Print what grew."""
    print(f"{result['hours']:g} hours of {result['cycles']} cycles and {result['records']} records", end="")
    print(f" in {result['seconds']} s; lost: {result['lost']}\n")
    print(f"resident memory      {result['rss_mb']} MB, {result['rss_slope_mb_per_h']:+} MB an hour", end="")
    print(f", {result['rss_slope_late_mb_per_h']:+} in the second half")
    print(f"descriptors          {result['descriptors_grown']:+}")
    print(f"threads              {result['threads_grown']:+}")
    print(f"write-ahead logs     node {result['outbox_wal_mb']} MB, gateway {result['gateway_wal_mb']} MB at most")


def _size_mb(path: Path) -> float:
    return path.stat().st_size / 1e6 if path.exists() else 0.0


def _tell(look: Look) -> None:
    if look.hour.is_integer():
        print(f"hour {look.hour:.0f}: {look.rss_mb:.1f} MB", file=sys.stderr, flush=True)


def _hours(text: str) -> float:
    hours = float(text)
    if hours < WARM_H + 1.0:
        raise argparse.ArgumentTypeError(f"{text} is below {WARM_H + 1.0:g}: the first hour is not judged")
    return hours


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="soak", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--hours", type=_hours, default=24.0, help="of virtual time (default: 24)")
    cache_help = "of the gateway's page cache; 64 is the gateway's own (default: %(default)s)"
    parser.add_argument("--cache-mib", type=int, default=CACHE_MIB, metavar="M", help=cache_help)
    parser.add_argument("--period", type=float, default=1.0, help="seconds from sample to sample (default: 1)")
    return parser
