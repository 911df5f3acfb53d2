"""Stages: who comes first, by the rollout's name and the nodes' alone."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.rollout.plan import staged
from tests.gateway.rollout.laws import planned

NODES = [f"n{at}" for at in range(200)]


def test_stages_are_what_was_asked_for_and_all_that_are_left() -> None:
    """Names come as they are named, shares count what came before, and nobody is forgotten."""
    stages, of = staged(["n7,n9", "10%", "5", "50%"], NODES, "spring")
    assert [(each.name, each.size) for each in stages] == [
        ("n7,n9", 2),
        ("10%", 18),
        ("5 nodes", 5),
        ("50%", 75),
        ("all", 100),
    ]
    assert (of["n7"], of["n9"]) == (0, 0)
    assert Counter(of.values()) == {at: each.size for at, each in enumerate(stages)}


def test_stages_of_the_same_rollout_are_the_same_and_of_another_others() -> None:
    """No node is always the canary, and a restart changes nothing."""
    first = staged(["10%"], NODES, "spring")[1]
    assert first == staged(["10%"], list(reversed(NODES)), "spring")[1]
    assert first != staged(["10%"], NODES, "summer")[1]


def test_stages_that_would_be_empty_are_left_out() -> None:
    """Ten per cent of three nodes, after a canary, is nobody."""
    assert [each.name for each in staged(["1", "10%", "all"], NODES[:3], "spring")[0]] == ["1 node", "all"]


@pytest.mark.parametrize("word", ["n7,n201", "most", "n1,n1,n300", "-1", "110%", "0", "0%", "0.0 %", ""])
def test_stages_of_what_is_none_say_what_one_is(word: str) -> None:
    """A stranger's name, or a word that is no stage."""
    with pytest.raises(ValueError, match="write names, a number, 10% or all"):
        staged([word], NODES, "spring")


def test_node_in_two_stages_is_a_slip_that_is_told() -> None:
    """It could only come in one."""
    with pytest.raises(ValueError, match="in two stages"):
        staged(["n1,n2", "n2"], NODES, "spring")


@settings(max_examples=100, deadline=None)
@given(size=st.integers(1, 500), success=st.floats(0.01, 1.0), failure=st.floats(0.0, 0.99), mute=st.integers(0, 500))
def test_thresholds_ask_for_one_node_and_bear_less_than_all(
    size: int, success: float, failure: float, mute: int
) -> None:
    """A stage of which nobody was reached proves nothing, and one in which everybody fails halts."""
    plan = planned({"all": size}, success=success, failure=failure)
    assert 1 <= plan.needs(0, min(mute, size)) <= max(size - min(mute, size), 1)
    assert 0 <= plan.bears(0) < size
