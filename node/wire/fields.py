"""Fields: what each field of a message may hold, as small rules put together.

A `Rule` has two halves. `load` judges what the decoder made of a stranger's bytes and gives the value a message
holds, or raises `WireError`; `dump` is its way back. A rule knows nothing of keys and messages; `messages` says
which rule a field has, `codec` applies them in both directions, so that no peer sends what another would refuse.

Numbers are exact about their kind: `true` is not 1, 1.0 is not an integer. An integer does where a float is asked
for, because encoders in other languages shorten 1.0 to 1. Floats are finite: a NaN in one aggregate would spoil
every sum it meets. Only a batch's columns know NaN, as "no reading", and they are not made of these rules.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from itertools import pairwise
from operator import index
from typing import TYPE_CHECKING, Any, Final

from node.wire.errors import WireError

if TYPE_CHECKING:
    from enum import Enum

MOST_INTEGER: Final = 2**63 - 1
"""What SQLite, PostgreSQL and a Java peer can hold."""
MOST_TIME_MS: Final = 2**53 - 1
"""Exact in a double, for peers that have no other number; the year 287,396."""
MOST_TEXT_BYTES: Final = 1024
MOST_ENTRIES: Final = 64


def _same(value: Any) -> object:
    return value


@dataclass(frozen=True, slots=True)
class Rule:
    """What one field may hold.

    Attributes:
        load: from what was decoded to what the message holds; raises `WireError`.
        dump: from what the message holds to what is encoded.
    """

    load: Callable[[object], Any]
    dump: Callable[[Any], object] = _same


def refuse_kind(value: object, wanted: str) -> WireError:
    """Return the error for a value of the wrong kind."""
    return WireError("bad-type", f"{type(value).__name__} where {wanted} belongs")


def integer(least: int = 0, most: int = MOST_INTEGER) -> Rule:
    """Return a rule for an integer of a range."""

    def load(value: object) -> int:
        if type(value) is not int:  # a bool is an int to isinstance
            raise refuse_kind(value, "an integer")
        if not least <= value <= most:
            raise WireError("out-of-range", f"{value}; {least} to {most}")
        return value

    return Rule(load, index)


def number(least: float = -math.inf, most: float = math.inf) -> Rule:
    """Return a rule for a finite float of a range."""

    def load(value: object) -> float:
        if type(value) is not float and type(value) is not int:
            raise refuse_kind(value, "a number")
        if not math.isfinite(value):
            raise WireError("not-finite", f"{value}")
        if not least <= value <= most:
            raise WireError("out-of-range", f"{value}; {least:g} to {most:g}")
        return float(value)

    return Rule(load, lambda value: float(value + 0.0))  # float() alone would also read a text


def text(pattern: str = r"[^\x00]*", most_bytes: int = MOST_TEXT_BYTES) -> Rule:
    """Return a rule for a text that a regular expression matches whole, at most so many bytes of UTF-8."""

    def load(value: object) -> str:
        if type(value) is not str:
            raise refuse_kind(value, "a text")
        if len(value) > most_bytes or (not value.isascii() and len(value.encode()) > most_bytes):
            raise WireError("too-long", f"a text of more than {most_bytes} bytes")
        if not re.fullmatch(pattern, value):  # compiled at its first use: a sleeping cycle imports this and uses none
            raise WireError("bad-text", f"{value[:40]!r} is not {pattern}")
        return value

    return Rule(load, str.__str__)  # a plain text of an enum's word; refuses what str() would make into one


def note(most_bytes: int = 256) -> Rule:
    """Return a rule for words to a person, such as a reason, which a sender cuts to length instead of failing."""

    def dump(value: str) -> str:
        return value.replace("\x00", " ").encode(errors="replace")[:most_bytes].decode(errors="ignore")

    return Rule(text().load, dump)


def blob(least: int, most: int) -> Rule:
    """Return a rule for a byte string of a range of lengths."""

    def load(value: object) -> bytes:
        if type(value) is not bytes:
            raise refuse_kind(value, "a byte string")
        if not least <= len(value) <= most:
            raise WireError("bad-length", f"{len(value)} bytes; {least} to {most}")
        return value

    return Rule(load, lambda value: memoryview(value).tobytes())  # bytes(6) would be six zeros


def one_of(words: type[Enum] | tuple[str, ...]) -> Rule:
    """Return a rule for one of an enum's values, or one of some words."""
    known: dict[object, object] = {e.value: e for e in words} if isinstance(words, type) else {w: w for w in words}
    kinds = {type(each) for each in known}

    def load(value: object) -> object:
        if type(value) not in kinds:  # before the look-up: 1.0 and True are keys equal to 1
            raise refuse_kind(value, f"one of {', '.join(map(str, known))}")
        if value not in known:
            raise WireError("unknown-word", f"{value!r}; one of {', '.join(map(str, known))}")
        return known[value]

    return Rule(load, (lambda value: words(value).value) if isinstance(words, type) else _same)


def mapping(key: Rule, value: Rule, most: int = MOST_ENTRIES) -> Rule:
    """Return a rule for a map, all of whose keys and all of whose values follow one rule each."""

    def load(entries: object) -> dict[Any, Any]:
        if type(entries) is not dict:
            raise refuse_kind(entries, "a map")
        if len(entries) > most:
            raise WireError("too-many-entries", f"{len(entries)}; at most {most}")
        return {key.load(each): value.load(held) for each, held in entries.items()}

    def dump(entries: Mapping[Any, Any]) -> object:
        return {key.dump(each): value.dump(held) for each, held in entries.items()}

    return Rule(load, dump)


def flat(key: Rule, value: Rule, most: int = MOST_ENTRIES) -> Rule:
    """Return a rule for a map that keeps its order: key, value, key, value, as an array."""
    bare = Rule(lambda item: item)
    items, entries = sequence(bare, 0, 2 * most), mapping(key, value, most)

    def load(told: object) -> dict[Any, Any]:
        halves = items.load(told)
        try:
            held = dict(zip(halves[::2], halves[1::2], strict=True))
        except (TypeError, ValueError) as error:  # an unhashable key, or one without its value
            raise WireError("bad-type", f"keys and values in turn: {error}") from error
        if 2 * len(held) != len(halves):
            raise WireError("duplicate-key", "in an array of keys and values")
        return entries.load(held)  # type: ignore[no-any-return] # a rule's value is its own affair

    def dump(held: Mapping[Any, Any]) -> object:
        return [half for each in held for half in (key.dump(each), value.dump(held[each]))]

    return Rule(load, dump)


def sequence(item: Rule, least: int = 0, most: int = MOST_ENTRIES) -> Rule:
    """Return a rule for an array, all of whose items follow one rule; a tuple in the message."""

    def load(items: object) -> tuple[Any, ...]:
        if type(items) is not list:
            raise refuse_kind(items, "an array")
        if not least <= len(items) <= most:
            raise WireError("bad-length", f"{len(items)} items; {least} to {most}")
        return tuple(map(item.load, items))

    return Rule(load, lambda items: list(map(item.dump, items)))


def pair(item: Rule) -> Rule:
    """Return a rule for two items of one kind, an array of two."""
    return sequence(item, 2, 2)


def ranges(most: int = 1024) -> Rule:
    """Return a rule for inclusive (first, last) pairs, ascending and disjoint; flat on the wire, to save heads."""
    flat = sequence(integer(), 2, 2 * most)

    def load(value: object) -> tuple[tuple[int, int], ...]:
        bounds = flat.load(value)
        if len(bounds) % 2:
            raise WireError("bad-length", f"{len(bounds)} bounds are not pairs")
        pairs = tuple(zip(bounds[::2], bounds[1::2], strict=True))
        if any(last < first for first, last in pairs) or any(b[0] <= a[1] for a, b in pairwise(pairs)):
            raise WireError("bad-ranges", "ranges are (first, last), ascending, disjoint")
        return pairs

    return Rule(load, lambda pairs: [bound for pair in pairs for bound in pair])


def scalar() -> Rule:
    """Return a rule for a setting: a finite number, a word, true, false or null."""
    words, numbers = text(), number()

    def load(value: object) -> object:
        if value is None or type(value) is bool:
            return value
        if type(value) is str:
            return words.load(value)
        if type(value) is int and not -MOST_INTEGER <= value <= MOST_INTEGER:
            raise WireError("out-of-range", f"{value} needs more than 64 bits")
        numbers.load(value)
        return value

    return Rule(load)


def record(kind: type[Any]) -> Rule:
    """Return a rule for a value inside a message: its fields as an array, in the order of their keys.

    An array costs a byte less per field than a map, and nothing can hide in it. It never grows: what is new gets
    a key of its own in the message.
    """
    parts: list[tuple[str, Rule]] = [(each.name, each.metadata["rule"]) for each in fields(kind)]

    def load(items: object) -> object:
        if type(items) is not list:
            raise refuse_kind(items, "an array")
        if len(items) != len(parts):
            raise WireError("bad-length", f"{len(items)} items; {kind.__name__} has {len(parts)}")
        return kind(**{name: rule.load(item) for (name, rule), item in zip(parts, items, strict=True)})

    def dump(value: object) -> object:
        return [rule.dump(getattr(value, name)) for name, rule in parts]

    return Rule(load, dump)
