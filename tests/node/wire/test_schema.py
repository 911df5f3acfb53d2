"""The CDDL and the Python say the same, on real messages and on broken ones."""

from __future__ import annotations

import dataclasses
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import cbor2
import pytest
from hypothesis import given, settings

import node.wire
from node.wire import messages
from node.wire.codec import CLASSES, decode, encode
from node.wire.errors import WireError
from tests.node.wire.samples import BARE, BOOT, FULL
from tests.node.wire.strategies import ANY_MESSAGE

if TYPE_CHECKING:
    from node.wire.messages import Message

TEXT: Final = (Path(node.wire.__file__).parent / "schema.cddl").read_text(encoding="utf-8")
# RFC 8610 section 3.8.3 matches the whole text; this validator searches in it.
ANCHORED: Final = re.sub(r'\.regexp "(.*)"', r'.regexp "^(\1)$"', TEXT)
KINDS: Final = sorted(CLASSES)


def validator() -> Any:
    """Return the CDDL library; where there is none, only the tests that need it are skipped."""
    return pytest.importorskip("pycddl", reason="pycddl has no wheel for this Python or processor")


@cache
def schema(rule: str) -> Any:
    """Return the schema with one of its rules as the root."""
    return validator().Schema(f"root = {rule}\n{ANCHORED}")


def accepts(kind: str, payload: bytes) -> bool:
    """Whether a payload follows its rule."""
    try:
        schema(kind).validate_cbor(payload)
    except validator().ValidationError:
        return False
    return True


def keys_of_rule(kind: str) -> dict[int, bool]:
    """Return the keys of a map in the CDDL, and whether each may be left out."""
    body = re.search(rf"^{kind} = \{{$(.*?)^\}}$", TEXT, re.MULTILINE | re.DOTALL)
    assert body, f"schema.cddl has no map named {kind}"
    return {int(key): bool(mark) for mark, key in re.findall(r"^  (\? )?(\d+): ", body[1], re.MULTILINE)}


def keys_of_class(kind: str) -> dict[int, bool]:
    """Return the keys of a message class, and whether each has a default."""
    fields = [each for each in dataclasses.fields(CLASSES[kind]) if "key" in each.metadata]
    return {
        each.metadata["key"]: (each.default, each.default_factory) != (dataclasses.MISSING, dataclasses.MISSING)
        for each in fields
    }


@pytest.mark.parametrize("kind", KINDS)
def test_schema_has_the_same_keys_as_the_class(kind: str) -> None:
    """Every key stands on both sides, and may be left out on both or on neither."""
    assert keys_of_rule(kind) == keys_of_class(kind)


def test_schema_has_the_same_kinds_as_the_codec() -> None:
    """No message is known to one side only."""
    choice = re.search(r"^message = (.*?)\n\n", TEXT, re.MULTILINE | re.DOTALL)
    assert choice
    words = re.findall(r"[a-z-]+", re.sub(r";.*", "", choice[1]))
    assert sorted(words) == KINDS


@pytest.mark.parametrize(("rule", "kind"), [("committed", messages.Receipt), ("model-offer", messages.ModelOffer)])
def test_schema_array_has_as_many_items_as_the_class(rule: str, kind: type[object]) -> None:
    """A positional array has an item for every field."""
    line = re.search(rf"^{rule} = \[(.*)\]", TEXT, re.MULTILINE)
    assert line
    items = re.sub(r"\[.*\]", "array", line[1]).split(",")
    assert len(items) == len(dataclasses.fields(kind))  # type: ignore[arg-type] # both are dataclasses


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("samples", [FULL, BARE], ids=["full", "bare"])
def test_schema_accepts_real_messages(kind: str, samples: dict[str, Message]) -> None:
    """What the codec encodes follows its rule."""
    schema(kind).validate_cbor(encode(samples[kind]))


@given(ANY_MESSAGE)
@settings(deadline=None, max_examples=150)
def test_schema_accepts_any_message(message: Message) -> None:
    """Whatever a peer may honestly say follows the schema."""
    schema(message.kind).validate_cbor(encode(message))


def changes(kind: str) -> list[dict[int, Any]]:
    """Return broken versions of a full message, each broken in one place."""
    whole: dict[int, Any] = cbor2.loads(encode(FULL[kind]))
    required = [key for key, optional in keys_of_rule(kind).items() if not optional]
    lacking = [{key: value for key, value in whole.items() if key != gone} for gone in (0, *required)]
    wrong = [{**whole, key: {"wrong": {}}} for key in whole]
    return [{**whole, 0: 2}, *lacking, *wrong]


@pytest.mark.parametrize("kind", KINDS)
def test_schema_refuses_what_the_codec_refuses(kind: str) -> None:
    """A missing key, another version, a value of another kind: no to each, on both sides."""
    for broken in changes(kind):
        payload = cbor2.dumps(broken)
        assert not accepts(kind, payload)
        with pytest.raises(WireError):
            decode(kind, payload)


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("presence", {1: "asleep"}),
        ("presence", {2: bytes(5)}),
        ("presence", {3: 2**53}),
        ("presence", {6: -0.5}),
        ("presence", {6: 2e9}),
        ("results", {4: 3}),
        ("results", {5: "Climate"}),
        ("results", {5: "c" * 33}),
        ("results", {7: "../../etc/passwd"}),
        ("raw", {6: []}),
        ("raw", {7: "f8"}),
        ("health", {5: {"cycles": -1}}),
        ("health", {7: {"infer": [1.0]}}),
        ("ask", {1: 3}),
        ("ask", {2: 2**63}),
        ("receipt", {1: []}),
        ("receipt", {1: [[BOOT, [1]]]}),
        ("receipt", {1: [[BOOT, [0, 1], 7]]}),
        ("desired", {4: ["m", "1", bytes(31), 1, ""]}),
        ("aggregate", {1: "_"}),
        ("aggregate", {11: -1.0}),
    ],
)
def test_schema_refuses_values_out_of_range(kind: str, change: dict[int, object]) -> None:
    """Ranges, sizes and patterns are the same on both sides."""
    payload = cbor2.dumps({**cbor2.loads(encode(FULL[kind])), **change})
    assert not accepts(kind, payload)
    with pytest.raises(WireError):
        decode(kind, payload)


@pytest.mark.parametrize("kind", KINDS)
def test_schema_accepts_what_a_newer_peer_adds(kind: str) -> None:
    """Unknown positive keys are the future, to both sides."""
    payload = cbor2.dumps({**cbor2.loads(encode(FULL[kind])), 40: {"new": [1]}})
    schema(kind).validate_cbor(payload)
    assert decode(kind, payload).extra == {40: {"new": [1]}}
