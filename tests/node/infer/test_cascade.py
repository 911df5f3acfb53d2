"""What a node may ask a larger model about: the budgets, as laws."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from node.infer.cascade import DAY_S, SAVED_WINDOWS, Budget, Params, full, recalled

LIFE = st.lists(st.tuples(st.floats(0.0, 3_000.0), st.booleans()), max_size=120)
"""Seconds until the next window, and whether the node is unsure of it."""


def lived(
    params: Params, life: list[tuple[float, bool]], size_bytes: int, energy_mj: float, *, heedless: bool = False
) -> list[float]:
    """Live, asking whenever the budget lasts; returns when that was. A heedless node asks whenever it is unsure."""
    budget, now_s, asked = full(params), 0.0, []
    for pause_s, unsure in life:
        now_s += pause_s
        budget = budget.refilled(params, pause_s).judged(params, 0.1 if unsure else 0.9)
        if unsure and (heedless or not budget.lacking(size_bytes, energy_mj)):
            budget = budget.spent(size_bytes, energy_mj)
            asked.append(now_s)
    return asked


@settings(deadline=None, max_examples=100)
@given(life=LIFE, share=st.floats(0.0, 1.0))
def test_share_holds_from_the_first_window_on(life: list[tuple[float, bool]], share: float) -> None:
    """Of any number of windows, at most the share and one more is asked about, whatever comes when."""
    params = Params(share=share, daily=10_000, daily_bytes=1 << 30)
    for count in range(len(life) + 1):
        assert len(lived(params, life[:count], 100, 0.0)) <= share * count + 1.0 + 1e-6


@settings(deadline=None, max_examples=60)
@given(life=LIFE, daily=st.integers(0, 20))
def test_no_day_takes_more_than_two_days_budget(life: list[tuple[float, bool]], daily: int) -> None:
    """In any span of a day, at most what was saved up and what refilled is spent: windows, bytes and joules alike."""
    size_bytes, energy_mj = 100, 5.0
    for params in (
        Params(share=1.0, daily=daily, daily_bytes=1 << 30),
        Params(share=1.0, daily=10_000, daily_bytes=daily * size_bytes),
        Params(share=1.0, daily=10_000, daily_bytes=1 << 30, daily_j=daily * energy_mj / 1000.0),
    ):
        asked = lived(params, life, size_bytes, energy_mj)
        assert all(sum(start <= each < start + DAY_S for each in asked) <= 2 * daily for start in asked)


def test_budget_says_which_of_its_buckets_is_empty() -> None:
    """The first that does not last is named by its option."""
    rich = Budget(windows=5.0, size_bytes=500.0, energy_mj=50.0, share=5.0, bar=0.8)
    assert rich.lacking(500, 50.0) == ""
    assert replace(rich, share=0.5).lacking(1, 0.0) == "share"
    assert replace(rich, windows=0.5).lacking(1, 0.0) == "daily"
    assert rich.lacking(501, 0.0) == "daily_bytes"
    assert rich.lacking(1, 51.0) == "daily_j"


@settings(deadline=None, max_examples=60)
@given(life=LIFE)
def test_budget_over_halts_is_the_same_budget(life: list[tuple[float, bool]]) -> None:
    """A node that forgets all but its memory between two windows asks about the same ones."""
    params = Params(share=0.3, daily=8, daily_bytes=700, daily_j=0.05)
    budget, kept = full(params), full(params)
    for pause_s, unsure in life:
        budget = budget.refilled(params, pause_s).judged(params, 0.1 if unsure else 0.9)
        kept = recalled(params, kept.memory()).refilled(params, pause_s).judged(params, 0.1 if unsure else 0.9)
        if unsure and not budget.lacking(100, 5.0):
            budget, kept = budget.spent(100, 5.0), kept.spent(100, 5.0)
        assert kept == budget


def test_budget_of_a_smaller_policy_is_cut_at_once() -> None:
    """What was saved up under a larger budget is not kept under a smaller one."""
    rich = full(Params(daily=1000))
    assert recalled(Params(daily=3), rich.memory()).windows == 3
    assert recalled(Params(daily=0), rich.memory()).judged(Params(daily=0, share=1.0), 0.1).lacking(1, 0.0) == "daily"


def test_bar_asks_about_the_least_sure_where_the_share_is_short() -> None:
    """Unsure of half of its windows with a tenth to ask about, a node asks about those below their lowest tenth."""
    params, chance = Params(threshold=0.9, share=0.1, daily=10_000, daily_bytes=1 << 30), random.Random(4)
    budget, asked = full(params), []
    for at in range(4000):
        confidence = chance.uniform(0.4, 1.4)  # the lowest tenth lies below 0.5
        bar, budget = budget.bar, budget.refilled(params, 60.0).judged(params, confidence)
        if confidence < bar and not budget.lacking(1, 0.0):
            budget = budget.spent(1, 0.0)
            asked += [confidence] if at >= 500 else []
    assert 0.08 * 3500 < len(asked) < 0.1 * 3500 + SAVED_WINDOWS * params.share
    assert sum(each < 0.55 for each in asked) > 0.9 * len(asked)


def test_bar_of_a_node_that_is_sure_again_is_the_threshold() -> None:
    """What sank under pressure rises when it is over, up to what was configured and no further."""
    params = Params(threshold=0.8, share=0.1)
    budget = replace(full(params), bar=0.2)
    for _ in range(500):
        budget = budget.judged(params, 0.95)
    assert budget.bar == params.threshold


def test_node_that_heeds_no_budget_breaks_share_and_day() -> None:
    """Negative control: asking whenever it is unsure, a node goes over the share and over two days' windows."""
    life = [(10.0, True)] * 60
    params = Params(share=0.5, daily=10)
    assert len(lived(params, life, 100, 0.0)) <= 20
    assert len(lived(params, life, 100, 0.0, heedless=True)) == 60
