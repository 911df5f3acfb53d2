"""Target: a signed policy. The first byte is even for a whole envelope, odd for a payload that gets a good envelope.

A verifier that believes every signature lets the fuzzer come to what lies behind it: what is accepted there is for
this node, new, not over, and inside the limits once it is clamped. One that believes none has to keep everything out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from node.wire import cose, limits
from node.wire import policy as policies
from node.wire.errors import WireError
from node.wire.policy import Trust, audiences
from tools.fuzzing import expect_known

if TYPE_CHECKING:
    from collections.abc import Callable

    from node.wire.messages import Policy, Value

    Accept = Callable[[bytes, Trust, policies.Verify], Policy]

KEY_ID: Final = bytes(range(cose.KEY_ID_BYTES))
TRUST: Final = Trust(
    keys={KEY_ID: b"a key"}, audiences=audiences("site", "node", "group"), counter=7, now_ms=1_790_000_000_000
)


def check(data: bytes, subject: Accept = policies.accept) -> None:
    """Try one input.

    Raises:
        AssertionError: a policy was accepted that this node must not follow, or refused without a known reason.
    """
    if len(data) < 2:
        return
    sealed = _seal(data[1:]) if data[0] & 1 else data[1:]
    doubted = _try(subject, sealed, lambda _key, _signature, _message: False)
    assert doubted is None, "accepted without a signature"
    policy = _try(subject, sealed, lambda _key, _signature, _message: True)
    if policy is None:
        return
    assert policy.audience in TRUST.audiences, f"accepted, though for {policy.audience!r}"
    assert policy.counter > TRUST.counter, f"accepted again: {policy.counter}"
    assert policy.not_after_ms >= TRUST.now_ms, f"accepted after its end: {policy.not_after_ms}"
    envelope = cose.parse(sealed)
    assert cose.compose(envelope.payload, envelope.key_id, lambda _: envelope.signature) == sealed, "two forms of one"
    _check_clamped(limits.clamp(policy.settings))


def _seal(payload: bytes) -> bytes:
    try:
        return cose.compose(payload, KEY_ID, lambda _: bytes(cose.SIGNATURE_BYTES))
    except WireError:
        return b""


def _try(subject: Accept, sealed: bytes, verify: policies.Verify) -> Policy | None:
    try:
        return subject(sealed, TRUST, verify)
    except WireError as error:
        expect_known(error)
        return None


def _check_clamped(clamped: limits.Clamped) -> None:
    for name, value in clamped.settings.items():
        assert _is_inside(limits.HARD[name], value), f"{name} = {value!r} after clamping"


def _is_inside(limit: limits.Limit, value: Value) -> bool:
    if isinstance(limit, limits.Words):
        return value in limit.words
    return type(value) in {int, float} and limit.least <= float(value or 0) <= limit.most
