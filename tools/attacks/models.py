"""Attacks on models: forged here; replayed, exchanged and asked of a gateway in the modules beside.

Who attacks has the network and, where it is said, keys: `online` are those of a stolen gateway, which list what is
newest and when, `policy` is the one beside them. The keys of root and targets are never stolen, all but one that was
revoked; what they sign against the node's interest, its publisher signed by mistake, or long ago.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from securesystemslib.signer import CryptoSigner

from tools.attacks import deltas, gateways, parcels, replays
from tools.attacks.credulous import MUTANTS
from tools.attacks.family import Attack, Family
from tools.attacks.forge import Forge
from tools.attacks.updating import BELOW_ROOT, Node, Victim, offered, victim
from tools.models.rehearsal import NOW_MS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Scene = Callable[[Victim], str]
    Signers = Callable[[Victim], list[CryptoSigner]]


def _nobody(_: Victim) -> list[CryptoSigner]:
    return []


def _strangers(_: Victim) -> list[CryptoSigner]:
    return [CryptoSigner.generate_ed25519() for _ in range(3)]


def _online(node: Victim) -> list[CryptoSigner]:
    return [*node.forge.signers["snapshot"], *node.forge.signers["timestamp"]]


def _policy(node: Victim) -> list[CryptoSigner]:
    return list(node.forge.signers["policy"])


# Signatures.


def _signed_by(node: Victim, *, role: str, signers: Signers) -> str:
    """Have others sign one role of a release that is right in all else."""
    node.forge.signers[role] = signers(node)
    return node.hear(node.release(3))


def _first(role: str) -> Signers:
    return lambda node: node.forge.signers[role][:1]


def _one_twice(node: Victim) -> str:
    """Have one of two keys sign twice; its id stands there twice, or once beside another's."""
    offer, forge = node.put(3), node.forge
    forge.publish("targets")
    first, second = (each.public_key.keyid.encode() for each in forge.signers["targets"])
    signed = forge.signed("targets", forge.signers["targets"][:1])
    begin, end = signed.index(b'{"keyid"'), signed.index(b"}", signed.index(b'{"keyid"')) + 1
    again = signed[begin:end].replace(first, second)
    forge.serve("targets", signed[:end] + b"," + again + signed[end:])
    forge.publish("snapshot", "timestamp")
    return node.hear(offer)


def _root_by(node: Victim, *, signers: Signers, threshold: int = 1) -> str:
    """Have a new root name a stranger's keys for models, and one key of its own for itself."""
    forge = node.forge
    old = signers(node)
    forge.expel("root")
    forge.root.roles["root"].threshold = threshold
    forge.admit("root")
    forge.renew("targets")
    forge.signers["root"] += old
    forge.publish("root")
    return node.hear(node.release(3))


def _root_that_skips(node: Victim) -> str:
    """Withhold a root, and serve the one after it in its place."""
    node.forge.publish("root")
    node.forge.publish("root")
    node.forge.served["2.root.json"] = node.forge.served["3.root.json"]
    return node.hear(node.release(3))


def _revoked(node: Victim) -> str:
    """Have a key sign that two of three have revoked, beside one that they have not."""
    forge = node.forge
    revoked, kept = forge.expel("targets")
    for each in (None, kept):
        forge.admit("targets", each)
    forge.publish("root")
    forge.signers["targets"] = [revoked, kept]
    return node.hear(node.release(3))


def _changed(node: Victim) -> str:
    """Change a signed digest into that of another file."""
    offer = node.release(3)
    name, good = node.forge.name("targets"), node.forge.targets.targets["digits@3.tflite"].hashes["sha256"]
    node.forge.put("evil", b"model 6")
    bad = node.forge.targets.targets["evil"].hashes["sha256"]
    node.forge.served[name] = node.forge.served[name].replace(good.encode(), bad.encode())
    return node.hear(offer)


def _other_role(node: Victim) -> str:
    """Serve what the policy key says of targets as what the offline keys say of them."""
    forge = node.forge
    for path, content in (("digits@3.npz", b"golden"), ("digits@3.tflite", b"model")):
        forge.put(path, content, role="policy")
    forge.targets_of("policy").targets["digits@3.tflite"].unrecognized_fields["custom"] = _terms("digits@3.npz")
    forge.publish(*BELOW_ROOT)
    forge.said["policy"].version = forge.targets.version
    forge.served[forge.name("targets")] = forge.signed("policy")
    return node.hear(offered("digits@3.tflite"))


def _terms(golden: str) -> dict[str, object]:
    return {"model": "digits", "version": 3, "card": "", "golden": golden}


def _by_delegation(node: Victim, *, role: str, prefix: str) -> str:
    """Have a role that the targets trust with policies sign a model; another one, where it trusts that in turn."""
    forge = node.forge
    if role != "policy":
        forge.delegate("policy", role, ["policy/*"])
    golden, path = f"{prefix}3.npz", f"{prefix}3.tflite"
    forge.put(golden, b"golden", role=role)
    forge.put(path, b"model", _terms(golden), role=role)
    forge.publish(*{"policy", role}, "snapshot", "timestamp")
    return node.hear(offered(path))


def _planted_root(node: Victim) -> str:
    """Plant a stranger's root among the node's metadata, and serve the stranger's repository."""
    node.forge = Forge(NOW_MS)
    replays.lost(node)
    folder = node.folder.joinpath(*replays.TRUST)
    for name in ("root.json", "root_history/1.root.json"):
        (folder / name).write_bytes(node.forge.served["1.root.json"])
    return node.hear(node.release(9))


def _another_publisher(node: Victim) -> str:
    node.forge = Forge(NOW_MS, {"root": (3, 2), "targets": (2, 2)})
    return node.hear(node.release(9))


def _forgeries() -> Iterator[tuple[str, Scene]]:
    for role in ("targets", "snapshot", "timestamp"):
        yield f"{role} that nobody signed", partial(_signed_by, role=role, signers=_nobody)
        yield f"{role} that strangers signed", partial(_signed_by, role=role, signers=_strangers)
        yield f"{role} that the policy key signed", partial(_signed_by, role=role, signers=_policy)
    yield "targets that the online keys signed", partial(_signed_by, role="targets", signers=_online)
    yield "targets that one of two signed", partial(_signed_by, role="targets", signers=_first("targets"))
    yield "targets that one of two signed in both names", _one_twice
    yield "targets with a digest changed", _changed
    yield "targets signed with a revoked key", _revoked
    yield "the policies' targets in the place of the models'", _other_role
    yield "a model under policy/ by the policy key", partial(_by_delegation, role="policy", prefix="policy/digits@")
    yield "a model elsewhere by the policy key", partial(_by_delegation, role="policy", prefix="digits@")
    yield "a model by whom the policy key trusts", partial(_by_delegation, role="thief", prefix="policy/digits@")
    yield "a root that nobody signed", partial(_root_by, signers=_nobody, threshold=2)
    yield "a root that its own keys signed", partial(_root_by, signers=_nobody)
    yield "a root that one of three signed", partial(_root_by, signers=_first("root"))
    yield "a root that the online keys signed", partial(_root_by, signers=_online)
    yield "a root that skips one", _root_that_skips
    yield "another publisher", _another_publisher
    yield "a root planted on the disk", _planted_root


def _scene(mutant: str, *, play: Scene) -> str:
    with victim(MUTANTS.get(mutant, Node)) as node:
        return play(node)


def family() -> Family:
    """Return the attacks on models."""
    scenes = [*_forgeries(), *replays.scenes(), *parcels.scenes(), *deltas.scenes()]
    attacks = [Attack(name=name, strike=partial(_scene, play=play)) for name, play in scenes]
    attacks += gateways.attacks()
    return Family(name="models", attacks=attacks, mutants=(*MUTANTS, *gateways.MUTANTS))


CAUGHT_BY: Final[Mapping[str, str]] = {
    "signature": "targets that nobody signed",
    "threshold": "targets that one of two signed",
    "successor": "a root that its own keys signed",
    "sequence": "a root that skips one",
    "snapshot": "yesterday's snapshot by today's name",
    "targets": "yesterday's targets by today's name",
    "time": "news held back",
    "bootstrap": "a root planted on the disk",
    "memory": "yesterday's, when only today's timestamp was seen",
    "floor": "yesterday's, and a memory that is lost",
    "hold": "yesterday's, a new root, and a memory lost",
    "root": "a revoked key, its revocation seen and lost",
    "clock": "news held back, and a clock that stopped",
    "seen": "news seen when it was over, and a clock that stopped",
    "ahead": "a clock that is years ahead for a while",
    "anew": "a clock that is years ahead, by a thief of the gateway",
    "marks": "an old repository for a clock that never ran",
    "offline": "a model under policy/ by the policy key",
    "golden": "a model without golden windows",
    "terms": "a model named ../../digits",
    "board": "a model for another board",
    "runtime": "a model for another runtime",
    "size": "a model larger than the node takes",
    "version": "a model older than the one that was committed",
    "length": "targets that expand to 4 MB",
    "budget": "metadata that drip",
    "whole": "another model of the same length",
    "place": "a piece far behind the end",
    "delta": "a delta to another model",
    "cache": "a model exchanged in the cache",
    "names": "a key by the name of metadata",
    "draw": "asks without end",
}
"""By the check, the attack that was made for it."""
