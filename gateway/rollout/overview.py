"""Overviews: how a rollout stands, in numbers, with a word on what it waits for (pure). Plain values, for JSON too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from gateway.publish.output import iso
from gateway.rollout.machine import ABSENT, Course, Rollout
from gateway.rollout.member import IN_FLIGHT, Member, Phase, silence
from gateway.rollout.plan import counted
from gateway.rollout.windows import is_open, opens_ms

if TYPE_CHECKING:
    from gateway.rollout.page import Page

UNATTENDED_MS: Final = 120_000
"""A running gateway leaves a sign on disk twice a minute."""
_QUIET: Final = frozenset({Phase.WAITING, Phase.OFFERED, Phase.DONE, Phase.RETURNED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stage in numbers: how many of its nodes stand where."""

    name: str
    size: int
    needs: int
    bears: int
    failing: int
    phases: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A node of which there is something to say."""

    node: str
    phase: str
    reason: str
    progress: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """A rollout in numbers.

    Attributes:
        name: of the rollout.
        model: that the nodes are to have.
        course: how it goes.
        reason: why it goes so.
        waits: what it waits for; empty where it waits for nothing but nodes.
        stage: the one under way, from 1.
        made: when it was created.
        windows: when offers may be made.
        zone: whose clock these mean.
        stages: each in numbers.
        nodes: where each of them stands, with what there is to say.
    """

    name: str
    model: str
    course: str
    reason: str
    waits: str
    stage: int
    made: str
    windows: tuple[str, ...]
    zone: str
    stages: tuple[Stage, ...]
    nodes: tuple[Trouble, ...]

    @property
    def troubles(self) -> list[Trouble]:
        """The nodes of which there is something to say: neither waiting in their turn nor through."""
        return [each for each in self.nodes if each.phase not in _QUIET or each.reason]


def overview(page: Page, now_ms: int) -> Overview:
    """Sum up a rollout."""
    rollout = page.rollout
    plan = rollout.plan
    return Overview(
        name=plan.name,
        model=plan.model,
        course=rollout.course,
        reason=rollout.reason,
        waits=_waits(rollout, now_ms),
        stage=rollout.stage + 1,
        made=iso(page.made_ms),
        windows=tuple(str(each) for each in plan.windows),
        zone=plan.zone,
        stages=tuple(_stage(rollout, at) for at in range(len(plan.stages))),
        nodes=tuple(
            Trouble(node=node, phase=each.phase, reason=each.reason, progress=each.progress)
            for node, each in sorted(rollout.members.items())
        ),
    )


def _stage(rollout: Rollout, at: int) -> Stage:
    plan = rollout.plan
    members = [each for each in rollout.members.values() if each.stage == at]
    phases = Counter(str(each.phase) for each in members)
    return Stage(
        name=plan.stages[at].name,
        size=len(members),
        needs=plan.needs(at, sum(each.is_mute for each in members)),
        bears=plan.bears(at),
        failing=sum(each.is_failing for each in members),
        phases={str(phase): phases[phase] for phase in Phase if phases[phase]},
    )


def _waits(rollout: Rollout, now_ms: int) -> str:
    """Return what stands in the way of the next offer."""
    is_live = rollout.is_live
    if is_live and rollout.tick_ms and now_ms - rollout.tick_ms > UNATTENDED_MS:
        return f"no gateway has looked at it since {iso(rollout.tick_ms)}; is `torpor-gateway run` running?"
    if is_live and not rollout.tick_ms:
        return "no gateway has looked at it yet: one that runs does within a second, else start `torpor-gateway run`"
    if rollout.returns:
        return _waits_to_return(rollout)
    if rollout.course is not Course.RUNNING:
        return ""
    plan, zone = rollout.plan, ZoneInfo(rollout.plan.zone)
    if not is_open(plan.windows, zone, now_ms):
        opens = datetime.fromtimestamp(opens_ms(plan.windows, zone, now_ms) / 1000, zone)
        return f"the window is closed; it opens {opens:%a %d %b %H:%M %Z}"
    return _waits_for_nodes(rollout)


def _waits_to_return(rollout: Rollout) -> str:
    members = rollout.members.values()
    left = sum(each.took_it or each.phase is Phase.RETURNING for each in members)
    loose = sum(each.is_loose for each in members)
    told = {"must still go back": left, "must wake once to hear that the offer is gone": loose}
    return "; ".join(f"{counted(count)} {what}" for what, count in told.items() if count)


def _waits_for_nodes(rollout: Rollout) -> str:
    plan, stage = rollout.plan, rollout.stage
    ours = [each for each in rollout.members.values() if each.stage <= stage]
    in_flight = sum(each.phase in IN_FLIGHT for each in ours)
    waiting = [each for each in ours if each.phase is Phase.WAITING]
    if in_flight >= plan.limits.concurrency and waiting:
        return f"all {in_flight} places are taken; {counted(len(waiting))} must wait for one"
    if waiting:
        return "; ".join(_obstacles(rollout, waiting))
    if in_flight or any(each.phase is Phase.BOXED for each in ours) or stage + 1 == len(plan.stages):
        return ""
    done = sum(each.phase is Phase.DONE and each.stage == stage for each in ours)
    needs = plan.needs(stage, sum(each.is_mute and each.stage == stage for each in ours))
    lacks = f"{done} of the {needs} nodes that stage {plan.stages[stage].name} needs have it"
    return f"{lacks}, and nobody is left to try; `rollout resume {plan.name} --next` goes on"


def _obstacles(rollout: Rollout, waiting: list[Member]) -> list[str]:
    least = rollout.plan.limits.least_charge
    absent = sum(silence(each, rollout.clock_ms) >= ABSENT for each in waiting)
    low = sum(each.charge is not None and each.charge < least for each in waiting)
    unclear = sum(not each.is_clear for each in waiting)
    told = {
        "missed the last wakes": absent,
        f"told of less than {least:.0%} in the battery": low,
        "must wake once to leave an earlier failure behind": unclear,
    }
    return [f"{counted(count)} {what}" for what, count in told.items() if count]
