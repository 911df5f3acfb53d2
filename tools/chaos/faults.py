"""What happens to a site, and when: drawn from a seed, as a list that can be read before anything is broken (pure).

Two lanes run side by side: one breaks servers, the other nodes and lines, so that a node dies while the broker is
frozen. Within a lane one fault is over before the next begins. Every fault heals itself: after the last step all
processes run and all lines are open.

The first fault of the servers is always the one that tells receipts from PUBACKs: the gateway is killed, and then the
broker, which had acknowledged what it now forgets. Without it a design that believes PUBACKs passes.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

GATEWAY: Final = "gateway"
BROKER: Final = "broker"


class Kind(StrEnum):
    """A fault, by what it is for people."""

    NODE_KILLED = "node killed"
    GATEWAY_KILLED = "gateway killed"
    BROKER_KILLED = "broker killed"
    BROKER_STALE = "broker killed, back with an older state"
    BROKER_WIPED = "broker killed, disk wiped"
    BROKER_FROZEN = "broker frozen"
    BOTH_KILLED = "gateway killed, then broker"
    LINE_CUT = "line cut"
    LINE_TORN = "line torn within a packet"
    LINE_STALLED = "line stalled"
    LINE_SILENT = "line silent"


class Act(StrEnum):
    """What is done to one process or one line."""

    KILL = "kill"
    START = "start"
    FREEZE = "freeze"
    THAW = "thaw"
    SAVE = "save"
    WIPE = "wipe"
    CUT = "cut"
    TEAR = "tear"
    STALL = "stall"
    SILENCE = "silence"
    HEAL = "heal"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Step:
    """One thing done.

    Attributes:
        at_s: from the beginning.
        act: what.
        target: to which process, or to whose line.
        size_bytes: that still pass, where a line is torn.
    """

    at_s: float
    act: Act
    target: str
    size_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Steps that belong together.

    Attributes:
        kind: what it is.
        steps: in order; the last one heals.
    """

    kind: Kind
    steps: tuple[Step, ...]

    @property
    def ends_s(self) -> float:
        """When it is healed."""
        return self.steps[-1].at_s


@dataclass(frozen=True, slots=True)
class Beat:
    """A step before it is drawn.

    Attributes:
        act: what is done.
        whom: to whom; `NODE` and `LINE` stand for one that is drawn, once a fault.
        least_s: after the beat before, at the least.
        most_s: and at the most.
    """

    act: Act
    whom: str
    least_s: float = 0.0
    most_s: float = 0.0


NODE: Final = "*node"
LINE: Final = "*line"

SERVER_FAULTS: Final = {
    Kind.BOTH_KILLED: (
        Beat(Act.KILL, GATEWAY),
        Beat(Act.KILL, BROKER, 1.5, 3.0),  # long enough for it to acknowledge what it will forget
        Beat(Act.START, BROKER, 0.1, 0.1),
        Beat(Act.START, GATEWAY, 0.1, 1.0),
    ),
    Kind.GATEWAY_KILLED: (Beat(Act.KILL, GATEWAY), Beat(Act.START, GATEWAY, 0.1, 2.0)),
    Kind.BROKER_KILLED: (Beat(Act.KILL, BROKER), Beat(Act.START, BROKER, 0.1, 1.0)),
    Kind.BROKER_STALE: (
        Beat(Act.SAVE, BROKER),
        Beat(Act.KILL, BROKER, 0.5, 2.0),
        Beat(Act.START, BROKER, 0.1, 1.0),
    ),
    Kind.BROKER_WIPED: (
        Beat(Act.SAVE, BROKER),
        Beat(Act.KILL, BROKER, 0.2, 1.0),
        Beat(Act.WIPE, BROKER, 0.1, 0.1),
        Beat(Act.START, BROKER, 0.1, 0.1),
    ),
    Kind.BROKER_FROZEN: (Beat(Act.FREEZE, BROKER), Beat(Act.THAW, BROKER, 0.5, 2.0)),
}
EDGE_FAULTS: Final = {
    Kind.NODE_KILLED: (Beat(Act.KILL, NODE), Beat(Act.START, NODE, 0.1, 1.0)),
    Kind.LINE_CUT: (Beat(Act.CUT, LINE),),
    Kind.LINE_TORN: (Beat(Act.TEAR, LINE),),
    Kind.LINE_STALLED: (Beat(Act.STALL, LINE), Beat(Act.HEAL, LINE, 0.5, 2.0)),
    Kind.LINE_SILENT: (Beat(Act.SILENCE, LINE), Beat(Act.HEAL, LINE, 0.5, 2.0)),
}
PAUSE_S: Final = (0.2, 1.0)
"""From the end of a fault to the next one of its lane."""
TORN_BYTES: Final = 2000


Lane = Mapping[Kind, Sequence[Beat]]
"""What may happen in it; the first kind is the first to happen."""
ALL_LANES: Final[Sequence[Lane]] = (SERVER_FAULTS, EDGE_FAULTS)
GATEWAY_LANE: Final[Lane] = {Kind.GATEWAY_KILLED: SERVER_FAULTS[Kind.GATEWAY_KILLED]}


def drawn(seed: int, seconds: float, nodes: Sequence[str], lanes: Sequence[Lane] = ALL_LANES) -> list[Fault]:
    """Draw what happens.

    Args:
        seed: the same seed gives the same faults.
        seconds: all of it happens within.
        nodes: their names.
        lanes: what may happen side by side.

    Returns:
        The faults of all lanes, in the order in which they begin. In each lane every kind comes once before one comes
        again, as far as there is time.
    """
    dice = random.Random(seed)
    found = [_lane(dice, seconds, lane, nodes) for lane in lanes]
    return sorted((fault for faults in found for fault in faults), key=lambda fault: fault.steps)


def steps(faults: Sequence[Fault]) -> list[Step]:
    """Return every step of all faults, in order."""
    return sorted(step for fault in faults for step in fault.steps)


def counted(faults: Sequence[Fault]) -> dict[str, int]:
    """Return how often each kind happens, all kinds by their names."""
    found = Counter(fault.kind for fault in faults)
    return {kind.value: found[kind] for kind in Kind}


def _lane(dice: random.Random, seconds: float, recipes: Lane, nodes: Sequence[str]) -> Iterator[Fault]:
    """Yield faults one after another until the time is over."""
    now_s = 0.0
    for kind in _rounds(dice, list(recipes)):
        whom = {NODE: dice.choice(nodes), LINE: dice.choice([*nodes, GATEWAY])}
        fault = Fault(kind=kind, steps=tuple(_steps(dice, now_s + dice.uniform(*PAUSE_S), recipes[kind], whom)))
        if fault.ends_s > seconds:
            return
        yield fault
        now_s = fault.ends_s


def _rounds(dice: random.Random, kinds: Sequence[Kind]) -> Iterator[Kind]:
    """Yield kinds without end: each once in every round, the first one first of all."""
    yield kinds[0]
    yield from dice.sample(kinds[1:], len(kinds) - 1)
    while True:
        yield from dice.sample(kinds, len(kinds))


def _steps(dice: random.Random, at_s: float, recipe: Sequence[Beat], whom: Mapping[str, str]) -> Iterator[Step]:
    for beat in recipe:
        at_s += dice.uniform(beat.least_s, beat.most_s)
        size_bytes = dice.randrange(1, TORN_BYTES) if beat.act is Act.TEAR else 0
        yield Step(at_s=at_s, act=beat.act, target=whom.get(beat.whom, beat.whom), size_bytes=size_bytes)
