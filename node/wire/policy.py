"""Policies: from an envelope off the air to settings that a node may follow, or the reason why not.

In this order, and nothing is looked at before what stands above it held:

    form        a COSE_Sign1 as `cose` has it
    key         one that is trusted for policies now
    signature   that key's
    payload     a Policy of this major version
    audience    this node, a group it is in, or its site
    counter     higher than any that was accepted: a replay is not, also not after a reboot; and not by a leap, with
                which the thief of a key could use all counters up
    not-after   not surely over

What remains is clamped by `limits`, because a signature says who, not what is wise. All of this is pure: the caller
keeps the counter, durably and before it acts, and brings the time and the key's arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from node.wire import codec, cose, topics
from node.wire.errors import WireError
from node.wire.messages import Policy

MOST_LEAP: Final = 2**32
"""From one accepted counter to the next; a site signs no billions, and a thief would have to send as many."""

Verify = Callable[[bytes, bytes, bytes], bool]
"""(public key, signature, message): whether it is that key's. `ed25519.verify` is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What a node believes when a policy arrives.

    Attributes:
        keys: public keys that may sign policies, by their id; a model's key is not among them.
        audiences: by what this node may be addressed; see `audiences`.
        counter: the highest that was ever accepted, -1 before the first.
        now_ms: the latest time that has surely come: the clock, or its floor where it was never set. A floor fails
            open, for a node that has just lost its battery; the counter still holds.
    """

    keys: Mapping[bytes, bytes]
    audiences: frozenset[str]
    counter: int = field(default=-1)
    now_ms: int = field(default=0)


def audiences(site: str, node: str, group: str = "") -> frozenset[str]:
    """Return all by which a node may be addressed.

    >>> sorted(audiences("orchard", "pump-3", "pumps"))
    ['orchard', 'orchard/+pumps', 'orchard/pump-3']
    """
    here = topics.name(site)
    return frozenset({here, f"{here}/{topics.name(node)}"} | ({f"{here}/+{topics.name(group)}"} if group else set()))


def accept(data: bytes, trust: Trust, verify: Verify) -> Policy:
    """Return the policy in an envelope, if this node is to follow it.

    Args:
        data: as it came off the air.
        trust: what this node believes.
        verify: the key's arithmetic.

    Raises:
        WireError: with the reason for which it is refused; nothing has changed.
    """
    envelope = cose.parse(data)
    public = trust.keys.get(envelope.key_id)
    if public is None:
        raise WireError("unknown-key", f"{envelope.key_id.hex()} is not trusted for policies")
    if not verify(public, envelope.signature, envelope.signed):
        raise WireError("bad-signature", f"not by {envelope.key_id.hex()}, or changed on the way")
    policy = codec.decode(Policy.kind, envelope.payload)
    assert isinstance(policy, Policy)
    _check_meant(policy, trust)
    return policy


def _check_meant(policy: Policy, trust: Trust) -> None:
    """Refuse what was meant for another node, or for another time."""
    if policy.audience not in trust.audiences:
        raise WireError("wrong-audience", f"for {policy.audience!r}; this is {', '.join(sorted(trust.audiences))}")
    if policy.counter <= trust.counter:
        raise WireError("old-counter", f"{policy.counter}, and {trust.counter} was accepted")
    if policy.counter > trust.counter + MOST_LEAP:
        raise WireError("out-of-range", f"counter {policy.counter} leaps beyond {trust.counter + MOST_LEAP}")
    if policy.not_after_ms < trust.now_ms:
        raise WireError("expired", f"{trust.now_ms - policy.not_after_ms} ms ago")
