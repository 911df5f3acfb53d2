"""The rollout: `(rollout, events) -> (rollout, who is offered what)`. Pure, and the only place that decides.

    running -> complete                 every node is through, or given up
      |  ^        |
      v  |        |  pause, resume
    paused        |
      |           |
      +--> halted |                     too many of a stage failed; what took the model goes back, if the plan says so
      +--> aborted <                    an operator's word; what took it stays, unless that word says otherwise

Events only move single nodes; everything that is decided for all, an offer above all, is decided at a tick.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from gateway.rollout import member as one
from gateway.rollout.events import Abort, Charged, Event, Pause, Resume, Tick, Told, Woke
from gateway.rollout.member import IN_FLIGHT, ON_THE_WAY, SETTLED, Member, Phase, silence, standing
from gateway.rollout.plan import Plan
from gateway.rollout.windows import is_open
from node.wire.messages import ModelOffer

if TYPE_CHECKING:
    from collections.abc import Iterable

DEAF_MS: Final = 120_000
"""A longer time between two ticks was an outage of the gateway's: what it did not hear then was not silence."""
ABSENT: Final = 2
"""Promised wakes that a node has missed to be offered nothing before it is heard."""


class Course(StrEnum):
    """How a rollout as a whole stands."""

    RUNNING = "running"
    PAUSED = "paused"
    HALTED = "halted"
    ABORTED = "aborted"
    COMPLETE = "complete"


OPEN: Final = frozenset({Course.RUNNING, Course.PAUSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """A rollout, as it stands.

    Attributes:
        plan: what is wanted.
        members: every node, by name.
        course: how it goes.
        stage: the one that is under way; nodes of later ones are offered nothing.
        reason: why it goes so.
        returns: whether nodes that took the model are still to go back.
        clock_ms: how long the gateway has been listening, since it was created.
        tick_ms: the last tick, by the gateway's clock; 0 before the first.
    """

    plan: Plan
    members: Mapping[str, Member] = field(repr=False)
    course: Course = Course.RUNNING
    stage: int = 0
    reason: str = ""
    returns: bool = False
    clock_ms: int = 0
    tick_ms: int = 0

    @property
    def is_live(self) -> bool:
        """Whether anything can still happen but by an operator's word."""
        return self.course in OPEN or self.returns


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of some events.

    Attributes:
        rollout: as it stands now.
        changed: the nodes that stand elsewhere than before, or of which more is known.
        offers: what nodes are offered from now on; None for nothing.
    """

    rollout: Rollout
    changed: frozenset[str]
    offers: Mapping[str, ModelOffer | None]


def advance(rollout: Rollout, events: Iterable[Event]) -> Outcome:
    """Take in what happened, in order."""
    move = _Move(rollout)
    for event in events:
        move.take(event)
    members, before = move.members, rollout.members
    changed = frozenset(node for node in move.touched if members[node] != before[node])
    goal = rollout.plan.goal
    offers = {node: standing(members[node], goal) for node in changed}
    return Outcome(
        rollout=replace(move.rollout, members=members if changed else before),
        changed=changed,
        offers={node: each for node, each in offers.items() if each != standing(before[node], goal)},
    )


def refusal(rollout: Rollout, event: Event) -> str:
    """Return why an operator's word makes no sense now, and what would; empty where it does."""
    course, name = rollout.course, rollout.plan.name
    match event:
        case Pause() if course is not Course.RUNNING:
            return f"{name} is {course}; only what is running can be paused"
        case Resume(skips=True) if course in OPEN and rollout.stage + 1 == len(rollout.plan.stages):
            return f"{name} is in its last stage; there is no next one"
        case Resume(skips=False) if course is Course.RUNNING:
            return f"{name} is running; `--next` goes on to the next stage"
        case Resume() if course not in OPEN:
            return f"{name} is {course}, which is for good; create another rollout"
        case Abort(reverts=False) if course not in OPEN and not rollout.returns:
            return f"{name} is {course}; there is nothing left to abort"
        case Abort(reverts=True) if rollout.returns:
            return f"{name} is {course}, and its nodes go back already"
        case _:
            return ""


class _Move:
    """A rollout while events are taken in."""

    def __init__(self, rollout: Rollout) -> None:
        self.rollout = rollout
        self.members = dict(rollout.members)
        self.touched: set[str] = set()

    def take(self, event: Event) -> None:
        """Take in one event."""
        match event:
            case Tick():
                self._tick(event.now_ms)
            case Told() if event.node in self.members:
                self._put(event.node, one.told(self.members[event.node], self.rollout.plan, event))
            case Woke() if event.node in self.members:
                self._woke(event)
            case Charged() if event.node in self.members:
                self._put(event.node, replace(self.members[event.node], charge=event.charge))
            case Pause():
                self._goes(Course.PAUSED, "paused by an operator")
            case Resume():
                self._goes(Course.RUNNING, "", stage=self.rollout.stage + event.skips)
            case Abort():
                self._end(Course.ABORTED, "aborted by an operator", returns=event.reverts)
            case _:
                pass  # of a node that is none of ours

    def _put(self, node: str, member: Member) -> None:
        if member is not self.members[node]:
            self.members[node] = member
            self.touched.add(node)

    def _woke(self, event: Woke) -> None:
        limits, clock_ms = self.rollout.plan.limits, self.rollout.clock_ms
        self._put(event.node, one.heard(self.members[event.node], limits, clock_ms, event.period_ms))

    def _goes(self, course: Course, reason: str, *, stage: int | None = None) -> None:
        stage = self.rollout.stage if stage is None else stage
        self.rollout = replace(self.rollout, course=course, reason=reason, stage=stage)

    def _end(self, course: Course, reason: str, *, returns: bool) -> None:
        """Take back what is offered; what has been taken is for the ticks that follow."""
        self.rollout = replace(self.rollout, course=course, reason=reason, returns=returns)
        for node, member in self.members.items():
            if member.phase in {Phase.OFFERED, Phase.BEGUN}:
                self._put(node, one.called_back(member, str(course)))
            elif member.phase is Phase.RETURNING and not returns:
                self._put(node, replace(member, phase=Phase.STUCK, home=None, reason=str(course)))

    def _tick(self, now_ms: int) -> None:
        passed_ms = now_ms - self.rollout.tick_ms if self.rollout.tick_ms else 0
        heard_ms = passed_ms if 0 <= passed_ms <= DEAF_MS else 0
        self.rollout = replace(self.rollout, tick_ms=now_ms, clock_ms=self.rollout.clock_ms + heard_ms)
        opens = is_open(self.rollout.plan.windows, ZoneInfo(self.rollout.plan.zone), now_ms)
        if self.rollout.course in OPEN:
            self._judge()
            self._halt()
            self._call_back("its battery is low" if opens else "the window closed", everybody=not opens)
        if self.rollout.course is Course.RUNNING:
            self._roll(opens=opens)
        elif self.rollout.returns:
            self._judge()
            self._send_back()

    def _judge(self) -> None:
        """End the turns that are over."""
        limits, clock_ms = self.rollout.plan.limits, self.rollout.clock_ms
        for node, member in self.members.items():
            if member.phase in ON_THE_WAY:
                self._put(node, one.judged(member, limits, clock_ms))

    def _halt(self) -> None:
        """Stop where a stage has more failures than it bears."""
        plan = self.rollout.plan
        failing = Counter(each.stage for each in self.members.values() if each.is_failing)
        for stage, count in sorted(failing.items()):
            if count > plan.bears(stage):
                size = plan.stages[stage].size
                reason = f"{count} of the {size} nodes of stage {stage + 1} failed, and {plan.bears(stage)} may"
                self._end(Course.HALTED, reason, returns=plan.limits.reverts)
                return

    def _call_back(self, reason: str, *, everybody: bool) -> None:
        """Take back what a node has not begun, where it could not be offered now."""
        for node, member in self.members.items():
            if member.phase is Phase.OFFERED and (everybody or not self._has_charge(member)):
                self._put(node, one.called_back(member, reason))

    def _roll(self, *, opens: bool) -> None:
        """Go on to the next stage, offer, or end."""
        plan = self.rollout.plan
        done = Counter(each.stage for each in self.members.values() if each.phase is Phase.DONE)
        mute = Counter(each.stage for each in self.members.values() if each.is_mute)
        stage = self.rollout.stage
        while stage + 1 < len(plan.stages) and done[stage] >= plan.needs(stage, mute[stage]):
            stage += 1
        self.rollout = replace(self.rollout, stage=stage)
        if opens:
            self._offer()
        if stage + 1 == len(plan.stages) and all(each.phase in SETTLED for each in self.members.values()):
            self._goes(Course.COMPLETE, "every node is through, or given up")

    def _offer(self) -> None:
        """Offer the model to those whose turn it is: first to those that will wake first."""
        clock_ms = self.rollout.clock_ms
        ready = [node for node, each in self.members.items() if self._is_ready(each)]
        ready.sort(key=lambda node: self._turn(self.members[node]))
        for node in ready[: self._free()]:
            self._put(node, one.offered(self.members[node], clock_ms))

    def _is_ready(self, member: Member) -> bool:
        return (
            member.phase is Phase.WAITING
            and member.stage <= self.rollout.stage
            and member.is_clear
            and self._has_charge(member)
            and silence(member, self.rollout.clock_ms) < ABSENT
        )

    def _turn(self, member: Member) -> tuple[int, int, int]:
        return member.stage, silence(member, self.rollout.clock_ms), member.heard_ms + member.period_ms

    def _has_charge(self, member: Member) -> bool:
        return member.charge is None or member.charge >= self.rollout.plan.limits.least_charge

    def _free(self) -> int:
        in_flight = sum(each.phase in IN_FLIGHT for each in self.members.values())
        return max(self.rollout.plan.limits.concurrency - in_flight, 0)

    def _send_back(self) -> None:
        """Have nodes that took the model go back, as many at a time; a wrong model waits for no window."""
        clock_ms = self.rollout.clock_ms
        took = [node for node, each in self.members.items() if each.took_it and self._has_charge(each)]
        took.sort(key=lambda node: self._turn(self.members[node]))
        free = self._free()
        for node in took:
            member = one.sent_back(self.members[node], clock_ms)
            if member.phase is Phase.STUCK or free > 0:
                self._put(node, member)
                free -= member.phase is Phase.RETURNING
        if not any(each.took_it or each.is_loose or each.phase is Phase.RETURNING for each in self.members.values()):
            self.rollout = replace(self.rollout, returns=False)
