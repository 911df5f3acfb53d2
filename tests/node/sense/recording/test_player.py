"""The player: a take a read, or the world as it was, on any clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from boards.sim.clock import VirtualClock
from node.sense import EndOfData
from node.sense.recording.player import Pacing, Player
from node.values import Channel, Reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass
class Note:
    """A take that remembers being decoded."""

    at_s: float
    decoded: list[float]

    def time_s(self) -> float:
        """Say when."""
        return self.at_s

    def reading(self) -> Reading:
        """Give its own time as the value."""
        self.decoded.append(self.at_s)
        return Reading(values={"x": self.at_s})


@dataclass
class Tune:
    """A recording of notes at given times."""

    times_s: Sequence[float] = (100.0, 110.0, 120.0)
    period_s: float = 10.0
    channels: Sequence[Channel] = (Channel(name="x"),)
    decoded: list[float] = field(default_factory=list)

    def takes(self) -> Iterator[Note]:
        """Begin at the start."""
        return (Note(at_s, self.decoded) for at_s in self.times_s)


def played(pacing: Pacing, step_s: float, *, tune: Tune | None = None, most: int = 20) -> list[float]:
    """Return what reads a step apart are given, to the end."""
    clock = VirtualClock()
    clock.advance(12_345.0)
    player = Player(tune or Tune(), clock, pacing)
    seen: list[float] = []
    while len(seen) < most:
        try:
            seen.append(player.read().values["x"])
        except EndOfData:
            break
        clock.advance(step_s)
    return seen


@pytest.mark.parametrize("step_s", [0.0, 1.0, 1e6])
def test_step_gives_every_take_whatever_the_clock_says(step_s: float) -> None:
    """One a read, in order, then the end."""
    assert played(Pacing(), step_s) == [100.0, 110.0, 120.0]


def test_recorded_gives_what_was_current() -> None:
    """Read twice as fast as it was recorded, each take is seen twice."""
    assert played(Pacing(pace="recorded"), 5.0) == [100.0, 100.0, 110.0, 110.0, 120.0, 120.0]


def test_recorded_read_seldom_passes_takes_over_undecoded() -> None:
    """A node that sleeps through a take never sees it, as in the field; and pays nothing for it."""
    tune = Tune()
    assert played(Pacing(pace="recorded"), 20.0, tune=tune) == [100.0, 120.0]
    assert tune.decoded == [100.0, 120.0]


def test_recorded_at_speed_passes_faster() -> None:
    """At twice the speed a take lasts half as long."""
    assert played(Pacing(pace="recorded", speed=2.0), 5.0) == [100.0, 110.0, 120.0]


def test_recorded_with_a_gap_stays_at_the_last_take() -> None:
    """Where nothing was recorded for a while, the last value stands."""
    assert played(Pacing(pace="recorded"), 10.0, tune=Tune((0.0, 30.0))) == [0.0, 0.0, 0.0, 30.0]


@pytest.mark.parametrize("pace", ["step", "recorded"])
def test_loop_begins_again(pace: str) -> None:
    """At the end comes the beginning, at both paces."""
    pacing = Pacing(pace=pace, loop=True)  # type: ignore[arg-type]
    assert played(pacing, 10.0, most=7) == [100.0, 110.0, 120.0, 100.0, 110.0, 120.0, 100.0]


@pytest.mark.parametrize("loop", [False, True])
def test_empty_recording_ends_at_once(loop: bool) -> None:
    """Nothing, looped, is still nothing."""
    assert played(Pacing(loop=loop), 1.0, tune=Tune(())) == []
    assert played(Pacing(loop=loop, pace="recorded"), 1.0, tune=Tune(())) == []


def test_limit_ends_early_for_good() -> None:
    """So many reads and no more, looped or not."""
    assert played(Pacing(limit=2), 1.0) == [100.0, 110.0]
    assert len(played(Pacing(limit=5, loop=True), 1.0)) == 5


def test_end_once_reached_stays() -> None:
    """Whoever asks again is told again."""
    player = Player(Tune(), VirtualClock(), Pacing())
    for _ in range(3):
        player.read()
    for _ in range(2):
        with pytest.raises(EndOfData):
            player.read()


def test_close_makes_a_new_beginning() -> None:
    """After it the next read is the first take again."""
    player = Player(Tune(), VirtualClock(), Pacing())
    player.read()
    player.close()
    assert player.read().values == {"x": 100.0}
