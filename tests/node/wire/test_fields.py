"""The rules: exact about kinds, and each is its own inverse."""

from __future__ import annotations

import math
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.wire import fields as rules
from node.wire.errors import WireError
from node.wire.messages import ModelOffer, Receipt

if TYPE_CHECKING:
    from node.wire.fields import Rule


class Word(StrEnum):
    """Two words."""

    YES = "yes"
    NO = "no"


class Digit(IntEnum):
    """Two numbers."""

    NONE = 0
    ONE = 1


RULES: Final[dict[str, tuple[Rule, st.SearchStrategy[object]]]] = {
    "integer": (rules.integer(-5, 5), st.integers(-5, 5)),
    "number": (rules.number(-1e6, 1e6), st.floats(-1e6, 1e6)),
    "text": (rules.text("[a-c]{0,9}"), st.from_regex("[a-c]{0,9}", fullmatch=True)),
    "blob": (rules.blob(2, 4), st.binary(min_size=2, max_size=4)),
    "words": (rules.one_of(("f4", "u1")), st.sampled_from(["f4", "u1"])),
    "text enum": (rules.one_of(Word), st.sampled_from(Word)),
    "integer enum": (rules.one_of(Digit), st.sampled_from(Digit)),
    "mapping": (
        rules.mapping(rules.integer(), rules.number()),
        st.dictionaries(st.integers(0, 9), st.floats(-1, 1)),
    ),
    "flat": (
        rules.flat(rules.text(), rules.integer()),
        st.dictionaries(st.just("a") | st.just("b"), st.integers(0, 9)),
    ),
    "sequence": (rules.sequence(rules.integer()), st.lists(st.integers(0, 9)).map(tuple)),
    "pair": (rules.pair(rules.integer()), st.tuples(st.integers(0, 9), st.integers(0, 9))),
    "ranges": (rules.ranges(), st.just(((0, 0), (1, 1), (5, 9)))),
    "scalar": (rules.scalar(), st.none() | st.booleans() | st.integers(-9, 9) | st.just("word") | st.floats(-1, 1)),
    "receipt": (rules.record(Receipt), st.just(Receipt(boot_id=bytes(6), ranges=((1, 2),)))),
}
"""Each rule, with what it must take."""


@pytest.mark.parametrize("name", RULES)
@given(data=st.data())
@settings(deadline=None, max_examples=30)
def test_rule_any_value_comes_back(name: str, data: st.DataObject) -> None:
    """What is dumped is loaded as what it was, in its own type."""
    rule, values = RULES[name]
    value = data.draw(values)
    loaded = rule.load(rule.dump(value))
    assert loaded == value
    assert type(loaded) is type(value)


ODDITIES: Final[tuple[object, ...]] = (
    None,
    True,
    False,
    1.0,
    77,
    -77,
    2**70,
    math.nan,
    math.inf,
    "",
    "zz",
    b"",
    bytes(9),
    [],
    {},
    [None],
    object(),
)


@pytest.mark.parametrize("name", RULES)
def test_rule_any_oddity_is_taken_whole_or_refused(name: str) -> None:
    """Whatever a decoder may give causes a WireError, or is given back as it came."""
    rule, _ = RULES[name]
    for oddity in ODDITIES:
        try:
            loaded = rule.load(oddity)
        except WireError:
            continue
        assert rule.dump(loaded) == oddity


@pytest.mark.parametrize(
    ("rule", "value", "reason"),
    [
        (rules.integer(), True, "bad-type"),
        (rules.integer(), 1.0, "bad-type"),
        (rules.integer(), -1, "out-of-range"),
        (rules.integer(), 2**63, "out-of-range"),
        (rules.number(), True, "bad-type"),
        (rules.number(), "1", "bad-type"),
        (rules.number(), math.nan, "not-finite"),
        (rules.number(), -math.inf, "not-finite"),
        (rules.number(0, 1), 1.5, "out-of-range"),
        (rules.text(), b"x", "bad-type"),
        (rules.text(), "a\x00b", "bad-text"),
        (rules.text(most_bytes=3), "éé", "too-long"),
        (rules.text("[a-z]+"), "abc\n", "bad-text"),
        (rules.blob(1, 2), b"", "bad-length"),
        (rules.blob(1, 2), "x", "bad-type"),
        (rules.one_of(Digit), True, "bad-type"),
        (rules.one_of(Digit), 1.0, "bad-type"),
        (rules.one_of(Digit), 2, "unknown-word"),
        (rules.mapping(rules.integer(), rules.integer(), 1), {1: 1, 2: 2}, "too-many-entries"),
        (rules.mapping(rules.integer(), rules.integer()), [1, 1], "bad-type"),
        (rules.sequence(rules.integer(), 0, 2), [1, 2, 3], "bad-length"),
        (rules.sequence(rules.integer()), (1, 2), "bad-type"),
        (rules.flat(rules.integer(), rules.integer()), [1, 2, 1, 2], "duplicate-key"),
        (rules.flat(rules.integer(), rules.integer()), [1], "bad-type"),
        (rules.ranges(), [3, 2], "bad-ranges"),
        (rules.ranges(), [1, 2, 2, 3], "bad-ranges"),
        (rules.ranges(), [1, 2, 3], "bad-length"),
        (rules.ranges(2), [0, 0, 1, 1, 2, 2], "bad-length"),
        (rules.scalar(), 2**63, "out-of-range"),
        (rules.scalar(), math.nan, "not-finite"),
        (rules.scalar(), b"x", "bad-type"),
        (rules.record(ModelOffer), ["m", "1", bytes(32), 1], "bad-length"),
        (rules.record(ModelOffer), {"model": "m"}, "bad-type"),
    ],
)
def test_rule_broken_has_its_reason(rule: Rule, value: object, reason: str) -> None:
    """Each rule says why by a stable word."""
    with pytest.raises(WireError) as caught:
        rule.load(value)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("whole", "kept"), [("x" * 300, "x" * 256), ("é" * 200, "é" * 128), ("a\x00b", "a b"), ("\ud800", "?")]
)
def test_note_any_text_is_made_sendable(whole: str, kept: str) -> None:
    """A sender cuts words for people on a whole character, and what it sends is taken."""
    rule = rules.note()
    assert rule.load(rule.dump(whole)) == kept
