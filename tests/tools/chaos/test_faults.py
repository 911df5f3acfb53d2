"""Faults: a pure function from a seed to what happens, which always leaves everything mended."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from tools.chaos.faults import (
    BROKER,
    EDGE_FAULTS,
    GATEWAY,
    SERVER_FAULTS,
    Act,
    Fault,
    Kind,
    Step,
    counted,
    drawn,
    steps,
)

NODES: Final = ("attic", "cellar", "roof")

schedules = st.builds(
    drawn, seed=st.integers(0, 2**32), seconds=st.floats(0.0, 90.0), nodes=st.sampled_from([NODES, NODES[:1]])
)
ENDS: Final = {
    Act.KILL: {Act.START},
    Act.FREEZE: {Act.THAW},
    Act.STALL: {Act.HEAL},
    Act.SILENCE: {Act.HEAL},
}
"""What mends what."""


def left_broken(done: list[Step]) -> dict[tuple[str, str], Act]:
    """Play steps on paper; return what is broken at the end, and fail on a step that cannot be done.

    A process and its line share a name, and are two things.
    """
    broken: dict[tuple[str, str], Act] = {}
    for step in done:
        thing = (step.target, "line" if step.act in {Act.STALL, Act.SILENCE, Act.HEAL} else "process")
        if step.act in ENDS:
            assert thing not in broken, f"{step} on what is already {broken[thing]}"
            broken[thing] = step.act
        elif step.act in {Act.START, Act.THAW, Act.HEAL}:
            assert step.act in ENDS[broken.pop(thing)]
        elif step.act is Act.WIPE:
            assert broken[thing] is Act.KILL
        elif step.act is Act.SAVE:
            assert thing not in broken
    return broken


@given(schedules)
@settings(deadline=None, max_examples=60)
def test_drawn_schedule_mends_what_it_breaks(schedule: list[Fault]) -> None:
    """Nothing is killed twice, nothing started that runs, no disk wiped under a live broker; at the end all is well."""
    assert left_broken(steps(schedule)) == {}


@given(schedules)
@settings(deadline=None, max_examples=60)
def test_drawn_schedule_keeps_its_lanes(schedule: list[Fault]) -> None:
    """Servers fail one after another, and so do nodes and lines; the two lanes do not wait for each other."""
    for kinds in (SERVER_FAULTS, EDGE_FAULTS):
        lane = [fault for fault in schedule if fault.kind in kinds]
        assert all(one.ends_s < other.steps[0].at_s for one, other in pairwise(lane))


@given(st.integers(0, 2**32), st.floats(0.0, 90.0))
@settings(deadline=None, max_examples=30)
def test_drawn_schedule_depends_on_the_seed_alone(seed: int, seconds: float) -> None:
    """The same seed gives the same faults, all within the time; another one gives others."""
    schedule = drawn(seed, seconds, NODES)
    assert schedule == drawn(seed, seconds, NODES)
    assert all(fault.ends_s <= seconds for fault in schedule)
    assert not schedule or schedule != drawn(seed + 1, seconds, NODES)


@given(st.integers(0, 2**32))
@settings(deadline=None, max_examples=30)
def test_drawn_schedule_of_a_minute_holds_every_kind(seed: int) -> None:
    """A minute is enough for each kind of fault to happen at least twice."""
    schedule = drawn(seed, 60.0, NODES)
    assert min(counted(schedule).values()) >= 2
    assert sum(counted(schedule).values()) == len(schedule)


@given(st.integers(0, 2**32))
@settings(deadline=None, max_examples=30)
def test_drawn_schedule_begins_with_what_tells_receipts_from_pubacks(seed: int) -> None:
    """The servers' first fault: the gateway dies, and more than a second later the broker that queued for it."""
    first = next(fault for fault in drawn(seed, 10.0, NODES) if fault.kind in SERVER_FAULTS)
    assert first.kind is Kind.BOTH_KILLED
    gateway, broker, *_ = first.steps
    assert (gateway.target, broker.target) == (GATEWAY, BROKER)
    assert broker.at_s - gateway.at_s > 1.0
