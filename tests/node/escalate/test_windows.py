"""Which of a sample's blocks are kept: those that were named, so many a day, whatever is off in between."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from node.config import Recording
from node.escalate.windows import DAY_MS, Rationed, windows
from node.values import Block, Sample, TimeQuality


def sample(time_ms: int = 0, names: tuple[str, ...] = ("picture", "sound")) -> Sample:
    """Return a sample with a block by each name."""
    blocks = {name: Block(data=np.zeros(4, np.uint8)) for name in names}
    return Sample(time_ms=time_ms, time_quality=TimeQuality.DRIFTING, values={}, blocks=blocks)


def test_windows_of_a_sample_are_its_blocks() -> None:
    """All of them, or those that were named; each with the sample's own time."""
    found = windows(sample(7), priority=3)
    assert [each.stream for each in found] == ["picture", "sound"]
    assert {(each.time_ms, each.time_quality, each.priority) for each in found} == {(7, TimeQuality.DRIFTING, 3)}
    assert [each.stream for each in windows(sample(), only=("sound",))] == ["sound"]
    assert windows(sample(names=())) == []


@settings(deadline=None, max_examples=60)
@given(
    times_ms=st.lists(st.integers(0, 3 * DAY_MS), max_size=60).map(sorted),
    per_day=st.integers(1, 7),
    restart_every=st.integers(1, 5),
)
def test_rationed_windows_of_any_day_are_the_first_of_it(times_ms: list[int], per_day: int, restart_every: int) -> None:
    """However often the node restarts, each day keeps as many as it may, and they are its first."""
    asked = Recording(raw="always", raw_per_day=per_day)
    memory: dict[str, float] = {}
    kept: list[int] = []
    for start in range(0, len(times_ms), restart_every):
        ration = Rationed(asked, memory)
        for time_ms in times_ms[start : start + restart_every]:
            kept += [each.time_ms for each in ration.of(sample(time_ms, ("picture",)))]
        memory = dict(ration.memory())
    days = {time_ms // DAY_MS for time_ms in times_ms}
    expected = [[time_ms for time_ms in times_ms if time_ms // DAY_MS == day][:per_day] for day in sorted(days)]
    assert kept == [time_ms for day in expected for time_ms in day]


def test_rationed_without_a_limit_keeps_everything() -> None:
    """No number is no limit."""
    ration = Rationed(Recording(raw="always"), {})
    assert sum(len(ration.of(sample(number))) for number in range(50)) == 100


def test_rationed_says_which_blocks_a_sample_lacks() -> None:
    """What was named and is not there is told with what there is."""
    ration = Rationed(Recording(raw="always", raw_blocks=("sound", "smell")), {})
    assert ration.lacking(sample()) == "record.raw_blocks: no smell; this sample has: picture, sound"
    assert "has: none" in ration.lacking(sample(names=()))
    assert Rationed(Recording(raw="always"), {}).lacking(sample(names=())) == ""
