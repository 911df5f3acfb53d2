"""Laws of novelty: every channel by its own deviation, and a memory that takes a new level in."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.values import Outcome
from tests.node.gate.shown import gate, problems, sample


def usual(seed: int, count: int) -> list[float]:
    """Noise of mean 0 and deviation 1, as far as 2.5 deviations off."""
    rng = random.Random(seed)
    return [max(-2.5, min(2.5, rng.gauss(0, 1))) for _ in range(count)]


def test_novelty_of_one_channel_opens_for_it_alone() -> None:
    """Noise of deviation 1 in h and swings of 1000 in t stay shut; a jump of 6.5 in h opens and is named."""
    rule = gate("novelty", channels=["t", "h"])
    for i, each in enumerate(usual(1, 200)):
        assert not rule.judge(sample(i, t=1000.0 * math.sin(i / 3), h=each)).opens
    verdict = rule.judge(sample(200.0, t=1000.0 * math.sin(200 / 3), h=6.5))
    assert verdict.opens
    assert verdict.channel == "h"


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 99), st.sampled_from([0.001, 0.25, 1.0, 64.0]), st.integers(-1000, 1000))
def test_novelty_in_another_unit_opens_at_the_same_samples(seed: int, scale: float, shift: int) -> None:
    """Celsius or Fahrenheit, it is the same gate."""
    values = [*usual(seed, 80), 9.0, *usual(seed + 100, 20), -12.0]
    one, other = gate("novelty", channels=["t"]), gate("novelty", channels=["t"])
    opened = [one.judge(sample(i, t=each)).opens for i, each in enumerate(values)]
    assert [other.judge(sample(i, t=scale * each + shift)).opens for i, each in enumerate(values)] == opened
    assert opened[80]
    assert opened[-1]


def test_novelty_after_a_lasting_step_falls_silent_within_its_memory() -> None:
    """A node carried to another room reports it, and then that room is usual."""
    rule = gate("novelty", channels=["t"], memory_samples=100)
    values = [*usual(2, 500), *(20.0 + each for each in usual(3, 500))]
    opened = [rule.judge(sample(i, t=each)).opens for i, each in enumerate(values)]
    assert all(opened[500:510])
    assert not any(opened[:500] + opened[600:])


def test_novelty_between_two_usual_states_opens_at_each_change() -> None:
    """Standing and walking by turns are both usual after a while; that the one became the other is still news."""
    rule = gate("novelty", channels=["t"])
    values = [10.0 * (i // 40 % 2) + each for i, each in enumerate(usual(7, 800))]
    opened = [i for i, each in enumerate(values) if rule.judge(sample(i, t=each)).opens]
    assert [i for i in opened if i >= 400] == list(range(400, 800, 40))
    level = gate("zscore", channel="t", memory_samples=300)
    assert [i for i, each in enumerate(values) if level.judge(sample(i, t=each)).opens if i >= 400] == []


def test_novelty_with_one_channel_missing_judges_the_other() -> None:
    """A broken thermometer does not hide the steam; where nothing else is new it is told."""
    rule = gate("novelty", channels=["t", "h"], warmup=20)
    for i, each in enumerate(usual(4, 60)):
        rule.judge(sample(i, t=each, h=each))
    assert rule.judge(sample(60.0, t=math.nan, h=0.0)).outcome is Outcome.MISSING
    assert rule.judge(sample(61.0, t=math.nan, h=9.0)).opens


@pytest.mark.parametrize("memory_samples", [0, 50, 1000])
def test_novelty_is_any_of_over_zscores(memory_samples: int) -> None:
    """It is a shorthand and no rule of its own: the same verdicts and the same memory."""
    rule = gate("novelty", channels=["t", "h"], memory_samples=memory_samples)
    spelled = [
        {"part": "zscore", "channel": channel, "memory_samples": memory_samples, "of": of, "threshold": threshold}
        for channel in ("t", "h")
        for of, threshold in (("value", 3.0), ("step", 4.0))
    ]
    long = gate("any_of", gates=spelled)
    for i, (t, h) in enumerate(zip(usual(5, 300), usual(6, 300), strict=True)):
        shown = sample(i, t=t**3, h=h)
        assert rule.judge(shown) == long.judge(shown)
    assert rule.memory() == long.memory()


def test_novelty_without_channels_is_refused() -> None:
    """A gate that looks at nothing would never open."""
    assert "channels is empty" in problems("novelty", channels=[])
