"""What the publisher says of a model."""

from __future__ import annotations

import pytest

from node.errors import ModelError
from node.update import terms
from node.update.terms import Terms


def test_terms_come_back_as_they_were_written() -> None:
    """What a tool dumps, a node reads; defaults are not written."""
    said = Terms(model="digits", version=2, card="x", boards=("rpi-5",), golden="digits@2.npz", most_ms=5)
    assert terms.read(said.dump()) == said
    assert set(Terms(model="digits", version=1, card="").dump()) == {"model", "version", "card"}


def test_terms_floor_is_the_version_itself_unless_they_say_less() -> None:
    """There is no way back that the publisher did not sign, and none forward past the version."""
    assert [Terms(model="digits", version=5, card="", back_to=each).floor for each in (0, 3, 5, 9)] == [5, 3, 5, 5]


def test_terms_of_a_newer_tool_are_read_without_what_is_new() -> None:
    """A field that this node does not know hides none that it does."""
    assert terms.read({"model": "digits", "version": 1, "card": "", "mood": "good"}).name == "digits@1"


@pytest.mark.parametrize(
    "change",
    [
        {"model": "../../etc"},
        {"model": ".hidden"},
        {"model": 7},
        {"version": 0},
        {"version": True},
        {"version": "2"},
        {"card": "x" * 9000},
        {"most_ms": -1},
        {"boards": 5},
    ],
    ids=str,
)
def test_terms_that_no_tool_writes_are_refused(change: dict[str, object]) -> None:
    """A signature makes nothing plausible: a name that leads out of a folder, a number that is none."""
    with pytest.raises(ModelError, match="publish it"):
        terms.read({"model": "digits", "version": 1, "card": "", **change})


@pytest.mark.parametrize("custom", [None, [], {}, {"model": "digits"}], ids=str)
def test_terms_that_are_missing_are_refused(custom: object) -> None:
    """A target without them is no model."""
    with pytest.raises(ModelError):
        terms.read(custom)
