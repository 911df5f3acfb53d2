"""Metadata come as what differs from what a node has; what it has may be damaged, or another's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tools.models.rehearsal import Air, Publisher

if TYPE_CHECKING:
    from node.wire.messages import File, ModelOffer
    from tests.node.update.world import Node


def fetched(node: Node, publisher: Publisher, offer: ModelOffer) -> dict[str, int]:
    """Have an update, and return how many bytes came of each file of metadata."""
    air, came = Air(publisher.folder, node.clock), dict[int, int]()

    def noted(piece: File) -> File:
        came[piece.id] = len(piece.data)
        return piece

    air.forge = noted
    node.transmit(offer, air)
    return {each.data.decode(): came[each.id] for each in air.asks if each.data}


def test_second_update_fetches_what_is_new_in_the_metadata(publisher: Publisher, node: Node) -> None:
    """Each file names the one before it; all of them together are a half of what they were, and believed."""
    first = fetched(node, publisher, publisher.publish(2))
    assert node.state == "shadow"
    assert all(each.endswith(" 1.root.json") for each in first)
    second = fetched(node, publisher, publisher.publish(3))
    assert node.state == "shadow"
    assert {"3.targets.json 2.targets.json", "timestamp.json 2.snapshot.json"} <= second.keys()
    assert sum(second.values()) < 0.8 * sum(first.values())


def test_metadata_do_not_grow_with_what_is_published_beside(publisher: Publisher, node: Node) -> None:
    """A node that knows a repository of thirty files pays for what one version adds to it."""
    for number in range(30):
        publisher.repository.add(f"other@{number}.tflite", bytes([number]) * 99)
    fetched(node, publisher, publisher.publish(2))
    later = fetched(node, publisher, publisher.publish(3))
    assert node.state == "shadow"
    assert sum(later.values()) <= 1000 < (publisher.folder / "metadata" / "3.targets.json").stat().st_size / 4


@pytest.mark.parametrize("damage", [b"", b"{}", b'{"signed": {"version": "x"}}', b"\xff" * 99])
def test_precedent_that_is_damaged_costs_bytes_and_nothing_else(
    publisher: Publisher, node: Node, damage: bytes
) -> None:
    """A file of metadata that the disk lost is asked for whole."""
    fetched(node, publisher, publisher.publish(2))
    for name in ("targets", "snapshot"):
        (node.folder / "trust" / "metadata" / f"{name}.json").write_bytes(damage)
    asked = fetched(node, publisher, publisher.publish(3))
    assert node.state == "shadow"
    assert "3.targets.json" in asked


def test_precedent_that_is_another_at_the_gateway_costs_bytes_and_nothing_else(
    publisher: Publisher, node: Node
) -> None:
    """The gateway's file of that name is not this node's: the checksum tells, and what was asked for comes whole."""
    fetched(node, publisher, publisher.publish(2))
    offer = publisher.publish(3)
    for path in (publisher.folder / "metadata").glob("2.*.json"):
        path.write_text(json.dumps({"another": "repository", **json.loads(path.read_text())}))
    asked = fetched(node, publisher, offer)
    assert node.state == "shadow"
    assert {"3.targets.json 2.targets.json", "3.targets.json"} <= asked.keys()
