"""The codec: what was said is heard, what a newer peer adds is kept, what breaks the contract is refused."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.wire import codec, prescan
from node.wire.codec import CLASSES, decode, encode
from node.wire.coding import batch
from node.wire.errors import REASONS, WireError
from node.wire.messages import Column, Health, Message, Presence, Receipt, Receipts, Results, State
from tests.node.wire.samples import BARE, BOOT, FULL, NOON_MS
from tests.node.wire.strategies import ANY_MESSAGE

KINDS: Final = sorted(CLASSES)


def told(message: Message) -> dict[str, Any]:
    """Return a message's content, so that a tuple and a list of the same items are the same."""

    def plain(value: object) -> object:
        if isinstance(value, list | tuple):
            return [plain(each) for each in value]
        return {key: plain(held) for key, held in value.items()} if isinstance(value, dict) else value

    return {key: plain(value) for key, value in dataclasses.asdict(message).items()}


def entries(message: Message) -> dict[int, Any]:
    """Return what stands under which key once a message is encoded."""
    decoded: dict[int, Any] = cbor2.loads(encode(message))
    return decoded


def refusal(kind: str, forged: object) -> str:
    """Return the reason for which some entries are refused as a message."""
    with pytest.raises(WireError) as caught:
        decode(kind, cbor2.dumps(forged))
    return caught.value.reason


@given(ANY_MESSAGE)
@settings(deadline=None, max_examples=400)
def test_decode_any_message_comes_back(message: Message) -> None:
    """What one peer encodes the other decodes, field by field."""
    payload = encode(message)
    heard = decode(message.kind, payload)
    assert told(heard) == told(message)
    assert type(heard) is type(message)


@given(ANY_MESSAGE)
@settings(deadline=None, max_examples=200)
def test_encode_same_message_gives_same_bytes(message: Message) -> None:
    """The encoding is deterministic: keys ascend, and decoding and encoding again changes no byte."""
    payload = encode(message)
    keys = list(cbor2.loads(payload))
    assert keys == sorted(keys)
    assert keys[0] == 0
    body = cbor2.loads(payload)[2] if isinstance(message, Results) else None
    assert encode(decode(message.kind, payload), body=body) == payload


@pytest.mark.parametrize("kind", KINDS)
def test_encode_defaults_stay_at_home(kind: str) -> None:
    """A bare message holds the version and what has no default; a full one has every key of its class."""
    fields = [each for each in dataclasses.fields(CLASSES[kind]) if "key" in each.metadata]
    given_ = {each.metadata["key"] for each in fields if each.default is each.default_factory is dataclasses.MISSING}
    assert set(entries(BARE[kind])) == {0} | given_
    assert set(entries(FULL[kind])) == {0} | {each.metadata["key"] for each in fields}


@pytest.mark.parametrize("kind", KINDS)
def test_decode_newer_peer_is_kept_and_written_back(kind: str) -> None:
    """An old peer passes on, byte for byte, what a newer one added under keys it does not know."""
    newer = {**entries(FULL[kind]), 40: {"new": [1, 2.5, "x", None, True, b"y"]}, 2**40: "far"}
    payload = cbor2.dumps(newer, canonical=True)
    old = decode(kind, payload)
    assert old.extra == {40: newer[40], 2**40: "far"}
    assert encode(old, body=newer[2] if kind == "results" else None) == payload


@pytest.mark.parametrize("kind", KINDS)
def test_decode_older_peer_gives_defaults(kind: str) -> None:
    """A new peer takes the default of every key that an older one does not send."""
    heard = decode(kind, encode(BARE[kind]))
    assert told(heard) == told(BARE[kind])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("major", [0, 2, 2**32, -1])
def test_decode_other_major_is_refused(kind: str, major: int) -> None:
    """Another major version may mean anything by its keys, so nothing of it is read."""
    assert refusal(kind, {**entries(FULL[kind]), 0: major}) == "unknown-major"


@pytest.mark.parametrize("major", [True, 1.0, "1", None, [1]])
def test_decode_major_of_another_type_is_refused(major: object) -> None:
    """What only equals 1 in Python is no version."""
    assert refusal("presence", {0: major, 1: "ready"}) == "missing-key"


@pytest.mark.parametrize("kind", KINDS)
def test_decode_each_missing_key_is_refused(kind: str) -> None:
    """Every key of a bare message is needed."""
    whole = entries(BARE[kind])
    for key in whole:
        assert refusal(kind, {each: value for each, value in whole.items() if each != key}) == "missing-key"


WRONG: Final[tuple[object, ...]] = (
    *(None, True, -1, 1.5, float("nan"), float("inf"), 2**64 - 1, "", "\x00", "x" * 1025, b"", bytes(65), [], {}),
    *({"a": []}, {"a": float("nan")}, {1: 2}, [[BOOT, [2, 1]]], [[BOOT, [1]]]),
)
"""Values of which every field refuses most."""


@pytest.mark.parametrize("kind", KINDS)
def test_decode_any_wrong_value_in_any_field_is_refused_or_as_declared(kind: str) -> None:
    """No field takes a value that it could not give back: what passes the rule is encoded as the same bytes."""
    whole = entries(FULL[kind])
    refused = 0
    for key in whole:
        for wrong in WRONG:
            payload = cbor2.dumps({**whole, key: wrong}, canonical=True)
            try:
                heard = decode(kind, payload)
            except WireError as error:
                refused += error.reason in REASONS
                continue
            again = decode(kind, encode(heard, body=whole[2] if kind == "results" else None))
            assert told(again) == told(heard)
    assert refused > 10 * len(whole)


@pytest.mark.parametrize(
    ("kind", "change", "reason"),
    [
        ("presence", {1: "asleep"}, "unknown-word"),
        ("presence", {1: 1}, "bad-type"),
        ("presence", {2: bytes(5)}, "bad-length"),
        ("presence", {3: -1}, "out-of-range"),
        ("presence", {3: 2**53}, "out-of-range"),
        ("presence", {4: 1.5}, "bad-type"),
        ("presence", {5: float("nan")}, "not-finite"),
        ("presence", {6: -0.5}, "out-of-range"),
        ("presence", {6: 2e9}, "out-of-range"),
        ("presence", {6: True}, "bad-type"),
        ("results", {1: bytes(7)}, "bad-length"),
        ("results", {4: 3}, "out-of-range"),
        ("results", {5: "Climate"}, "bad-text"),
        ("results", {7: "../../etc/passwd"}, "bad-text"),
        ("results", {7: "m" * 129}, "bad-text"),
        ("raw", {6: [2, 3], 9: 0}, "bad-length"),
        ("raw", {6: []}, "bad-length"),
        ("raw", {6: [1 << 20] * 5}, "bad-length"),
        ("raw", {7: "f8"}, "unknown-word"),
        ("health", {4: float("inf")}, "not-finite"),
        ("health", {5: {"cycles": -1}}, "out-of-range"),
        ("health", {5: {"a\n": 1}}, "bad-text"),
        ("health", {5: {1: 1}}, "bad-type"),
        ("health", {6: {"gate": "x" * 1025}}, "too-long"),
        ("health", {6: {"gate": "é" * 513}}, "too-long"),
        ("health", {7: {"infer": [1.0]}}, "bad-length"),
        ("reported", {3: {"sample_s": [1]}}, "bad-type"),
        ("reported", {3: {"sample_s": 2**63}}, "out-of-range"),
        ("reported", {7: {"climate": ["temperature"]}}, "bad-type"),
        ("reported", {7: {"climate": [[], ""]}}, "bad-type"),
        ("reported", {7: {"climate": ["t", "", "t", ""]}}, "duplicate-key"),
        ("ask", {1: 3}, "unknown-word"),
        ("ask", {1: True}, "bad-type"),
        ("ask", {2: 2**63}, "out-of-range"),
        ("ask", {3: bytes(31)}, "bad-length"),
        ("receipt", {1: []}, "bad-length"),
        ("receipt", {1: [[BOOT, [5, 4]]]}, "bad-ranges"),
        ("receipt", {1: [[BOOT, [0, 4, 4, 9]]]}, "bad-ranges"),
        ("receipt", {1: [[BOOT, [0, 4, 9]]]}, "bad-length"),
        ("receipt", {1: [[BOOT, [0, 4], 7]]}, "bad-length"),
        ("receipt", {1: [{"boot_id": BOOT}]}, "bad-type"),
        ("desired", {4: ["m", "../x", bytes(32), 1, ""]}, "bad-text"),
        ("desired", {4: ["m", "1", bytes(32), -1, ""]}, "out-of-range"),
        ("desired", {4: ["m", "1", bytes(32), 2**63, ""]}, "out-of-range"),
        ("policy", {4: {"gate": float("nan")}}, "not-finite"),
        ("aggregate", {1: "_"}, "bad-text"),
        ("aggregate", {11: -1.0}, "out-of-range"),
        ("presence", {-1: 0}, "bad-key"),
        ("presence", {"state": 0}, "bad-key"),
        ("presence", {2**63: 0}, "bad-key"),
    ],
)
def test_decode_broken_rule_has_its_reason(kind: str, change: dict[object, object], reason: str) -> None:
    """Each field says why it refuses, by a word that counters are kept by."""
    forged: dict[object, object] = dict[object, object](entries(FULL[kind]).items()) | change
    assert refusal(kind, forged) == reason


def test_decode_refusal_names_the_field() -> None:
    """A person reading the quarantine sees where, and what would be right."""
    with pytest.raises(WireError, match=r"bad-length: presence.boot_id: 5 bytes; 6 to 6"):
        decode("presence", cbor2.dumps({0: 1, 1: "ready", 2: bytes(5)}))


@pytest.mark.parametrize("kind", ["", "Results", "secrets", "x" * 1000, "__class__"])
def test_decode_unknown_kind_is_refused(kind: str) -> None:
    """A kind that has no class is refused before its bytes are looked at."""
    with pytest.raises(WireError) as caught:
        decode(kind, b"")
    assert caught.value.reason == "unknown-kind"


@pytest.mark.parametrize("item", [1, "x", b"x", None, [], [0, 1], 1.5, True])
def test_decode_item_that_is_no_map_is_refused(item: object) -> None:
    """A message is a map."""
    assert refusal("presence", item) == "bad-type"


def test_decode_text_that_is_not_utf8_is_refused() -> None:
    """The decoder's own complaints leave as ours."""
    with pytest.raises(WireError) as caught:
        decode("presence", b"\xa2\x00\x01\x01\x61\xff")
    assert caught.value.reason == "bad-text"


@given(st.sampled_from(KINDS), st.binary(max_size=300))
@settings(deadline=None, max_examples=500)
def test_decode_any_bytes_give_a_message_or_a_known_reason(kind: str, payload: bytes) -> None:
    """Bytes from the air cause a WireError or nothing."""
    assert reason_for(kind, payload) in REASONS.keys() | {""}


@given(ANY_MESSAGE, st.data())
@settings(deadline=None, max_examples=500)
def test_decode_any_damage_gives_a_message_or_a_known_reason(message: Message, data: st.DataObject) -> None:
    """A message with some bytes changed, cut or repeated causes a WireError or nothing."""
    payload = bytearray(encode(message))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(payload)))
        payload[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    assert reason_for(message.kind, bytes(payload)) in REASONS.keys() | {""}


def reason_for(kind: str, payload: bytes) -> str:
    """Return the reason for which a payload is refused; empty if it is taken, and then it can be said again."""
    try:
        heard = decode(kind, payload)
    except WireError as error:
        return error.reason
    body = cbor2.loads(payload)[2] if kind == "results" else None
    encode(heard, body=body)
    return ""


@pytest.mark.parametrize(
    "message",
    [
        Presence(state="asleep"),  # type: ignore[arg-type] # a mistake that must not reach the air
        Presence(state=State.READY, boot_id=6),  # type: ignore[arg-type] # as above
        Presence(state=State.READY, boot_id=bytes(5)),
        Presence(state=State.READY, time_ms=1.5),  # type: ignore[arg-type] # as above
        Presence(state=State.READY, time_ms="1"),  # type: ignore[arg-type] # as above
        Presence(state=State.READY, grace_s="1"),  # type: ignore[arg-type] # as above
        Presence(state=State.READY, interval_s=float("nan")),
        Presence(state=State.READY, next_wake_ms=-1),
        Presence(state=State.READY, extra={1: "in use"}),
        Presence(state=State.READY, extra={0: 2}),
        Presence(state=State.READY, extra={-1: 2}),
        Presence(state=State.READY, extra={True: 2}),
        Presence(state=State.READY, extra={9: 1j}),
        Presence(state=State.READY, extra={9: 2**64}),
        Presence(state=State.READY, extra={9: {1, 2}}),
        Presence(state=State.READY, extra={9: [[[[[[[[1]]]]]]]]}),
        Presence(state=State.READY, extra={9: bytes(65536)}),
        Health(boot_id=BOOT, time_ms=0, uptime_s=0, counters={5: 1}),  # type: ignore[dict-item] # as above
        Health(boot_id=BOOT, time_ms=0, uptime_s=0, counters={f"c{i}": i for i in range(65)}),
        Health(boot_id=BOOT, time_ms=0, uptime_s=0, disabled={"gate": 5}),  # type: ignore[dict-item] # as above
        Health(boot_id=BOOT, time_ms=0, uptime_s=0, gauges=None),  # type: ignore[arg-type] # as above
        Receipts(receipts=()),
        Receipts(receipts=(Receipt(boot_id=BOOT, ranges=((3, 2),)),)),
        Results(boot_id=BOOT, seqs=(), times_ms=(), stream="s", columns=()),
        Results(boot_id=BOOT, seqs=(1,), times_ms=(1, 2), stream="s", columns=(Column(name="a", values=(1,)),)),
    ],
    ids=str,
)
def test_encode_never_says_what_a_peer_refuses(message: Message) -> None:
    """A sender's mistake is an error at the sender, where it can be mended, and never a message."""
    with pytest.raises(WireError):
        encode(message)


def test_encode_long_reason_is_cut_to_length() -> None:
    """A reason for people never makes a health report impossible."""
    health = Health(boot_id=BOOT, time_ms=NOON_MS, uptime_s=1.0, disabled={"gate": "no\x00 " + "é" * 1000})
    heard = decode("health", encode(health))
    assert isinstance(heard, Health)
    assert heard.disabled["gate"].startswith("no  éé")
    assert len(heard.disabled["gate"].encode()) <= 256


def test_encode_packed_body_is_taken_as_it_is() -> None:
    """The encoding that a node chose for its batch is not chosen again."""
    full = FULL["results"]
    assert isinstance(full, Results)
    body = batch.pack(full.seqs, full.times_ms, full.columns)
    hollow = dataclasses.replace(full, seqs=(), times_ms=(), columns=())
    assert told(decode("results", encode(hollow, body=body))) == told(full)


def test_decode_time_before_1970_is_refused() -> None:
    """Times are not negative, inside a body as anywhere else, and no peer says they are."""
    full = FULL["results"]
    assert isinstance(full, Results)
    body = batch.pack(full.seqs, (-1, 0), full.columns)
    assert refusal("results", {**entries(full), 2: body}) == "out-of-range"
    with pytest.raises(WireError):
        encode(dataclasses.replace(full, times_ms=(-1, 0)))


def test_encode_too_large_message_is_refused() -> None:
    """The limit of a payload holds for the sender too."""
    results = FULL["results"]
    with pytest.raises(WireError) as caught:
        encode(results, body=bytes(prescan.MOST_BYTES))
    assert caught.value.reason == "too-large"


@given(st.data())
@settings(deadline=None, max_examples=300)
def test_decode_results_from_memory_is_decoding_them_for_the_first_time(data: st.DataObject) -> None:
    """What is remembered around a body changes no verdict: any damage, with a memory and without, ends the same."""
    full = dataclasses.replace(FULL["results"], extra={})
    payload = bytearray(encode(full))
    assert codec._SHORT in payload
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(payload)))
        payload[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    codec._around.cache_clear()
    first = verdict(bytes(payload))
    decode("results", encode(full))
    assert verdict(bytes(payload)) == first
    assert verdict(bytes(payload)) == first


def verdict(payload: bytes) -> object:
    """Return what Results say, bit by bit, or the reason for which they are refused."""
    try:
        return repr(told(decode("results", payload)))
    except WireError as error:
        return error.reason


def test_decode_results_of_strangers_do_not_grow_the_memory() -> None:
    """Ten thousand invented boots take a bounded place, and a long tail takes none; their records come all the same."""
    full = FULL["results"]
    assert isinstance(full, Results)
    codec._around.cache_clear()
    decode("results", encode(dataclasses.replace(full, extra={99: bytes(1000)})))
    assert codec._around.cache_info().currsize == 0
    payload = encode(dataclasses.replace(full, extra={}))
    for at in range(10_000):
        boot_id = at.to_bytes(6, "big")
        heard = decode("results", payload.replace(full.boot_id, boot_id, 1))
        assert isinstance(heard, Results)
        assert heard.boot_id == boot_id
    assert 0 < codec._around.cache_info().currsize <= codec._MOST_AROUND
