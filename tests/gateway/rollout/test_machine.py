"""The machine against its laws: random sites, random operators, restarts anywhere; and machines that break each law."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gateway.rollout.events import Abort, Pause, Resume
from gateway.rollout.machine import advance
from node.update.machine import Step
from tests.gateway.rollout import laws
from tests.gateway.rollout.laws import Site, planned
from tests.gateway.rollout.sleepers import MINUTE_MS, Sleeper

if TYPE_CHECKING:
    from tests.gateway.rollout.laws import Machine

FATES: Final = ("good", "good", "good", "slow", "weak", "fails once", "fails", "dies", "dead", "deaf")
SIZES: Final = (2, 3, 5)
WEEKS: Final = range(10)


def sleeper(name: str, fate: str, period_min: int) -> Sleeper:
    """Return a node with a fate."""
    node = Sleeper(name=name, period_ms=period_min * MINUTE_MS, wakes_ms=laws.BEGIN_MS)
    node.download = 6 if fate == "slow" else 2
    node.charge = 0.2 if fate == "weak" else 0.9
    node.fails = {"fails once": 1, "fails": -1}.get(fate, 0)
    node.dies_at = Step.SELFTEST if fate == "dies" else None
    node.is_dead, node.is_deaf = fate == "dead", fate == "deaf"
    return node


def site(fates: list[str], periods_min: list[int], machine: Machine = advance, **limits: object) -> Site:
    """Return a site of ten nodes in three stages."""
    stages = [stage for stage, size in enumerate(SIZES) for _ in range(size)]
    nodes = {
        f"n{at}": (sleeper(f"n{at}", fate, period), stage)
        for at, (fate, period, stage) in enumerate(zip(fates, periods_min, stages, strict=True))
    }
    given: dict[str, object] = {"concurrency": 3, "success": 0.5, "failure": 0.34, "box_wakes": 4, **limits}
    return Site(planned(dict(zip(("two", "half", "all"), SIZES, strict=True)), **given), nodes, machine)


class Rolling(RuleBasedStateMachine):
    """Whatever happens in whatever order, no law is broken."""

    site: Site

    @initialize(
        fates=st.lists(st.sampled_from(FATES), min_size=10, max_size=10),
        periods=st.lists(st.sampled_from([1, 7, 30, 240]), min_size=10, max_size=10),
        retries=st.integers(0, 2),
        reverts=st.booleans(),
    )
    def begin(self, fates: list[str], periods: list[int], retries: int, reverts: bool) -> None:
        """Draw a site."""
        self.site = site(fates, periods, retries=retries, reverts=reverts, patience_wakes=5)

    @rule(minutes=st.sampled_from([1, 10, 90, 400]))
    def wait(self, minutes: int) -> None:
        """Let time go by."""
        self.site.pass_minutes(minutes)

    @rule()
    def restart(self) -> None:
        """Put the gateway down, and up again at once."""
        self.site.restart()

    @rule(minutes=st.integers(3, 3000))
    def go_down(self, minutes: int) -> None:
        """Let the gateway be away; nodes wake to what is retained, and their last words are there when it is back."""
        site = self.site
        site.now_ms += minutes * MINUTE_MS
        events = [event for name, node in site.nodes.items() for event in node.wake(site.now_ms, site.table[name])]
        site.restart()
        site.happen([])
        site.happen(events)

    @rule(node=st.integers(0, 9), charge=st.sampled_from([0.05, 0.29, 0.3, 1.0]))
    def charge(self, node: int, charge: float) -> None:
        """Let a battery fill or empty."""
        self.site.nodes[f"n{node}"].charge = charge

    @rule(word=st.sampled_from([Pause(), Resume(), Resume(skips=True), Abort(), Abort(reverts=True)]))
    def say(self, word: Pause | Resume | Abort) -> None:
        """Let an operator say something."""
        self.site.say(word)

    @invariant()
    def no_law_is_broken(self) -> None:
        """The law of laws."""
        assert not self.site.broken


TestRolling = Rolling.TestCase
TestRolling.settings = settings(max_examples=20, stateful_step_count=15, deadline=None)


def lived(machine: Machine, seed: int) -> set[str]:
    """Return the laws that a machine breaks in some days at a site that is drawn from a seed, with an operator."""
    chance = random.Random(seed)
    fates = chance.choices(FATES, k=10)
    found = site(fates, chance.choices([7, 30, 60], k=10), machine, failure=chance.choice([0.34, 0.7]))
    found.pass_minutes(60 * chance.randrange(2, 30))
    found.restart()
    if seed % 3 == 0:
        found.say(Abort())
    found.settle(2)
    return found.broken


CONTROLS: Final[dict[str, Machine]] = {
    "so many at a time": laws.with_limits(concurrency=99),
    "in the window": laws.without_windows,
    "nothing stands at day that is not begun": laws.without_taking_back,
    "not on a low battery": laws.with_limits(least_charge=0.0),
    "halts at its threshold": laws.with_limits(failure=0.99),
    "not in the box": laws.with_limits(box_wakes=0),
    "so many retries": laws.with_limits(retries=9),
    "stage after stage": laws.all_at_once,
    "over is over": laws.without_aborts,
    "what failed goes back": laws.without_way_back,
    "restarts lose nothing": laws.without_notes,
}
"""A machine that breaks each law."""


def test_machine_in_many_weeks_breaks_no_law() -> None:
    """The same weeks as below, lived by the real one."""
    assert {seed: broken for seed in WEEKS if (broken := lived(advance, seed))} == {}


@pytest.mark.parametrize("law", CONTROLS)
def test_machine_that_breaks_a_law_is_caught(law: str) -> None:
    """Negative control: each law is broken, and seen to be, in one of these weeks."""
    assert any(law in lived(CONTROLS[law], seed) for seed in WEEKS)
