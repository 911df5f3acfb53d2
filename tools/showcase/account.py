"""The last line of the demo: counted by the nodes, by the gateway's store and by a subscriber, then compared."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeCount:
    """What one node says of itself: the counters of its `health.json`, in its own words."""

    cycles: int = 0
    samples: int = 0
    gated_out: int = 0
    inferences: int = 0
    records_committed: int = 0
    records_receipted: int = 0
    bytes_published: int = 0
    energy_mj: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The demo in one object. Energy is in millijoules, by meter where the board has one, else by its model."""

    nodes: int
    cycles: int
    samples: int
    gated_out: int
    inferences: int
    records_committed: int
    records_stored: int
    lost: int
    duplicates: int
    subscriber_messages: int
    bytes_published: int
    energy_mj: float
    inferences_per_joule: float
    wall_s: float

    def line(self) -> str:
        """Return it as one line of JSON."""
        return json.dumps(asdict(self))


def read_count(path: Path) -> NodeCount:
    """Read a node's `health.json`; a node that never got as far as writing one has counted nothing."""
    try:
        told = json.loads(path.read_text())
    except FileNotFoundError:
        return NodeCount()
    return NodeCount(**{name: told.get(name, 0) for name in NodeCount.__slots__})


def account(nodes: Sequence[NodeCount], stored: Mapping[str, object], *, seen: int, wall_s: float) -> Account:
    """Compare what was committed with what was stored.

    Args:
        nodes: the last count of each node.
        stored: the gateway's own `status --json`.
        seen: messages that the subscriber received.
        wall_s: seconds from the first to the last process.
    """
    energy_mj = sum(each.energy_mj for each in nodes)
    inferences = sum(each.inferences for each in nodes)
    committed = sum(each.records_committed for each in nodes)
    kept = _whole(stored, "records_stored")
    return Account(
        nodes=sum(each.cycles > 0 for each in nodes),
        cycles=sum(each.cycles for each in nodes),
        samples=sum(each.samples for each in nodes),
        gated_out=sum(each.gated_out for each in nodes),
        inferences=inferences,
        records_committed=committed,
        records_stored=kept,
        lost=committed - kept,
        duplicates=_whole(stored, "duplicates"),
        subscriber_messages=seen,
        bytes_published=sum(each.bytes_published for each in nodes),
        energy_mj=round(energy_mj, 3),
        inferences_per_joule=round(inferences / energy_mj * 1000.0, 3) if energy_mj > 0.0 else 0.0,
        wall_s=round(wall_s, 3),
    )


def _whole(stored: Mapping[str, object], name: str) -> int:
    value = stored[name]
    if not isinstance(value, int):
        raise TypeError(f"the gateway's status says {name} = {value!r}; a whole number was expected")
    return value
