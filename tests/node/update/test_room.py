"""What a node with `[update]` has more than others, seen from the rest of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from boards import open_ports
from node.update.room import Room
from node.wire.messages import Desired
from tests.node.update.test_stock import broken
from tests.node.update.world import FACTORY, Node
from tools.models.delta import delta
from tools.models.rehearsal import Air, Publisher

if TYPE_CHECKING:
    from collections.abc import Mapping

    from node.wire.messages import ModelOffer


class Teller:
    """Knows nothing of a battery, and keeps what it is told."""

    def __init__(self) -> None:
        self.notes: dict[str, str] = {}

    def gauges(self) -> Mapping[str, float]:
        """Have none."""
        return {}

    def note(self, concern: str, reason: str) -> None:
        """Keep it."""
        self.notes[concern] = reason


class Post(Air):
    """A connection over which a model is offered."""

    def __init__(self, publisher: Publisher, node: Node, offer: ModelOffer) -> None:
        super().__init__(publisher.folder, node.clock)
        self.newest = Desired(version=1, model=offer)


def test_room_counts_each_delta_that_does_not_lead_to_its_model(publisher: Publisher, node: Node) -> None:
    """Health tells it for as long as the node lives, also when the model came whole in the end."""
    post = Post(publisher, node, broken(lambda base, _: delta(base, b"another"), publisher))
    counters, teller = Counter[str](), Teller()
    ports = replace(open_ports("sim", clock="virtual"), clock=node.clock)
    room = Room(node.params, FACTORY, node.folder.parent / "room", ports, teller, counters)
    states = []
    for _ in range(3):
        room.errand(post, post)  # type: ignore[arg-type]  # an inbox, as far as it is asked
        room.afterwards()
        states.append((room.told()[1]["state"], counters["update_detours"]))
    assert states == [("download", 1), ("shadow", 1), ("shadow", 1)]
    assert teller.notes == {"update": ""}
