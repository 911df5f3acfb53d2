"""Clocks that jump: a day to and fro, to 1970, to 2038, backwards; node and gateway go on at their own pace."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, cast

import pytest

from boards import open_ports
from node.app import App
from node.config import load_strictly
from node.wire import codec
from node.wire.messages import Presence, State
from tests.gateway.world import NOW_MS, count, open_site, results, sent
from tests.node.courier import Carrier

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from boards.sim.clock import VirtualClock
    from node.hal import Clock
    from node.transmit.inbox import Inbox
    from node.transmit.outbox import Outbox
    from node.values import TimeQuality

DAY_MS: Final = 86_400_000
JUMPS_MS: Final[Mapping[str, Callable[[int], int]]] = {
    "a day ahead": lambda now_ms: now_ms + DAY_MS,
    "a day back": lambda now_ms: now_ms - DAY_MS,
    "1970": lambda _: 5_000,
    "2038": lambda _: 2**31 * 1000 - 1_000,
    "2106": lambda _: 2**32 * 1000 - 1_000,
    "a second back": lambda now_ms: now_ms - 1_000,
}
HOUR_S: Final = 3600.0
PERIOD_S: Final = 60.0

NODE: Final = """
[node]
site = "plant"
name = "n1"
board = "generic"
[sense.tick]
part = "signal"
channel = "tick"
[transmit]
interval_s = 600.0
[sleep]
period_s = 60.0
"""


class WallClock:
    """The control's: a clock whose monotonic time is the wall's, as `time.time()` used for both would be."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock

    def wall_ms(self) -> int:
        """Milliseconds since 1970."""
        return self._clock.wall_ms()

    def monotonic_s(self) -> float:
        """The same, in seconds."""
        return self._clock.wall_ms() / 1000.0

    def quality(self) -> TimeQuality:
        """Believe it."""
        return self._clock.quality()


def lived(folder: Path, jump: str, *, by_the_wall: bool = False) -> tuple[App, Carrier]:
    """Let a node live for an hour, have its clock jump, and let it live for another."""
    (folder / "node.toml").write_text(NODE)
    ports = open_ports("generic", clock="virtual")
    clock = cast("VirtualClock", ports.clock)
    carriers: list[Carrier] = []

    def carry(outbox: Outbox, inbox: Inbox) -> Carrier:
        carriers.append(Carrier(outbox, inbox, clock.advance))
        return carriers[-1]

    seen: Clock = WallClock(clock) if by_the_wall else clock
    app = App(load_strictly(folder / "node.toml"), ports=replace(ports, clock=seen), carry=carry)
    clock.at(HOUR_S + 0.5, lambda: clock.set_wall(JUMPS_MS[jump](clock.wall_ms())))
    clock.at(2 * HOUR_S + 1.0, app.stop)
    assert app.run(cycles=1000) == 0
    return app, carriers[0]


@pytest.mark.parametrize("jump", JUMPS_MS)
def test_node_whose_clock_jumps_keeps_its_rhythm_and_loses_nothing(tmp_path: Path, jump: str) -> None:
    """As many cycles, as many transmissions, no fault, and every record arrives once: the wall decides nothing."""
    app, carrier = lived(tmp_path, jump)
    counters = app.health.counters
    assert abs(counters["cycles"] - 2 * HOUR_S / PERIOD_S) <= 2
    assert counters["transmissions"] >= 11
    assert {name: number for name, number in counters.items() if name.startswith("faults")} == {}
    assert len(carrier.rows) == counters["records_committed"] == counters["cycles"]
    assert set(carrier.rows.values()) == {1}


def test_node_that_paces_itself_by_the_wall_loses_its_rhythm(tmp_path: Path) -> None:
    """Negative control: with the wall clock for a stopwatch, a day ahead or back breaks the rhythm."""
    app, _ = lived(tmp_path, "a day back", by_the_wall=True)
    assert app.health.counters["cycles"] < HOUR_S / PERIOD_S + 5


@pytest.mark.parametrize("jump", JUMPS_MS)
def test_gateway_whose_clock_jumps_stores_and_receipts_as_before(tmp_path: Path, jump: str) -> None:
    """Rows of before and after are there once each, and presence can be said: also when the clock is there again."""
    site = open_site(tmp_path)
    then_ms = JUMPS_MS[jump](NOW_MS)
    for step, now_ms in enumerate((NOW_MS, then_ms, then_ms + 60_000, NOW_MS + 120_000)):
        batch = sent(results(range(10 * step, 10 * step + 10)))
        hello = sent(Presence(state=State.READY, boot_id=b"boot-1", time_ms=now_ms))
        outgoing = site.commit([batch, hello, batch], now_ms)
        receipts = [each for each in outgoing if each.topic.endswith("/receipt")]
        assert [codec.decode("receipt", each.payload).kind for each in receipts] == ["receipt"]
        for tick in range(4):
            site.tick(now_ms + 250 * tick)
        site.repeat(now_ms)
    assert count(site, "record") == 40
    site._store.close()
    assert count(open_site(tmp_path), "record") == 40
