"""How a command goes from ordered to done, whatever a node says and in whatever order."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.downlink.lifecycle import DAY_MS, OPEN, State, expired, heard
from node.commands.standing import State as NodesState

RANK: Final = {State.SENT: 0, State.ACCEPTED: 1, State.RUNNING: 2}


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.sampled_from([each.value for each in State]), st.text(max_size=20)), max_size=12))
def test_state_never_goes_back_and_an_end_is_final(words: list[str]) -> None:
    """Reports may be repeated, reordered, or nonsense."""
    state = State.SENT
    for word in words:
        after, _ = heard(state, word)
        assert after is state or state in OPEN
        assert RANK.get(after, 3) >= RANK.get(state, 3)
        state = after


def test_every_word_of_a_node_is_one_of_ours() -> None:
    """Both peers mean the same by a state."""
    assert {each.value for each in NodesState} <= {each.value for each in State}


@pytest.mark.parametrize(
    ("state", "after_ms", "said"),
    [
        (State.SENT, 0, ""),
        (State.SENT, 1, "the node did not answer in its time"),
        (State.RUNNING, DAY_MS, ""),
        (State.RUNNING, DAY_MS + 1, "the node has not said how it ended; it was running"),
        (State.SUCCESSFUL, 10 * DAY_MS, ""),
    ],
)
def test_command_that_nobody_answers_is_over_in_time(state: State, after_ms: int, said: str) -> None:
    """What was heard of has a day more to be told."""
    assert expired(state, 1_000_000, 1_000_000 + after_ms) == said
