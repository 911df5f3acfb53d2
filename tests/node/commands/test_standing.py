"""What was ordered, and what became of it: each once, whatever is said again."""

from __future__ import annotations

import json
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.commands import standing
from node.commands.standing import Book, Entry, State

NOW_MS: Final = 1_000


def test_command_is_taken_up_once_and_forgotten_when_it_is_no_longer_wished_for() -> None:
    """The gateway has heard of what it takes off; the id stays used."""
    book = standing.heard(Book(), {7: "identify", 9: "reboot"}, {}, NOW_MS)
    assert standing.told(book) == {7: "accepted", 9: "accepted"}
    assert standing.heard(book, {7: "identify", 9: "reboot"}, {}, NOW_MS) == book
    gone = standing.heard(book, {}, {}, NOW_MS)
    assert (gone.entries, gone.floor) == ({}, 9)
    assert standing.heard(gone, {7: "identify", 9: "reboot"}, {}, NOW_MS).entries == {}


def test_command_heard_after_its_time_is_expired_and_never_begun() -> None:
    """A node that slept for a month does not restart for what somebody wanted then."""
    book = standing.heard(Book(), {7: "reboot", 8: "identify"}, {7: NOW_MS - 1, 8: NOW_MS}, NOW_MS)
    assert standing.told(book) == {7: "expired", 8: "accepted"}
    assert standing.waiting(book) == 8


def test_commands_wait_for_the_one_that_runs() -> None:
    """One after the other, in the order of their ids."""
    book = standing.heard(Book(), {9: "doctor", 8: "identify"}, {}, NOW_MS)
    book = standing.turned(book, 8, State.RUNNING)
    assert standing.waiting(book) is None
    assert standing.waiting(standing.turned(book, 8, State.SUCCESSFUL)) == 9


@pytest.mark.parametrize(
    ("words", "before", "now", "told"),
    [
        ("doctor", "a", "b", "failed: the node ended while it ran"),
        ("reboot", "a", "b", "successful"),
        ("reboot", "a", "a", "failed: the node was started again, the machine was not"),
        ("reboot", "", "", "successful"),
    ],
)
def test_command_that_ran_at_the_end_is_judged_at_the_start(words: str, before: str, now: str, told: str) -> None:
    """A restart is what a reboot is for, and the failure of anything else; none of them runs again."""
    entry = Entry(words=words, state=State.RUNNING, boot=before)
    book = standing.restarted(Book(floor=5, entries={5: entry}), now, {"reboot"}.__contains__)
    assert standing.told(book) == {5: told}
    assert standing.waiting(book) is None


@settings(max_examples=200, deadline=None)
@given(st.lists(st.dictionaries(st.integers(0, 30), st.just("identify"), max_size=6), max_size=12))
def test_commands_begin_at_most_once_in_any_order_of_wishes(wishes: list[dict[int, str]]) -> None:
    """Whatever is wished for, dropped and wished for again: no id is begun twice, also over restarts."""
    book, begun = Book(), []
    for wish in wishes:
        book = standing.heard(book, wish, {}, NOW_MS)
        while (number := standing.waiting(book)) is not None:
            begun.append(number)
            book = standing.turned(book, number, State.RUNNING)
            book = standing.recalled(json.loads(json.dumps(standing.memory(book))))
            book = standing.restarted(book, "", lambda _: False)
    assert len(begun) == len(set(begun))
    assert begun == sorted(begun)


def test_book_is_remembered_and_a_strange_one_is_not() -> None:
    """JSON turns ids into text and back; what another version wrote is no book."""
    book = Book(
        floor=5, entries={5: Entry(words="doctor", state=State.FAILED, reason="x", boot="b")}, findings={"a": "b"}
    )
    assert standing.recalled(json.loads(json.dumps(standing.memory(book)))) == book
    for strange in ({}, {"floor": 1, "entries": [], "findings": {}}, {"floor": 1, "entries": {"1": 2}, "findings": {}}):
        with pytest.raises(ValueError, match="not a book"):
            standing.recalled(strange)
