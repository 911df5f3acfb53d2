"""Policies: who may say what to whom, and for how long; with a verifier that forgets one check after another."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.wire import codec, cose, ed25519, limits
from node.wire.errors import REASONS, WireError
from node.wire.messages import Policy
from node.wire.policy import Trust, accept, audiences
from tests.node.wire.strategies import LABELS, SCALARS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from node.wire.limits import Limit
    from node.wire.messages import Value

PUBLIC, SIGN = ed25519.signer(bytes(range(32)))
KEY_ID: Final = ed25519.key_id(PUBLIC)
STRANGER, STRANGER_SIGN = ed25519.signer(bytes(32))
NOW_MS: Final = 1_790_000_000_000
TRUST: Final = Trust(keys={KEY_ID: PUBLIC}, audiences=audiences("orchard", "pump-3", "pumps"), counter=7, now_ms=NOW_MS)
GOOD: Final = Policy(
    audience="orchard/pump-3", counter=8, not_after_ms=NOW_MS + 1000, settings={"sleep.period_s": 60.0}
)


def sealed(what: Policy = GOOD) -> bytes:
    """Return a policy as the gateway would send it."""
    return cose.compose(codec.encode(what), KEY_ID, SIGN)


def refusal(data: bytes, trust: Trust = TRUST) -> str:
    """Return the reason for which an envelope is refused; empty where it is taken."""
    try:
        accept(data, trust, ed25519.verify)
    except WireError as error:
        return error.reason
    return ""


def other(**change: object) -> bytes:
    """Return a good policy with something else in it, well signed."""
    return sealed(dataclasses.replace(GOOD, **change))  # type: ignore[arg-type] # as the caller says


@pytest.mark.parametrize("audience", ["orchard", "orchard/+pumps", "orchard/pump-3"])
def test_accept_of_a_good_policy_returns_it(audience: str) -> None:
    """Site, group and node may each be meant."""
    meant = dataclasses.replace(GOOD, audience=audience)
    assert accept(sealed(meant), TRUST, ed25519.verify) == meant


def test_sealed_policy_of_three_settings_has_some_hundred_bytes() -> None:
    """Small enough to ride in the retained desired state."""
    settings_ = {"sleep.period_s": 60.0, "transmit.interval_s": 900.0, "energy.reserve": 0.25}
    assert len(other(settings=settings_)) < 190


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (other(audience="orchard/pump-4"), "wrong-audience"),
        (other(audience="orchard/+valves"), "wrong-audience"),
        (other(audience="meadow"), "wrong-audience"),
        (other(audience="pump-3"), "wrong-audience"),
        (other(counter=7), "old-counter"),
        (other(counter=0), "old-counter"),
        (other(counter=2**62), "out-of-range"),
        (other(not_after_ms=NOW_MS - 1), "expired"),
        (other(not_after_ms=0), "expired"),
        (cose.compose(codec.encode(GOOD), ed25519.key_id(STRANGER), STRANGER_SIGN), "unknown-key"),
        (cose.compose(codec.encode(GOOD), KEY_ID, STRANGER_SIGN), "bad-signature"),
        (cose.compose(codec.encode(GOOD), KEY_ID, lambda _: bytes(64)), "bad-signature"),
        # The same key, over the payload alone: what it signed for another purpose is no policy.
        (cose.compose(codec.encode(GOOD), KEY_ID, lambda _: SIGN(codec.encode(GOOD))), "bad-signature"),
        (cose.compose(b"\xa1\x00\x02", KEY_ID, SIGN), "unknown-major"),
        (cose.compose(b"not cbor", KEY_ID, SIGN), "truncated"),
        (b"\xd2" + sealed(), "tag"),
        (sealed() + b"\x00", "trailing-bytes"),
        (sealed()[:-1], "truncated"),
        (b"", "truncated"),
        (bytes(5000), "too-large"),
    ],
)
def test_accept_of_a_bad_policy_has_its_reason(data: bytes, reason: str) -> None:
    """Replayed, expired, misaddressed, unsigned, signed by another or for another purpose, cut, padded: refused."""
    assert refusal(data) == reason


FORMS: Final[dict[str, object]] = {
    "no array": {1: 2},
    "three items": [cbor2.dumps({1: -8, 4: KEY_ID}), {}, b"x"],
    "no algorithm": [cbor2.dumps({4: KEY_ID}), {}, b"x", bytes(64)],
    "another algorithm": [cbor2.dumps({1: -7, 4: KEY_ID}), {}, b"x", bytes(64)],
    "algorithm as a text": [cbor2.dumps({1: "EdDSA", 4: KEY_ID}), {}, b"x", bytes(64)],
    "crit": [cbor2.dumps({1: -8, 2: [4], 4: KEY_ID}), {}, b"x", bytes(64)],
    "key id unprotected": [cbor2.dumps({1: -8}), {4: KEY_ID}, b"x", bytes(64)],
    "something unprotected": [cbor2.dumps({1: -8, 4: KEY_ID}), {5: 1}, b"x", bytes(64)],
    "long key id": [cbor2.dumps({1: -8, 4: bytes(9)}), {}, b"x", bytes(64)],
    "key id as a number": [cbor2.dumps({1: -8, 4: 1}), {}, b"x", bytes(64)],
    "detached payload": [cbor2.dumps({1: -8, 4: KEY_ID}), {}, None, bytes(64)],
    "empty payload": [cbor2.dumps({1: -8, 4: KEY_ID}), {}, b"", bytes(64)],
    "short signature": [cbor2.dumps({1: -8, 4: KEY_ID}), {}, b"x", bytes(63)],
    "protected header as a map": [{1: -8, 4: KEY_ID}, {}, b"x", bytes(64)],
    "empty protected header": [b"", {}, b"x", bytes(64)],
    "header in another order": [b"\xa2\x04\x48" + KEY_ID + b"\x01\x27", {}, b"x", bytes(64)],
    "text that is no UTF-8 in the header": [b"\xa2\x01\x27\x04\x61\xff", {}, b"x", bytes(64)],
}


@pytest.mark.parametrize("form", FORMS)
def test_parse_of_another_form_is_refused(form: str) -> None:
    """There is one form: nothing that a signature does not cover, nothing that could be read in two ways."""
    with pytest.raises(WireError) as caught:
        cose.parse(cbor2.dumps(FORMS[form]))
    assert caught.value.reason in {"bad-envelope", "truncated", "bad-text"}


@given(st.data())
@settings(deadline=None, max_examples=300)
def test_accept_of_any_damage_is_refused(data: st.DataObject) -> None:
    """No other bytes than the gateway's own are taken, whichever of them was changed."""
    good = sealed()
    forged = bytearray(good)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(forged)))
        forged[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    assert refusal(bytes(forged)) or bytes(forged) == good


@given(st.binary(max_size=300))
@settings(deadline=None, max_examples=300)
def test_accept_of_any_bytes_is_refused(data: bytes) -> None:
    """Noise has a reason, and raises nothing else."""
    assert refusal(data) in REASONS


FORGETFUL: Final = {
    "bad-signature": (
        cose.compose(codec.encode(GOOD), KEY_ID, lambda _: bytes(64)),
        TRUST,
        lambda _public, _signature, _message: True,
    ),
    "unknown-key": (
        cose.compose(codec.encode(GOOD), ed25519.key_id(STRANGER), STRANGER_SIGN),
        dataclasses.replace(TRUST, keys={KEY_ID: PUBLIC, ed25519.key_id(STRANGER): STRANGER}),
        ed25519.verify,
    ),
    "wrong-audience": (
        other(audience="meadow"),
        dataclasses.replace(TRUST, audiences=TRUST.audiences | {"meadow"}),
        ed25519.verify,
    ),
    "old-counter": (other(counter=7), dataclasses.replace(TRUST, counter=-1), ed25519.verify),
    "expired": (other(not_after_ms=0), dataclasses.replace(TRUST, now_ms=0), ed25519.verify),
}
"""Per check: what it stops, and a node that has forgotten that check."""


@pytest.mark.parametrize("check", FORGETFUL)
def test_accept_without_a_check_takes_what_it_stops(check: str) -> None:
    """Negative control: each check is the only thing between its attack and the node."""
    data, trust, verify = FORGETFUL[check]
    assert refusal(data) == check
    assert accept(data, trust, verify).settings == GOOD.settings


def test_verify_with_a_key_of_another_length_is_no() -> None:
    """A damaged key file verifies nothing and raises nothing."""
    assert not ed25519.verify(b"short", bytes(64), b"")
    assert not ed25519.verify(PUBLIC, b"short", b"")


SETTINGS: Final = st.dictionaries(st.sampled_from(sorted(limits.HARD)) | LABELS, SCALARS, max_size=8)


@given(SETTINGS)
@settings(deadline=None, max_examples=300)
def test_clamp_of_any_settings_is_inside_the_limits_and_told(asked: Mapping[str, Value]) -> None:
    """Nothing leaves the limits; whatever is not as it was asked for is told; clamping again changes nothing."""
    done = limits.clamp(asked)
    assert all(is_inside(limits.HARD[name], value) for name, value in done.settings.items())
    assert set(done.told) == {
        name for name, value in asked.items() if done.settings.get(name) != value or value is None
    }
    assert limits.clamp(done.settings) == limits.Clamped(settings=done.settings, told={})


def is_inside(limit: Limit, value: Value) -> bool:
    """Whether a value is one that a limit allows, said in another way than the limit's own."""
    if isinstance(limit, limits.Words):
        return value in limit.words
    return type(value) in {int, float} and limit.least <= float(value or 0) <= limit.most


@pytest.mark.parametrize("value", [True, None, "60", "", float("nan"), float("inf")])
def test_clamp_of_what_is_no_number_leaves_it_out(value: Value) -> None:
    """True is not one second, and an infinite period is not the longest one."""
    done = limits.clamp({"sleep.period_s": value})
    assert done.settings == {}
    assert "no number" in done.told["sleep.period_s"]


def test_policy_reasons_are_words_of_the_contract() -> None:
    """Every check of a policy that can refuse has a reason that a counter may be kept by."""
    assert set(FORGETFUL) < set(REASONS)
