"""One run: faults on a site for a while, then quiet, then the time until every outbox is empty."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from tools.chaos import faults, journal
from tools.chaos.configs import LISTENS
from tools.chaos.faults import Fault
from tools.chaos.site import Habits, Site, SiteError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DRAIN_S: Final = 30.0
"""Within this time after the last fault every outbox has to be empty."""
PATIENCE_S: Final = 90.0
"""After this time the drain is given up, and what is left is counted."""
HONEST: Final = ("-m", "tools.chaos.subject")
FORGETFUL: Final = ("-m", "tools.chaos.forgetful")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one seed gave.

    Attributes:
        seed: of the faults.
        faults: how many there were.
        committed: records that the nodes had surely on disk.
        lost: of those, not in the gateway's store at the end.
        duplicates: rows of the store beyond the first of a record.
        altered: records stored with another time or other values.
        invented: stored records that no node ever made.
        resent: records that the gateway received once more and dropped.
        set_aside: records that a node gave up as poison, or thinned.
        left: records still in an outbox when the drain was given up.
        drain_s: from the last fault until every outbox was empty.
        control_committed: the same of the nodes that believe PUBACKs.
        control_lost: and what they lost.
    """

    seed: int
    faults: int
    committed: int
    lost: int
    duplicates: int
    altered: int
    invented: int
    resent: int
    set_aside: int
    left: int
    drain_s: float
    control_committed: int
    control_lost: int

    @property
    def sound(self) -> bool:
        """Whether nothing was lost, doubled, changed, made up, given up or left."""
        return not (self.lost or self.duplicates or self.altered or self.invented or self.set_aside or self.left)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who takes part.

    Attributes:
        honest: nodes that wait for the receipt.
        forgetful: the control, beside them on the same broker and under the same faults.
    """

    honest: tuple[str, ...]
    forgetful: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        """Everybody."""
        return (*self.honest, *self.forgetful)


def cast_of(honest: int, forgetful: int) -> Cast:
    """Name the nodes.

    >>> cast_of(2, 1).all
    ('node-0', 'node-1', 'careless-0')
    """
    return Cast(
        honest=tuple(f"node-{at}" for at in range(honest)),
        forgetful=tuple(f"careless-{at}" for at in range(forgetful)),
    )


DEFAULT: Final = Habits()
HASTY: Final = Habits(gateway=("tools.chaos.hasty",), commit_ms=400)
"""A gateway that acknowledges on arrival, and commits 0.4 s later."""
PATIENT: Final = Habits(commit_ms=400)
"""The real gateway, as slow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Who suffers what.

    Attributes:
        seed: that the faults were drawn from.
        faults: what happens.
        cast: the nodes.
        habits: how they and the gateway live.
    """

    seed: int
    faults: Sequence[Fault]
    cast: Cast
    habits: Habits = DEFAULT


def of_seed(seed: int, seconds: float, cast: Cast) -> Plan:
    """Plan everything that can happen."""
    return Plan(seed=seed, faults=faults.drawn(seed, seconds, cast.all), cast=cast)


def of_gateways(seed: int, seconds: float, cast: Cast, habits: Habits) -> Plan:
    """Plan the deaths of a gateway, and nothing else.

    Nodes that believe PUBACKs lose nothing then, as long as the gateway acknowledges after its commit.
    """
    found = faults.drawn(seed, seconds, cast.all, (faults.GATEWAY_LANE,))
    return Plan(seed=seed, faults=found, cast=cast, habits=habits)


def suffer(plan: Plan, folder: Path, tell: Callable[[str], None]) -> Row:
    """Let a site live through faults, and compare what was committed with what is stored.

    Args:
        plan: who suffers what.
        folder: for all its files; empty.
        tell: told what is happening.

    Raises:
        SiteError: a process ended that nobody killed, or the site did not come up.
    """
    cast = plan.cast
    with Site(folder, plan.habits) as site:
        begin(site, cast)
        play(site, plan.faults, tell)
        drain_s = drained(site, cast, tell)
        site.settle()
        honest = judged(site, cast.honest)
        control = judged(site, cast.forgetful)
        disks = [site.disk(name) for name in cast.honest]
        return Row(
            seed=plan.seed,
            faults=len(plan.faults),
            **asdict(honest),
            resent=site.taken().get("duplicates", 0),
            set_aside=sum(disk.set_aside + disk.thinned for disk in disks),
            left=sum(disk.waiting for disk in disks),
            drain_s=round(drain_s, 1),
            control_committed=control.committed,
            control_lost=control.lost,
        )


def begin(site: Site, cast: Cast) -> None:
    """Start everybody, and return when the gateway has records of each.

    The control comes last: what it says to a broker that has not met the gateway yet is lost by no fault of a trial.
    """
    site.start_gateway()
    for names, program in ((cast.honest, HONEST), (cast.forgetful, FORGETFUL)):
        for name in names:
            site.start_node(name, *program)
        _heard(site, names)


def _heard(site: Site, names: Sequence[str]) -> None:
    site.until(lambda: all(site.stored(name).rows for name in names), "the first records of every node are stored")


def play(site: Site, schedule: Sequence[Fault], tell: Callable[[str], None]) -> None:
    """Do to the site what the schedule says, when it says it."""
    start_s = time.monotonic()
    begins = {fault.steps[0]: fault.kind for fault in schedule}
    for step in faults.steps(schedule):
        threading.Event().wait(max(0.0, start_s + step.at_s - time.monotonic()))
        site.check()
        if step in begins:
            tell(f"{step.at_s:5.1f} s  {begins[step]} ({step.target})")
        site.do(step)


def drained(site: Site, cast: Cast, tell: Callable[[str], None]) -> float:
    """Restart every node with a gate that never opens; return the seconds until no outbox holds a record.

    The restart is one more kill for each of them, and its time counts.
    """
    start_s = time.monotonic()
    for name in cast.all:
        site.kill(name)
    for name in cast.all:
        site.start_node(name, gate=LISTENS)
    tell("no more faults; waiting for the outboxes")
    try:
        site.until(lambda: not any(site.disk(name).waiting for name in cast.all), "every outbox is empty", PATIENCE_S)
    except SiteError:
        site.check()  # else it only took too long, which the row will say
    return time.monotonic() - start_s


def judged(site: Site, names: Sequence[str]) -> journal.Verdict:
    """Compare the journals of some nodes with the store."""
    return journal.total(journal.judge(site.truth(name), site.stored(name)) for name in names)
