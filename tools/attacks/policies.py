"""Attacks on policies: forged, replayed, misaddressed, stretched, frozen, and signed by a thief."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import cbor2

from node.values import TimeQuality
from node.wire import codec, cose, ed25519
from node.wire.messages import Desired, Policy
from tools.attacks.family import Attack, Family
from tools.attacks.victim import (
    COUNTER,
    FAR_COUNTER,
    HOUR_MS,
    KEY_ID,
    MODEL,
    MODEL_SIGN,
    MUTANTS,
    NOW_MS,
    SIGN,
    STRANGER,
    STRANGER_SIGN,
    Victim,
    sealed,
    victim,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from node.wire.messages import Value

_L: Final = 2**252 + 27742317777372353535851937790883648493
"""The order of Ed25519's group (RFC 8032 §5.1): adding it to S makes another signature of the same message."""


def _told(mutant: str, *, envelope: bytes) -> str:
    """Give a fresh node an envelope."""
    with victim(mutant) as node:
        return node.hear(envelope)


def _payload(counter: int = COUNTER + 1, settings: Mapping[str, Value] | None = None) -> bytes:
    message = Policy(
        audience="orchard/pump-3", counter=counter, not_after_ms=NOW_MS + HOUR_MS, settings=settings or {"a": 1}
    )
    return codec.encode(message)


def _raw(**change: object) -> bytes:
    """Return a well-signed payload with keys that no encoder would write."""
    keys = {"audience": 1, "counter": 2, "not_after_ms": 3, "settings": 4, "major": 0}
    fields = {0: 1, 1: "orchard/pump-3", 2: COUNTER + 1, 3: NOW_MS + HOUR_MS, 4: {"sleep.period_s": 300.0}}
    fields |= {keys[name]: value for name, value in change.items()}
    return cose.compose(cbor2.dumps(fields, canonical=True), KEY_ID, SIGN)


def _items(data: bytes) -> tuple[bytes, bytes, bytes]:
    protected, _, payload, signature = cbor2.loads(data)
    return protected, payload, signature


def _malleated() -> bytes:
    """Add the group's order to S: another signature of the same message, where nobody looks at its range."""
    protected, payload, signature = _items(sealed())
    s = int.from_bytes(signature[32:], "little") + _L
    return cbor2.dumps([protected, {}, payload, signature[:32] + s.to_bytes(32, "little")], canonical=True)


def _forms() -> Iterator[tuple[str, bytes]]:
    """Yield envelopes of another form, each rightly signed."""
    protected, payload, signature = _items(sealed())
    yield "an envelope with a tag", b"\xd2" + sealed()
    yield "something unsigned beside what is signed", cbor2.dumps([protected, {5: b"iv"}, payload, signature])
    yield "an envelope with a fifth item", cbor2.dumps([protected, {}, payload, signature, b""])
    yield "an envelope in a longer encoding", b"\x98\x04" + sealed()[1:]
    yield "bytes behind an envelope", sealed() + b"\x00"
    yield "an envelope that ends early", sealed()[:-1]
    yield "an envelope that never ends", b"\x9f" + sealed()[1:]
    yield "lists inside lists, three thousand deep", b"\x81" * 3_000
    yield "a map of the same key twice", b"\xa2\x01\x27\x01\x27"
    yield "an envelope of 60 kB", cbor2.dumps([protected, {}, bytes(60_000), signature])


def _forgeries() -> Iterator[tuple[str, bytes]]:
    """Yield envelopes that are not the policy key's."""
    payload = _payload()
    protected, good, signature = _items(sealed())
    yield "a stranger's key", cose.compose(payload, ed25519.key_id(STRANGER), STRANGER_SIGN)
    yield "a stranger's signature under the policy key's id", cose.compose(payload, KEY_ID, STRANGER_SIGN)
    yield "the models' key", cose.compose(payload, ed25519.key_id(MODEL), MODEL_SIGN)
    yield "the models' signature under the policy key's id", cose.compose(payload, KEY_ID, MODEL_SIGN)
    yield "no signature at all", cose.compose(payload, KEY_ID, lambda _: bytes(64))
    yield "a good signature over other settings", cbor2.dumps([protected, {}, payload, signature], canonical=True)
    yield (
        "a counter changed on the way",
        cbor2.dumps(
            [protected, {}, good.replace(bytes([2, COUNTER + 1]), bytes([2, COUNTER + 2])), signature], canonical=True
        ),
    )
    yield "a signature of the policy key for another purpose", _aimless(payload)
    yield "a signature over the payload alone", cose.compose(payload, KEY_ID, lambda _: SIGN(payload))
    yield "another signature made from a good one", _malleated()
    yield "another algorithm in the header", _with_header({1: -7, 4: KEY_ID}, good)
    yield "an algorithm without a key", _with_header({1: 5, 4: KEY_ID}, good)


def _aimless(payload: bytes) -> bytes:
    protected = cbor2.dumps({1: -8, 4: KEY_ID}, canonical=True)
    message = cbor2.dumps(["Signature1", protected, b"", payload], canonical=True)
    return cose.compose(payload, KEY_ID, lambda _: SIGN(message))


def _with_header(header: object, payload: bytes) -> bytes:
    protected = cbor2.dumps(header, canonical=True)
    signature = SIGN(cbor2.dumps(["Signature1", protected, b"torpor/1/policy", payload], canonical=True))
    return cbor2.dumps([protected, {}, payload, signature], canonical=True)


def _payloads() -> Iterator[tuple[str, bytes]]:
    """Yield what the policy key signed, and what is no policy for this node, now."""
    yield "for another node", sealed(audience="orchard/pump-4")
    yield "for another group", sealed(audience="orchard/+valves")
    yield "for another site", sealed(audience="meadow")
    yield "for a node of this name elsewhere", sealed(audience="meadow/pump-3")
    yield "for a node whose name is this group's", sealed(audience="orchard/pumps")
    yield "for nobody", _raw(audience="")
    yield "an older counter", sealed(COUNTER - 1)
    yield "the same counter with other settings", sealed(COUNTER, {"sleep.period_s": 1.0})
    yield "a counter that uses all others up", sealed(FAR_COUNTER)
    yield "a counter below zero", _raw(counter=-1)
    yield "a counter that is no integer", _raw(counter=6.0)
    yield "a policy whose time is over", sealed(not_after_ms=NOW_MS - 1)
    yield "a policy of another major version", _raw(major=2)
    yield "settings inside settings", _raw(settings={"sleep.period_s": {"sleep.period_s": 1.0}})
    yield "sixty-five settings", _raw(settings={f"s{at}": at for at in range(65)})
    yield "a desired state in the place of a policy", cose.compose(codec.encode(Desired(version=9)), KEY_ID, SIGN)


EXTREMES: Final[Mapping[str, Value]] = {
    "sleep.period_s": 31_536_000.0,
    "transmit.interval_s": 31_536_000.0,
    "gate.delta": 1e9,
    "energy.reserve": 0.0,
    "transmit.quiet_h": 1e6,
    "outbox.batch_records": 1_000_000,
    "dvfs.mode": "overclock",
}
"""What the thief of a policy key would like: a node that sleeps for a year, reports nothing, empties its battery."""


def _extreme(mutant: str, *, setting: str) -> str:
    """Have a thief sign a setting; it came through where the node lives by it as it was signed."""
    with victim(mutant) as node:
        if reason := node.hear(sealed(settings={setting: EXTREMES[setting]})):
            return reason
        config, told = node.follow()
        section, _, option = setting.partition(".")
        held = config.gate.params if section == "gate" else getattr(config, section)
        return "" if getattr(held, option) == EXTREMES[setting] else told[setting]


def _scene(mutant: str, *, play: Callable[[Victim], str]) -> str:
    with victim(mutant) as node:
        return play(node)


def _replay_after_reboot(node: Victim) -> str:
    node.hear(sealed(COUNTER + 1))
    node.reboot()
    return node.hear(sealed(COUNTER, {"sleep.period_s": 1.0}))


def _replay_of_what_gave_way(node: Victim) -> str:
    new = sealed(COUNTER + 1)
    node.hear(new)
    node.live(2)
    assert node.keeper.counter in {COUNTER, COUNTER + 1}
    node.reboot()
    node.hear(new)
    return "" if node.keeper.counter == COUNTER + 1 else node.keeper.told.get("policy") or node.keeper.told["lapse"]


def _freeze(node: Victim) -> str:
    """Hold all later policies back: the one in force must not hold for ever."""
    node.live(48)
    return node.keeper.told.get("lapse", "") if node.keeper.counter == 0 else ""


def _cut_off(node: Victim) -> str:
    """Sign a policy under which the node reaches nobody."""
    node.hear(sealed(COUNTER + 1, not_after_ms=NOW_MS + 10_000 * HOUR_MS))
    node.live(2)
    return node.keeper.told.get("lapse", "") if node.keeper.counter != COUNTER + 1 else ""


def _dead_clock(node: Victim) -> str:
    """Take the battery out of a node's clock, so that what is over seems to lie ahead."""
    node.live(1)
    node.keeper.hear(sealed(COUNTER + 1))
    node.time.believed, node.time.wall = TimeQuality.UNSET, 0
    node.reboot()
    return node.hear(sealed(COUNTER + 2, not_after_ms=NOW_MS + 1))


def _ahead(node: Victim) -> str:
    """Have a time server be years ahead for a while, so that all that is signed later seems to be over."""
    years_ms = 18 * 365 * 24 * HOUR_MS
    node.time.wall += years_ms
    node.keeper.look()
    node.time.wall -= years_ms
    node.reboot()
    signed = node.hear(sealed(COUNTER + 1, not_after_ms=NOW_MS + 48 * HOUR_MS))
    return "" if signed else "what is signed later is in force"


SCENES: Final[Mapping[str, Callable[[Victim], str]]] = {
    "a replay after a reboot": _replay_after_reboot,
    "a replay of a policy that gave way": _replay_of_what_gave_way,
    "later policies held back": _freeze,
    "a policy that cuts the node off": _cut_off,
    "an old policy for a clock without a battery": _dead_clock,
    "a clock that is years ahead for a while": _ahead,
}


def family() -> Family:
    """Return the attacks on policies."""
    envelopes = [*_forms(), *_forgeries(), *_payloads()]
    attacks = [Attack(name=name, strike=partial(_told, envelope=envelope)) for name, envelope in envelopes]
    attacks += [
        Attack(name=f"{setting} = {value}, by a thief", strike=partial(_extreme, setting=setting))
        for setting, value in EXTREMES.items()
    ]
    attacks += [Attack(name=name, strike=partial(_scene, play=play)) for name, play in SCENES.items()]
    return Family(name="policies", attacks=attacks, mutants=tuple(MUTANTS))
