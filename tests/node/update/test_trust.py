"""What a node believes of models, and above all what it does not."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from node.update.machine import Step
from node.values import TimeQuality
from node.wire.messages import ModelOffer
from tests.node.update.world import DAY_MS, Node
from tools.models import keys
from tools.models.rehearsal import NOW_MS, Air, Publisher
from tools.models.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from securesystemslib.signer import CryptoSigner

    from node.wire.messages import File


def test_update_of_a_published_model_reaches_its_probation(publisher: Publisher, node: Node) -> None:
    """The way that all below keep from: found, fetched, verified, installed, tested."""
    node.transmit(publisher.publish(2))
    assert node.state == "shadow", node.reason


def test_update_metadata_on_the_air_stay_small(publisher: Publisher, node: Node) -> None:
    """A first update's metadata, golden target and policy delegation included, stay below 1,500 bytes."""
    offer, sizes = publisher.publish(2), []
    air = Air(publisher.folder, node.clock)

    def weigh(piece: File) -> File:
        if not any(piece.digest == each for each, _ in air.asked):
            sizes.append(len(piece.data))
        return piece

    air.forge = weigh
    node.transmit(offer, air)
    assert 0 < sum(sizes) <= 1500, sizes


def _older(publisher: Publisher, node: Node, folder: Path) -> None:
    """Put the whole repository back to the day before."""
    shutil.copytree(folder / "older", publisher.folder / "metadata", dirs_exist_ok=True)


def _older_and_lost(publisher: Publisher, node: Node, folder: Path) -> None:
    """The same, after a power cut has emptied what the reference client remembers."""
    _older(publisher, node, folder)
    for path in (node.folder / "trust" / "metadata").rglob("*.json"):
        path.write_bytes(b"")


def _frozen(publisher: Publisher, node: Node, folder: Path) -> None:
    """Nobody has signed a timestamp for a month."""
    node.clock.now_ms += 31 * DAY_MS


def _frozen_by_a_lost_clock(publisher: Publisher, node: Node, folder: Path) -> None:
    """The same, and the node that saw it then starts in 1970, where nothing is over yet."""
    _frozen(publisher, node, folder)
    node.transmit(replace(publisher.publish(3), digest=bytes(32)))
    node.clock.now_ms, node.clock.believed = 0, TimeQuality.UNSET


def _frozen_from_the_first_start(publisher: Publisher, node: Node, folder: Path) -> None:
    """A node that never knew the time, and whose software is newer than all that it is told."""
    publisher.publish(3)
    shutil.rmtree(node.folder)
    node.again()
    node.clock.now_ms, node.clock.believed = 0, TimeQuality.UNSET
    node.updater.earliest_ms = NOW_MS + 31 * DAY_MS


def _stranger(publisher: Publisher, node: Node, folder: Path) -> None:
    """Another publisher's repository, signed as it should be, by others."""
    shutil.rmtree(publisher.folder)
    Publisher(folder).publish(9)


def _changed(name: str) -> Callable[[Publisher, Node, Path], None]:
    def attack(publisher: Publisher, node: Node, folder: Path) -> None:
        newest = max((publisher.folder / "metadata").glob(name))
        newest.write_bytes(newest.read_bytes().replace(b'"version":', b'"version":1'))

    return attack


def _unsigned(name: str, left: int) -> Callable[[Publisher, Node, Path], None]:
    def attack(publisher: Publisher, node: Node, folder: Path) -> None:
        newest = max((publisher.folder / "metadata").glob(name))
        said: dict[str, Any] = json.loads(newest.read_bytes())
        said["signatures"] = said["signatures"][:1] * left
        newest.write_text(json.dumps(said))

    return attack


def _by_the_gateway_alone(publisher: Publisher, node: Node, folder: Path) -> None:
    """Whoever stole the gateway has its two keys: they sign targets with them, and all that follows."""
    from tuf.api.metadata import Metadata, MetaFile, Snapshot, TargetFile, Targets, Timestamp

    metadata, online = publisher.folder / "metadata", keys.read(publisher.repository.key("online"))
    targets = Metadata[Targets].from_file(str(max(metadata.glob("*.targets.json"))))
    targets.signed.version += 1
    targets.signed.targets["digits@9.tflite"] = TargetFile(4, {"sha256": "ab" * 32}, "digits@9.tflite")
    targets.sign(online)
    targets.sign(keys.read(publisher.repository.key("policy")), append=True)
    targets.to_file(str(metadata / f"{targets.signed.version}.targets.json"))
    snapshot = Metadata[Snapshot].from_file(str(max(metadata.glob("*.snapshot.json"))))
    snapshot.signed.version += 1
    snapshot.signed.meta["targets.json"] = MetaFile(targets.signed.version)
    snapshot.sign(online)
    snapshot.to_file(str(metadata / f"{snapshot.signed.version}.snapshot.json"))
    timestamp = Metadata[Timestamp].from_file(str(metadata / "timestamp.json"))
    timestamp.signed.version += 1
    timestamp.signed.snapshot_meta = MetaFile(snapshot.signed.version)
    timestamp.sign(online)
    timestamp.to_file(str(metadata / "timestamp.json"))


def _policy_key_signs(publisher: Publisher) -> ModelOffer:
    """Whoever stole the gateway signs a model with the key for policies, under a path that this key may speak of."""
    from tuf.api.metadata import Metadata, TargetFile, Targets

    repository, digest = publisher.repository, "ab" * 32
    path = repository.folder / "metadata" / "1.policy.json"
    policies = Metadata[Targets].from_file(str(path))
    for name, custom in (("policy/evil.npz", None), ("policy/evil.tflite", {"model": "digits", "version": 9})):
        extra = {"custom": {**custom, "card": "", "golden": "policy/evil.npz"}} if custom else None
        policies.signed.targets[name] = TargetFile(4, {"sha256": digest}, name, extra)
    policies.sign(keys.read(repository.key("policy")))
    policies.to_file(str(path))
    return ModelOffer(
        model="digits", version="9", digest=bytes.fromhex(digest), size_bytes=4, target="policy/evil.tflite"
    )


def test_update_to_a_model_that_the_policy_key_signed_fails(publisher: Publisher, node: Node) -> None:
    """Whom the offline keys trust with policies can make no model, though the reference client would find it."""
    node.transmit(publisher.publish(2))
    air = node.transmit(_policy_key_signs(publisher))
    assert (node.state, air.asked) == ("failed", [])
    assert "policy/evil.tflite" in node.reason


def _rotated(publisher: Publisher) -> CryptoSigner:
    """Have two of three name another online key; returns it."""
    repository = publisher.repository
    old, new = keys.read(repository.key("online")).public_key.keyid, keys.make(repository.key("new"))
    repository.rotate("online", old, new)
    for name in ("root-1", "root-2"):
        repository.sign("root", keys.read(repository.key(name)))
    return new


def test_update_after_a_root_that_was_only_seen_believes_no_key_that_it_revoked(
    publisher: Publisher, node: Node, tmp_path: Path
) -> None:
    """A new root counts from when it came, also where nothing came after it and a power cut took its file."""
    shutil.copytree(publisher.folder / "metadata", tmp_path / "older")
    publisher.repository.publish(_rotated(publisher))
    timestamp = publisher.folder / "metadata" / "timestamp.json"
    timestamp.unlink()
    offer = ModelOffer(model="digits", version="2", digest=bytes(32), size_bytes=4, target="digits@2.tflite")
    node.transmit(offer)
    shutil.rmtree(node.folder / "trust" / "metadata")
    (publisher.folder / "metadata" / "2.root.json").unlink()
    shutil.copytree(tmp_path / "older", publisher.folder / "metadata", dirs_exist_ok=True)
    node.transmit(offer)
    assert "rollback" in node.reason, node.reason


def test_update_after_a_rotation_of_other_keys_is_held_to_what_was_believed(
    publisher: Publisher, node: Node, tmp_path: Path
) -> None:
    """A new root lets versions begin anew only where it names new online keys; this one replaces a key of the root."""
    repository = publisher.repository
    shutil.copytree(publisher.folder / "metadata", tmp_path / "older")
    node.transmit(publisher.publish(2))
    repository.rotate("root", keys.read(repository.key("root-3")).public_key.keyid, keys.make(repository.key("root-4")))
    for name in ("root-1", "root-2"):
        repository.sign("root", keys.read(repository.key(name)))
    repository.publish(keys.read(repository.key("online")))
    _older_and_lost(publisher, node, tmp_path)
    node.transmit(ModelOffer(model="digits", version="3", digest=bytes(32), size_bytes=4, target="digits@3.tflite"))
    assert "rollback" in node.reason, node.reason


def test_update_comes_back_after_a_thief_counted_to_the_end(publisher: Publisher, node: Node, tmp_path: Path) -> None:
    """Versions that a stolen online key ran up are forgotten with that key, once two of three have replaced it."""
    repository, metadata = publisher.repository, publisher.folder / "metadata"
    shutil.copytree(metadata, tmp_path / "older")
    node.transmit(publisher.publish(2))
    for _ in range(3):
        publisher.renew()
    offer = publisher.publish(3, "digits_float")
    node.transmit(replace(offer, digest=bytes(32)))
    high = json.loads((node.folder / "trust" / "floor.json").read_bytes())["timestamp"]
    (metadata / "timestamp.json").unlink()
    new = _rotated(publisher)
    repository.publish(new)
    assert json.loads((metadata / "timestamp.json").read_bytes())["signed"]["version"] < high
    node.again()
    node.transmit(None)
    node.transmit(offer)
    assert node.state == "shadow", node.reason


def _missing(name: str) -> Callable[[Publisher, Node, Path], None]:
    def attack(publisher: Publisher, node: Node, folder: Path) -> None:
        for path in (publisher.folder / "metadata").glob(name):
            path.unlink()

    return attack


ATTACKS: dict[str, Callable[[Publisher, Node, Path], None]] = {
    "rollback": _older,
    "rollback after a power cut": _older_and_lost,
    "freeze": _frozen,
    "freeze with a lost clock": _frozen_by_a_lost_clock,
    "freeze from the first start": _frozen_from_the_first_start,
    "another publisher": _stranger,
    "stolen gateway": _by_the_gateway_alone,
    "changed timestamp": _changed("timestamp.json"),
    "changed snapshot": _changed("*.snapshot.json"),
    "changed targets": _changed("*.targets.json"),
    "one signature of two": _unsigned("*.targets.json", 1),
    "one signature twice": _unsigned("*.targets.json", 2),
    "no signature": _unsigned("timestamp.json", 0),
    "no timestamp": _missing("timestamp.json"),
    "no snapshot": _missing("*.snapshot.json"),
    "no targets": _missing("*.targets.json"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_update_from_metadata_that_nobody_should_believe_waits(
    publisher: Publisher, node: Node, tmp_path: Path, attack: str
) -> None:
    """No such repository makes a node fetch a model, and none burns the version: an honest one is believed after it."""
    shutil.copytree(publisher.folder / "metadata", tmp_path / "older")
    node.transmit(publisher.publish(2))
    offer = replace(publisher.publish(4, "digits_float"), digest=bytes(32))
    ATTACKS[attack](publisher, node, tmp_path)
    earliest_ms = node.updater.earliest_ms
    node.again()
    node.updater.earliest_ms = earliest_ms
    air = node.transmit(offer)
    assert (node.state, air.asked) == ("init", [])
    assert node.reason


def test_update_after_an_attack_is_believed_again(publisher: Publisher, node: Node, tmp_path: Path) -> None:
    """Negative control of the waiting: with the honest repository back, the same offer goes through."""
    shutil.copytree(publisher.folder / "metadata", tmp_path / "older")
    node.transmit(publisher.publish(2))
    offer = publisher.publish(4, "digits_float")
    shutil.copytree(publisher.folder / "metadata", tmp_path / "honest")
    _older_and_lost(publisher, node, tmp_path)
    node.transmit(offer)
    assert node.state == "init"
    shutil.copytree(tmp_path / "honest", publisher.folder / "metadata", dirs_exist_ok=True)
    node.transmit(offer)
    assert node.state == "shadow", node.reason


def test_update_without_the_floor_would_believe_the_older_repository(
    publisher: Publisher, node: Node, tmp_path: Path
) -> None:
    """Negative control: it is the floor that sees a rollback after a power cut, and nothing else does."""
    publisher.publish(2)
    shutil.copytree(publisher.folder / "metadata", tmp_path / "older")
    offer = publisher.publish(4, "digits_float")
    node.transmit(offer)
    _older_and_lost(publisher, node, tmp_path)
    (node.folder / "trust" / "floor.json").unlink()
    node.transmit(None)
    node.transmit(replace(offer, target="digits@2.tflite", digest=bytes(32)))
    assert node.updater.step is Step.SHADOW


def test_update_after_a_clock_was_years_ahead_is_believed_once_it_is_signed_anew(
    publisher: Publisher, node: Node
) -> None:
    """A clock that was wrong for a while costs the node what was signed until then, and says how to go on."""
    node.transmit(publisher.publish(2))
    offer = publisher.publish(4, "digits_float")
    node.clock.now_ms += 18 * 365 * DAY_MS
    node.transmit(replace(offer, digest=bytes(32)))
    assert node.reason.endswith("is expired; this node's clock says 2045-01-10")
    node.clock.now_ms = NOW_MS + DAY_MS
    node.again()
    node.transmit(offer)
    assert node.reason.endswith("this node's clock has said 2027-02-14 before: `torpor models publish` signs anew")
    Repository(publisher.folder, NOW_MS + DAY_MS).publish(keys.read(publisher.repository.key("online")))
    node.transmit(offer)
    assert node.state == "shadow", node.reason


def test_update_by_a_clock_that_was_set_is_believed_whatever_files_say(publisher: Publisher, node: Node) -> None:
    """Negative control of the first start, and no more than that: a file's date from the future stops no update."""
    node.updater.earliest_ms = NOW_MS + 31 * DAY_MS
    node.transmit(publisher.publish(2))
    assert node.state == "shadow", node.reason


@pytest.mark.parametrize("damage", [b"", b"{}", bytes(300)], ids=["empty", "another", "zeroes"])
def test_update_with_a_damaged_memory_begins_at_the_root_that_came_with_the_node(
    publisher: Publisher, node: Node, damage: bytes
) -> None:
    """No file of metadata that a power cut can leave stops updates for ever."""
    node.transmit(publisher.publish(2))
    for path in (node.folder / "trust" / "metadata").rglob("*.json"):
        if not path.is_symlink():
            path.write_bytes(damage)
    node.transmit(publisher.publish(3, "digits_float"))
    assert node.state == "shadow", node.reason


def test_update_follows_a_rotation_of_the_publishers_keys(publisher: Publisher, node: Node) -> None:
    """A node that slept through it goes from root to root, and believes the new keys."""
    node.transmit(publisher.publish(2))
    repository, new = publisher.repository, _rotated(publisher)
    repository.publish(new)
    repository.key("new").replace(repository.key("online"))
    node.transmit(publisher.publish(3, "digits_float"))
    assert node.state == "shadow", node.reason
