"""Target: a message of any kind to the codec. The first byte picks the kind, the rest is the payload.

What is taken can be said again, and is then heard as the same: a gateway that could not repeat what it believes to
have understood would hand on something else.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Final

from node.wire import codec
from node.wire.errors import WireError
from tools.fuzzing import expect_known

if TYPE_CHECKING:
    from collections.abc import Callable

    from node.wire.messages import Message

KINDS: Final = tuple(sorted(codec.CLASSES))


def check(data: bytes, subject: Callable[[str, bytes], Message] = codec.decode) -> None:
    """Try one input.

    Raises:
        AssertionError: what was taken cannot be repeated, or it was refused without a known reason.
    """
    if not data:
        return
    kind, payload = KINDS[data[0] % len(KINDS)], data[1:]
    try:
        message = subject(kind, payload)
    except WireError as error:
        expect_known(error)
        return
    assert message.kind == kind, f"a {message.kind} where {kind} was announced"
    try:
        again = codec.decode(kind, codec.encode(message))
    except WireError as error:
        if error.reason == "too-large":  # a body that a peer packed better than this one would
            return
        raise AssertionError(f"taken, and cannot be said again: {error}") from error
    assert told(again) == told(message), f"{told(message)} came back as {told(again)}"


def told(message: Message) -> str:
    """Return what a message says, as a text: equal means equal. NaN is NaN, 1 is not 1.0, a map has no order."""
    return repr({each.name: _plain(getattr(message, each.name)) for each in fields(message)})


def _plain(value: object) -> object:
    if isinstance(value, str | bytes):
        return value
    if isinstance(value, dict):
        return sorted((repr(key), _plain(held)) for key, held in value.items())
    try:
        return [_plain(each) for each in value]  # type: ignore[attr-defined] # that is what is tried
    except TypeError:
        return value
