"""Attacks on models by what was once true: frozen, rolled back, mixed, and believed again by a node that forgot."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from tuf.api.metadata import MetaFile

from node.values import TimeQuality
from tools.attacks.updating import BELOW_ROOT, DAY_MS, Victim
from tools.models.rehearsal import NOW_MS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from node.wire.messages import ModelOffer

    Scene = Callable[[Victim], str]

TRUST: Final = ("trust", "metadata")
"""Where a node keeps what the reference client remembers."""

# Time.


def _over(node: Victim, *, role: str) -> str:
    """Serve what is over by a day, and all else fresh."""
    node.forge.expire(role, -1)
    if role == "root":
        node.forge.publish("root")
    return node.hear(node.release(3))


def _frozen(node: Victim) -> str:
    """Hold back all that is newer than a month."""
    offer = node.release(3)
    node.set_clock(31, TimeQuality.SYNCED)
    return node.hear(offer)


def _clock_set_back(node: Victim, *, days: float, believed: TimeQuality) -> str:
    """The same, and then the node that saw it loses its clock, or is told a wrong time."""
    offer = node.release(3)
    node.set_clock(31, TimeQuality.SYNCED)
    node.learn()
    node.set_clock(days, believed)
    node.start()
    return node.hear(offer)


def _first_start(node: Victim) -> str:
    """Serve what was over before a node was made, whose clock was never set."""
    offer = node.release(3)
    node.forget()
    node.start(NOW_MS + 31 * DAY_MS)
    node.set_clock(-1e6, TimeQuality.UNSET)
    return node.hear(offer)


def _seen_when_over(node: Victim) -> str:
    """Withhold a release until it is over, show it, and show it again when the clock has stopped."""
    node.set_clock(10, TimeQuality.SYNCED)
    for role in ("snapshot", "timestamp"):
        node.forge.expire(role, 40)
    offer = node.release(3)
    node.set_clock(41, TimeQuality.SYNCED)
    node.learn()
    node.set_clock(-1e6, TimeQuality.UNSET)
    node.start()
    return node.hear(offer)


def _ahead(node: Victim, years: float) -> None:
    """Have a time server be ahead while the node looks for news."""
    node.set_clock(years * 365, TimeQuality.SYNCED)
    node.learn()
    node.set_clock(1, TimeQuality.SYNCED)
    node.start()


def _locked_up(node: Victim) -> str:
    """Lock a node up: the clock was ahead, and what is signed after that is not believed. Returns why it is, if so."""
    _ahead(node, 18)
    for role in ("snapshot", "timestamp"):
        node.forge.expire(role, 31)
    return "" if node.hear(node.release(3)) else "what is signed later is believed"


def _locked_up_by_a_thief(node: Victim) -> str:
    """The same by whoever has the online keys: they sign without an end, until these keys are replaced.

    It is then the targets that are over, which the publisher signed for a year.
    """
    for role in ("snapshot", "timestamp"):
        node.forge.expire(role, 30 * 365)
    node.forge.publish("snapshot", "timestamp")
    _ahead(node, 1.1)
    for role in ("snapshot", "timestamp"):
        node.forge.renew(role)
        node.forge.expire(role, 31)
    node.forge.publish("root")
    offer = node.release(3)
    node.learn()
    return "" if node.hear(offer) else "what is signed with other keys is believed"


# Back.


def _withdrawn(node: Victim) -> tuple[ModelOffer, dict[str, bytes]]:
    """Release a model, and withdraw it; returns the repository that still has it. The node has seen neither."""
    offer = node.release(3)
    older = dict(node.forge.served)
    del node.forge.targets.targets["digits@3.tflite"]
    node.forge.publish(*BELOW_ROOT)
    return offer, older


def _replayed(node: Victim) -> str:
    """Serve all of it as it was before a model was withdrawn."""
    offer, older = _withdrawn(node)
    node.learn()
    node.forge.served = older
    return node.hear(offer)


def _replayed_after_a_cut(node: Victim, *, damage: Callable[[Victim], None]) -> str:
    """The same, after a power cut has taken what the reference client remembers."""
    offer, older = _withdrawn(node)
    node.learn()
    node.forge.served = older
    damage(node)
    node.start()
    return node.hear(offer)


def _emptied(node: Victim, content: bytes = b"") -> None:
    for path in node.folder.joinpath(*TRUST).rglob("*.json"):
        path.write_bytes(content)


def lost(node: Victim) -> None:
    """Have a power cut take all that the reference client remembers."""
    for path in node.folder.joinpath(*TRUST).rglob("*.json"):
        path.unlink()


def _relisted(node: Victim, *, damage: Callable[[Victim], None]) -> str:
    """Have stolen online keys list the older targets as the newest."""
    offer, older = _withdrawn(node)
    node.learn()
    node.forge.served |= {name: data for name, data in older.items() if name.endswith(".targets.json")}
    node.forge.snapshot.meta["targets.json"] = MetaFile(node.forge.targets.version - 1)
    node.forge.publish("snapshot", "timestamp")
    damage(node)
    node.start()
    return node.hear(offer)


def _older_of(node: Victim, *, role: str) -> str:
    """Serve the older file of one role, by the newer one's name."""
    offer, older = _withdrawn(node)
    version = node.forge.said[role].version
    before = "timestamp.json" if role == "timestamp" else f"{version - 1}.{role}.json"
    if role == "timestamp":
        node.learn()
    else:
        lost(node)  # or the reference client takes what it has, and asks for none
    node.forge.served[node.forge.name(role)] = older[before]
    return node.hear(offer)


def _seen_and_not_reached(node: Victim) -> str:
    """Cut the link behind a newer timestamp, and replay what was there before it."""
    offer, older = _withdrawn(node)
    newer = node.forge.served
    node.forge.served = {name: data for name, data in newer.items() if not name.endswith(".snapshot.json")}
    node.learn()
    node.forge.served = older
    return node.hear(offer)


def _root_seen_and_lost(node: Victim) -> str:
    """Let a root through that revokes a key, nothing behind it, and have a power cut take it; then use the key."""
    forge = node.forge
    old_root, revoked = forge.served["1.root.json"], list(forge.signers["targets"])
    forge.renew("targets")
    forge.publish("root")
    timestamp = forge.served.pop("timestamp.json")
    node.learn()
    forge.served["timestamp.json"] = timestamp
    lost(node)
    del forge.served["2.root.json"]
    assert forge.served["1.root.json"] == old_root
    forge.signers["targets"] = revoked
    return node.hear(node.release(3))


def _new_root_for_a_rollback(node: Victim) -> str:
    """Replay what was there before, under a root that replaces none of the keys that list it, after a power cut."""
    offer, older = _withdrawn(node)
    node.learn()
    node.forge.publish("root")
    node.forge.served = {**older, "2.root.json": node.forge.served["2.root.json"]}
    lost(node)
    return node.hear(offer)


def _nothing(_: Victim) -> None:
    """Damage nothing."""


def scenes() -> Iterator[tuple[str, Scene]]:
    """Yield the attacks, by name."""
    for role in ("root", "targets", "snapshot", "timestamp"):
        yield f"a {role} that is over" if role != "targets" else "targets that are over", partial(_over, role=role)
    yield "news held back", _frozen
    yield "news held back, and a clock that stopped", partial(_clock_set_back, days=-1e6, believed=TimeQuality.UNSET)
    yield "news held back, and a lying time server", partial(_clock_set_back, days=-20, believed=TimeQuality.SYNCED)
    yield "news seen when it was over, and a clock that stopped", _seen_when_over
    yield "a clock that is years ahead for a while", _locked_up
    yield "a clock that is years ahead, by a thief of the gateway", _locked_up_by_a_thief
    yield "an old repository for a clock that never ran", _first_start
    yield "yesterday's repository", _replayed
    for name, damage in (("emptied", _emptied), ("zeroed", partial(_emptied, content=bytes(300))), ("lost", lost)):
        yield f"yesterday's, and a memory that is {name}", partial(_replayed_after_a_cut, damage=damage)
    yield "yesterday's targets, listed by a thief", partial(_relisted, damage=_nothing)
    yield "yesterday's targets, by a thief, a memory lost", partial(_relisted, damage=lost)
    for role in ("targets", "snapshot", "timestamp"):
        yield f"yesterday's {role} by today's name", partial(_older_of, role=role)
    yield "yesterday's, when only today's timestamp was seen", _seen_and_not_reached
    yield "a revoked key, its revocation seen and lost", _root_seen_and_lost
    yield "yesterday's, a new root, and a memory lost", _new_root_for_a_rollback
