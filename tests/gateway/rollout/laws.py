"""The laws of a rollout, judged from what was said and offered alone: nothing here asks the machine what it thinks.

`Site` plays nodes and a gateway against a machine, which may be a broken one; `broken` names the laws that it broke.
"""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from importlib import resources
from typing import TYPE_CHECKING, Final

from gateway.rollout import page
from gateway.rollout.events import Abort, Charged, Event, Pause, Resume, Tick, Told
from gateway.rollout.machine import OPEN, Course, Outcome, Rollout, advance, refusal
from gateway.rollout.member import Member
from gateway.rollout.plan import Limits, Plan, Stage
from gateway.rollout.windows import parsed
from tests.gateway.rollout.sleepers import HOUR_MS, MINUTE_MS, NEW, OLD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from node.wire.messages import ModelOffer
    from tests.gateway.rollout.sleepers import Sleeper

    Machine = Callable[[Rollout, Iterable[Event]], Outcome]

BEGIN_MS: Final = 1_795_000_000_000 // (24 * HOUR_MS) * 24 * HOUR_MS
"""A midnight by UTC."""
WINDOW: Final = "01:00-05:00"


def planned(stages: Mapping[str, int], **limits: object) -> Plan:
    """Return a plan with a window at night."""
    return Plan(
        name="r",
        goal=NEW,
        stages=tuple(Stage(name=name, size=size) for name, size in stages.items()),
        limits=Limits(**limits),  # type: ignore[arg-type]
        windows=(parsed(WINDOW),),
    )


class Site:
    """A rollout, its nodes, and the table of offers between them; time goes by in minutes.

    Args:
        plan: the rollout's.
        sleepers: the nodes, and the stage of each.
        machine: the real one, or one that breaks a law.
    """

    def __init__(self, plan: Plan, sleepers: Mapping[str, tuple[Sleeper, int]], machine: Machine = advance) -> None:
        self.nodes = {name: sleeper for name, (sleeper, _) in sleepers.items()}
        self.stages = {name: stage for name, (_, stage) in sleepers.items()}
        members = {
            name: Member(stage=stage, home=OLD, period_ms=sleeper.period_ms)
            for name, (sleeper, stage) in sleepers.items()
        }
        self.rollout = Rollout(plan=plan, members=members)
        self.plan = plan
        self.now_ms = BEGIN_MS
        self.table: dict[str, ModelOffer | None] = dict.fromkeys(self.nodes)
        self.broken: set[str] = set()
        self.is_over = False
        self.skipped = 0
        self._machine = machine
        self._disk = sqlite3.connect(":memory:", isolation_level=None)
        self._disk.executescript((resources.files("gateway.store.schema") / "0006_rollout.sql").read_text())
        self._page = page.enter(self._disk, self.rollout, BEGIN_MS)
        self._done: set[str] = set()
        self._begun: set[str] = set()
        self._charges: dict[str, float] = {}
        self._failed_ms: dict[str, int] = {}
        self._failures: dict[str, int] = {}
        self._tried: dict[str, int] = {}

    def happen(self, events: Iterable[Event]) -> None:
        """Let events happen, and judge what follows."""
        events = [*events, Tick(self.now_ms)]
        for event in events:
            self._note(event)
        before = self.rollout
        outcome = self._machine(self.rollout, events)
        self.rollout = outcome.rollout
        page.keep(self._disk, self._page._replace(rollout=self.rollout), outcome.changed)
        for node, offer in outcome.offers.items():
            if offer is NEW or offer == NEW:
                self._judge_offer(node)
            self.table[node] = offer
        self._judge()
        assert before.plan == self.rollout.plan

    def pass_minutes(self, minutes: int) -> None:
        """Let time go by, two minutes at a time; whoever's time has come wakes."""
        for _ in range((minutes + 1) // 2):
            self.now_ms += 2 * MINUTE_MS
            events: list[Event] = []
            for name, node in self.nodes.items():
                if node.wakes_ms <= self.now_ms:
                    events += node.wake(self.now_ms, self.table[name])
            self.happen(events)

    def say(self, word: Pause | Resume | Abort) -> bool:
        """Say what an operator may; whether it made sense."""
        if refusal(self.rollout, word):
            return False
        self.skipped += isinstance(word, Resume) and word.skips
        self.is_over |= isinstance(word, Abort)
        self.happen([word])
        return True

    def restart(self) -> None:
        """Put the gateway down, and up again on what is on disk."""
        found = page.named(self._disk, self.plan.name)
        assert found is not None
        if found.rollout != self.rollout:
            self.broken.add("restarts lose nothing")
        self.rollout = found.rollout

    def _note(self, event: Event) -> None:
        if isinstance(event, Charged):
            self._charges[event.node] = event.charge
        if not isinstance(event, Told):
            return
        node, is_new = event.node, event.target == NEW.target
        if event.model == "digits@2":
            self._done.add(node)
        else:
            self._done.discard(node)
        if is_new and event.state == "failed" and self.table[node] == NEW and node not in self._failed_ms:
            self._failures[node] = self._failures.get(node, 0) + 1
            self._failed_ms[node] = self.now_ms
        elif is_new and event.state != "failed":
            self._begun.add(node)

    def _judge_offer(self, node: str) -> None:
        """Judge an offer of the new model that is made now."""
        limits, stage = self.plan.limits, self.stages[node]
        box_ms = (limits.box_wakes - 1) * max(self.nodes[node].period_ms, MINUTE_MS)
        passed = sum(self._through(at) for at in range(stage))
        laws = {
            "in the window": self._is_open(),
            "not on a low battery": self._charges.get(node, 1.0) >= limits.least_charge,
            "not in the box": self.now_ms - self._failed_ms.pop(node, 0) >= box_ms,
            "so many retries": self._failures.get(node, 0) <= limits.retries,
            "stage after stage": passed + self.skipped >= stage,
            "over is over": not self.is_over,
        }
        self.broken |= {law for law, holds in laws.items() if not holds}
        self._begun.discard(node)

    def _is_open(self) -> bool:
        return not self.plan.windows or 1 <= self.now_ms // HOUR_MS % 24 < 5

    def _through(self, stage: int) -> bool:
        mute = sum(each.stage == stage and each.is_mute for each in self.rollout.members.values())
        return sum(self.stages[node] == stage for node in self._done) >= self.plan.needs(stage, mute)

    def _judge(self) -> None:
        """Judge what stands now."""
        plan, phases = self.plan, self.rollout.members
        new = [node for node, offer in self.table.items() if offer == NEW and node not in self._done]
        back = [n for n, offer in self.table.items() if offer == OLD and n in self._done and phases[n].phase != "stuck"]
        failing = [self.stages[node] for node, count in self._failures.items() if count and node not in self._done]
        ill = any(failing.count(stage) > plan.bears(stage) for stage in set(failing))
        self.is_over |= ill
        laws = {
            "so many at a time": len(new) + len(back) <= plan.limits.concurrency,
            "nothing stands at day that is not begun": self._is_open() or set(new) <= self._begun,
            "halts at its threshold": not ill or self.rollout.course not in OPEN,
            "over is over": not (self.is_over and new),
        }
        self.broken |= {law for law, holds in laws.items() if not holds}

    def settle(self, days: int) -> None:
        """Let so many days go by; then every node has the old model or the new one, as the course says."""
        self.pass_minutes(days * 24 * 60)
        living = {name: node for name, node in self.nodes.items() if not node.is_dead}
        models = {node.model for node in living.values()}
        goes_back = self.rollout.course is Course.HALTED and self.plan.limits.reverts
        laws = {
            "old or new": models <= {"digits@1", "digits@2"},
            "what failed goes back": not goes_back or models == {"digits@1"},
        }
        self.broken |= {law for law, holds in laws.items() if not holds}


def with_limits(**limits: object) -> Machine:
    """Return a machine that keeps to other limits than the plan's."""

    def machine(rollout: Rollout, events: Iterable[Event]) -> Outcome:
        plan = rollout.plan
        forged = replace(plan, limits=replace(plan.limits, **limits))  # type: ignore[arg-type]
        return _unforged(advance(replace(rollout, plan=forged), events), plan)

    return machine


def without_windows(rollout: Rollout, events: Iterable[Event]) -> Outcome:
    """Be a machine that knows no hours."""
    return _unforged(advance(replace(rollout, plan=replace(rollout.plan, windows=())), events), rollout.plan)


def without_taking_back(rollout: Rollout, events: Iterable[Event]) -> Outcome:
    """Be a machine that takes no offer back."""
    outcome = advance(rollout, events)
    return replace(outcome, offers={node: offer for node, offer in outcome.offers.items() if offer is not None})


def without_aborts(rollout: Rollout, events: Iterable[Event]) -> Outcome:
    """Be a machine that does not hear an operator's last word."""
    return advance(rollout, [event for event in events if not isinstance(event, Abort)])


def all_at_once(rollout: Rollout, events: Iterable[Event]) -> Outcome:
    """Be a machine that is always in its last stage."""
    return advance(replace(rollout, stage=len(rollout.plan.stages) - 1), events)


def without_notes(rollout: Rollout, events: Iterable[Event]) -> Outcome:
    """Be a machine that does not say which nodes are to be written down."""
    return replace(advance(rollout, events), changed=frozenset())


def without_way_back(rollout: Rollout, events: Iterable[Event]) -> Outcome:
    """Be a machine that halts, and leaves the model where it is."""
    outcome = advance(rollout, events)
    return replace(
        outcome,
        rollout=replace(outcome.rollout, returns=False),
        offers={node: offer for node, offer in outcome.offers.items() if offer != OLD},
    )


def _unforged(outcome: Outcome, plan: Plan) -> Outcome:
    return replace(outcome, rollout=replace(outcome.rollout, plan=plan))
