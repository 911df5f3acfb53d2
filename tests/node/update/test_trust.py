"""What a node believes of models, and above all what it does not."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from node.update.machine import Step
from node.values import TimeQuality
from tests.node.update.world import DAY_MS, Air, Node, Publisher
from tools.models import keys

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

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
    node.again()
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
    repository = publisher.repository
    old, new = keys.read(repository.key("online")).public_key.keyid, keys.make(repository.key("new"))
    repository.rotate("online", old, new)
    for name in ("root-1", "root-2"):
        repository.sign("root", keys.read(repository.key(name)))
    repository.publish(new)
    repository.key("new").replace(repository.key("online"))
    node.transmit(publisher.publish(3, "digits_float"))
    assert node.state == "shadow", node.reason
