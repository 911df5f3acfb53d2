"""Codec: messages to CBOR bytes and back, through the prescan.

A message is a map with integer keys: 0 holds the major version, the others are the fields' keys in `messages`, each
checked by its rule. Fields equal to their default are left out. The encoding is deterministic (RFC 8949 §4.2.1:
shortest heads and floats, keys ascending), so that equal messages are equal bytes in every language.

The past and the future: an unknown key waits in `extra` and is written back; a missing key that has a default takes
it; another major version is refused, because its keys may mean anything.

Results are special twice: seqs, times and columns travel as one packed body, see `coding.batch`; and they are what a
gateway decodes all day. A node's Results differ from each other in nothing but the body, so what is around it is
judged once and remembered by its very bytes, which saves a third of the work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import cbor2

from node.wire import messages, prescan
from node.wire.errors import WireError
from node.wire.fields import MOST_INTEGER, Rule, blob, refuse_kind

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import Field

    from node.wire.coding import batch
    from node.wire.messages import Message, Results

CLASSES: Final[Mapping[str, type[Message]]] = {
    each.kind: each
    for each in (
        messages.Results,
        messages.Raw,
        messages.Health,
        messages.Presence,
        messages.Reported,
        messages.Ask,
        messages.Receipts,
        messages.Desired,
        messages.File,
        messages.Answers,
        messages.Policy,
        messages.Aggregate,
        messages.Enrol,
        messages.Enrolled,
    )
}
"""Every kind of message by its name, which for a node's messages is also the last level of the topic."""

T = TypeVar("T", bound=Sequence[int])

_ABSENT: Final = object()
_PACKED: Final = "body"

# Results of a boot begin alike (keys ascend): a map, 0: 1, 1: a boot id, 2: a byte string of 24 to 255 bytes.
_LEAD: Final = b"\x00\x01\x01\x46"
_SHORT: Final = b"\x02\x58"
_BODY_AT: Final = 14
_LONGEST_TAIL: Final = 192
"""Bytes behind a body that are worth remembering: the longest stream and model fit."""
_MOST_AROUND: Final = 4096
"""Boots times streams times lengths of a body; some 4 MiB, whatever strangers invent."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One field of a message, ready for both directions."""

    key: int
    name: str
    rule: Rule
    default: object
    """As it would be encoded; `_ABSENT` where the field has to be there."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """One kind of message, worked out from its class at the first use."""

    kind: type[Any]
    parts: Mapping[int, _Part]
    required: frozenset[str]


def encode(message: Message, *, body: bytes | None = None) -> bytes:
    """Encode a message.

    Args:
        message: any of `messages`.
        body: for Results, the batch as it was already packed by the encoding that the node chose; the message's
            own seqs, times and columns are then not looked at.

    Returns:
        At most 64 KiB that `decode` accepts.

    Raises:
        WireError: a field breaks its rule, or the whole is larger than a peer would take: nothing that the other
            side refuses is ever sent.
    """
    plan = _plan(message.kind)
    entries: dict[int, object] = {0: messages.MAJOR}
    for part in plan.parts.values():
        packed = part.name == _PACKED
        value = message if packed else getattr(message, part.name)
        if value is not None or part.default is not None:  # None is never said, and stands only where it is the default
            dumped = body if packed and body is not None else _dump(plan, part, value)
            if dumped != part.default:
                entries[part.key] = dumped
    for key, value in message.extra.items():
        entries[_spare(key, plan)] = value
    return _dumps(entries)


def decode(kind: str, payload: bytes) -> Message:
    """Decode a message.

    Args:
        kind: what it has to be, from its topic.
        payload: as it came off the air; nothing about it is believed.

    Returns:
        The message, every field checked.

    Raises:
        WireError: with a stable `reason`; the only exception that bytes can cause.
    """
    if kind == messages.Results.kind:
        return _results(payload)
    plan = _plan(kind)
    return cast("Message", plan.kind(**_judge(plan, _loads(payload))))


def _judge(plan: _Plan, entries: dict[int, object]) -> dict[str, Any]:
    """Return a message's fields by name, every one of them checked, and `extra`."""
    _check_major(entries.pop(0, _ABSENT))
    values: dict[str, Any] = {}
    extra: dict[int, object] = {}
    parts = plan.parts
    for key, value in entries.items():
        part = parts.get(key)
        if part is None:
            extra[_spare(key, plan)] = value
            continue
        try:
            values[part.name] = part.rule.load(value)
        except WireError as error:
            raise _where(plan, part.name, error) from error
    if not values.keys() >= plan.required:
        raise WireError("missing-key", f"{plan.kind.kind}: {', '.join(sorted(plan.required - values.keys()))}")
    values["extra"] = extra
    return values


def _results(payload: bytes) -> Results:
    """Decode Results: what is around the body from memory where it can be, and then the body."""
    end = _BODY_AT + payload[_BODY_AT - 1] if len(payload) > _BODY_AT else 0
    if end < len(payload) <= end + _LONGEST_TAIL and payload.startswith(_LEAD, 1) and payload.startswith(_SHORT, 11):
        values = _around(payload[:_BODY_AT], payload[end:])
        body = payload[_BODY_AT:end]
    else:
        values = _judge(_plan(messages.Results.kind), _loads(payload))
        body = values.pop(_PACKED)
    seqs, times_ms, columns = _unpacker()(body)
    return messages.Results(seqs=seqs, times_ms=times_ms, columns=columns, **values)


@lru_cache(_MOST_AROUND)
def _around(head: bytes, tail: bytes) -> Mapping[str, Any]:
    """Return all of a Results but its body, which is left out here, and for which as many zeros stand in.

    The prescan and the decoder step over a byte string without a look inside, so that their verdict is the same
    whatever it holds.

    Args:
        head: from the first byte to the body's length.
        tail: all behind the body.
    """
    values = _judge(_plan(messages.Results.kind), _loads(head + bytes(head[-1]) + tail))
    del values[_PACKED]
    return values


def _loads(payload: bytes) -> dict[int, Any]:
    prescan.check(payload)
    try:
        entries = cbor2.loads(payload, max_depth=prescan.MOST_DEPTH, allow_indefinite=False, allow_duplicate_keys=False)
    except (cbor2.CBORError, ValueError) as error:  # after the prescan only UTF-8 is left to be wrong
        raise WireError("bad-text", str(error)) from error
    if type(entries) is not dict:
        raise refuse_kind(entries, "a map")
    return entries


def _dumps(entries: dict[int, object]) -> bytes:
    try:
        payload = cbor2.dumps(entries, canonical=True)
    except (cbor2.CBORError, ValueError, TypeError) as error:
        raise WireError("bad-type", str(error)) from error
    prescan.check(payload)
    return payload


def _dump(plan: _Plan, part: _Part, value: object) -> object:
    """Return the value as it is encoded, once the rule that a peer will judge it by has passed it."""
    try:
        dumped = part.rule.dump(value)
        if dumped != part.default and part.name != _PACKED:  # unpacking what was just packed is a test's work
            part.rule.load(dumped)
    except WireError as error:
        raise _where(plan, part.name, error) from error
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        raise WireError("bad-type", f"{plan.kind.kind}.{part.name}: {error}") from error
    return dumped


def _check_major(major: object) -> None:
    if type(major) is not int:
        raise WireError("missing-key", "the major version, under key 0")
    if major != messages.MAJOR:
        raise WireError("unknown-major", f"{major}; this is {messages.MAJOR}. Update the older peer")


def _spare(key: object, plan: _Plan) -> int:
    """Return `key` if a newer peer may have put something under it."""
    if type(key) is not int or not 0 < key <= MOST_INTEGER or key in plan.parts:
        raise WireError("bad-key", f"{plan.kind.kind}: {key!r} is no unknown positive integer")
    return key


def _where(plan: _Plan, name: str, error: WireError) -> WireError:
    """Return the error with the place it happened at."""
    return WireError(error.reason, f"{plan.kind.kind}.{name}: {str(error).removeprefix(error.reason + ': ')}")


@cache
def _plan(kind: str) -> _Plan:
    if kind not in CLASSES:
        raise WireError("unknown-kind", f"{kind[:40]!r}; one of {', '.join(CLASSES)}")
    told = [each for each in fields(CLASSES[kind]) if "rule" in each.metadata]
    parts = [_Part(each.metadata["key"], each.name, each.metadata["rule"], _default(each)) for each in told]
    if kind == messages.Results.kind:
        parts.append(_Part(messages.BODY, _PACKED, _body_rule(), _ABSENT))
    parts.sort(key=lambda part: part.key)
    required = frozenset(part.name for part in parts if part.default is _ABSENT)
    return _Plan(CLASSES[kind], {part.key: part for part in parts}, required)


def _default(each: Field[Any]) -> object:
    """Return a field's default as it would be encoded."""
    if each.default is None:
        return None
    rule: Rule = each.metadata["rule"]
    if each.default is not MISSING:
        return rule.dump(each.default)
    return rule.dump(each.default_factory()) if each.default_factory is not MISSING else _ABSENT


def _body_rule() -> Rule:
    """Return the rule of a packed batch: bytes to bytes inward, for only Results themselves unpack them."""

    def dump(results: Results) -> bytes:
        from node.wire.coding import batch

        return batch.pack(results.seqs, _not_negative(results.times_ms), results.columns)

    return Rule(blob(1, prescan.MOST_BYTES).load, dump)


@cache
def _unpacker() -> Callable[[bytes], batch.Batch]:
    """Return what unpacks a body; imported here, because a node that only says `sleeping` needs none of it."""
    from node.wire.coding import batch

    def unpack(body: bytes) -> batch.Batch:
        try:
            seqs, times_ms, columns = batch.unpack(body)
            return seqs, _not_negative(times_ms), columns
        except WireError as error:
            raise _where(_plan(messages.Results.kind), _PACKED, error) from error
        except (ArithmeticError, ValueError, LookupError) as error:  # forged numbers in honest arithmetic
            raise WireError("bad-body", f"results.body: {error}") from error

    return unpack


def _not_negative(times_ms: T) -> T:
    """Return the times, if none is before 1970: a body could say so, a message may not."""
    if times_ms and min(times_ms) < 0:
        raise WireError("out-of-range", f"a time of {min(times_ms)} ms; at least 0")
    return times_ms
