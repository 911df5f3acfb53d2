"""A meter that reads itself: while the node works, one at a time, and not through a nap."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from boards.fittings import Meter as Fitting
from boards.meters import open_meter
from boards.meters.integral import LONGEST_STEP_S
from boards.meters.watched import Watched
from node.hal import EnergyReading
from tests.boards.meters.worlds import Ina219, Kernel

if TYPE_CHECKING:
    from pathlib import Path

    from boards.fittings import MeterDriver

SOON_S = 60.0
"""Longer than any of these may take: only what never happens waits for it."""


class Counting:
    """Counts who reads it, and whether two did at once."""

    def __init__(self) -> None:
        self.reads = 0
        self.inside = 0
        self.crowded = False
        self.ten = threading.Event()

    def read(self) -> EnergyReading | None:
        """Read."""
        self.inside += 1
        self.crowded |= self.inside > 1
        self.reads += 1
        if self.reads >= 10:
            self.ten.set()
        self.inside -= 1
        return EnergyReading(energy_mj=0.0, scope="input", quality="measured", covered_s=0.0)

    def watch(self, *, closely: bool) -> None:
        """Nobody tells it."""


def _threads() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "meter"]


def test_watched_reads_itself_until_it_is_told_to_rest() -> None:
    """Ten readings come without anybody asking; at rest the thread ends."""
    inner = Counting()
    meter = Watched(inner, rate_hz=1000.0)
    meter.watch(closely=True)
    meter.watch(closely=True)
    (thread,) = _threads()
    while not inner.ten.is_set():
        assert meter.read() is not None
    meter.watch(closely=False)
    meter.watch(closely=False)
    thread.join(SOON_S)
    assert not thread.is_alive()
    assert inner.reads >= 10
    assert not inner.crowded


def test_watched_can_be_woken_again() -> None:
    """Each time awake has a thread of its own."""
    inner = Counting()
    meter = Watched(inner, rate_hz=1000.0)
    for _ in range(3):
        inner.reads = 0
        inner.ten.clear()
        meter.watch(closely=True)
        threads = _threads()
        assert inner.ten.wait(SOON_S)
        meter.watch(closely=False)
        for each in threads:
            each.join(SOON_S)
    assert _threads() == []


@pytest.mark.parametrize(
    ("driver", "rate_hz", "kind", "period_s"),
    [("hwmon_ina", 10.0, "Watched", 0.1), ("hwmon_ina", None, "Watched", 0.5), ("model", None, "Model", None)],
)
def test_open_meter_watches_what_is_sampled(
    tmp_path: Path, driver: MeterDriver, rate_hz: float | None, kind: str, period_s: float | None
) -> None:
    """A transmission lies between a cycle's ends: what is sampled looks into it, what counts need not."""
    Kernel(tmp_path)
    world = Ina219(tmp_path)
    named = Fitting(driver=driver, scope="input", priority=1, rate_hz=rate_hz)
    meter = open_meter([named], world.machine).meter
    assert (type(meter).__name__, getattr(meter, "period_s", None)) == (kind, period_s)
    assert period_s is None or period_s < LONGEST_STEP_S
