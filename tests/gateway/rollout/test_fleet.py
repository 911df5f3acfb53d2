"""A thousand sleepers on the virtual clock: some dead, some on which the model fails; or all of them."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gateway.rollout.machine import Course
from gateway.rollout.member import Phase
from gateway.rollout.plan import staged
from tests.gateway.rollout.laws import BEGIN_MS, Site, planned
from tests.gateway.rollout.sleepers import MINUTE_MS, Sleeper

if TYPE_CHECKING:
    from collections.abc import Mapping

NODES: Final = 1000
STAGES: Final = ("20", "10%", "all")


def fleet(dead: int, failing: int, *, fails_from: int = 0, **limits: object) -> Site:
    """Return a site of a thousand nodes that wake every quarter of an hour to every two hours, in three stages."""
    chance = random.Random(5)
    names = [f"n{at}" for at in range(NODES)]
    stages, of = staged(STAGES, names, "r")
    fates = dict.fromkeys(chance.sample(names, dead), "dead")
    others = [name for name in names if name not in fates and of[name] >= fails_from]
    fates |= dict.fromkeys(chance.sample(others, failing), "fails")
    nodes: Mapping[str, tuple[Sleeper, int]] = {
        name: (_sleeper(name, fates.get(name, "good"), chance), of[name]) for name in names
    }
    plan = planned({each.name: each.size for each in stages}, concurrency=100, **limits)
    return Site(replace(plan, windows=()), nodes)


def _sleeper(name: str, fate: str, chance: random.Random) -> Sleeper:
    period_ms = chance.choice([15, 30, 60, 120]) * MINUTE_MS
    node = Sleeper(name=name, period_ms=period_ms, wakes_ms=BEGIN_MS + chance.randrange(period_ms))
    node.download = chance.randint(1, 4)
    node.is_dead, node.fails = fate == "dead", -1 if fate == "fails" else 0
    return node


def phases(site: Site) -> Counter[str]:
    """Return how many nodes stand where."""
    return Counter(str(each.phase) for each in site.rollout.members.values())


def until_over(site: Site, days: int) -> int:
    """Let time go by until nothing more can happen; returns the hours that it took."""
    for hour in range(24 * days):
        if site.rollout.course is not Course.RUNNING and not phases(site)[Phase.RETURNING]:
            return hour
        site.pass_minutes(60)
    return 24 * days


def test_fleet_with_dead_and_failing_nodes_gets_to_its_end() -> None:
    """Dead ones hold nobody up, failing ones are tried again and left; all others have the model within three days."""
    site = fleet(dead=50, failing=20)
    hours = until_over(site, days=4)
    assert (site.rollout.course, site.broken) == (Course.COMPLETE, set())
    assert phases(site) == {Phase.DONE: 930, Phase.FAILED: 20, Phase.UNREACHED: 50}
    assert {node.model for node in site.nodes.values() if not node.is_dead and not node.fails} == {"digits@2"}
    assert hours <= 72


def test_fleet_whose_model_is_bad_loses_no_more_than_its_canaries() -> None:
    """It halts in the first stage, after three of twenty; nobody past them was ever offered it."""
    site = fleet(dead=50, failing=950)
    until_over(site, days=2)
    assert (site.rollout.course, site.broken) == (Course.HALTED, set())
    offered = [each for each in site.rollout.members.values() if each.offers]
    assert {each.stage for each in offered} == {0}
    assert len(offered) <= 20


def test_fleet_whose_model_fails_some_goes_back_from_where_it_got_to() -> None:
    """It suits the canaries, and one in five of the others it does not: whoever took it has the former one again."""
    site = fleet(dead=50, failing=200, fails_from=1)
    until_over(site, days=4)
    assert (site.rollout.course, site.broken) == (Course.HALTED, set())
    assert site.rollout.stage == 1
    assert phases(site)[Phase.RETURNED] > 20
    assert phases(site)[Phase.DONE] == 0
    assert {node.model for node in site.nodes.values()} == {"digits@1"}
