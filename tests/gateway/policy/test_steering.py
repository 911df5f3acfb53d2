"""Steering: what each node is sent, by the operator's word, the schedule and what nodes tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.config import Config
from gateway.policy import key, register
from gateway.policy.register import Draft, Signed
from gateway.site import Site
from gateway.store.database import Store
from node.wire import codec, ed25519, policy
from node.wire.messages import Desired, Health, Policy, Reported
from tests.gateway.world import BOOT, NOW_MS, sent

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from node.wire.messages import Value

HOUR_MS = 3_600_000
RULES = """
[[rule]]
name = "empty"
charge_below = 0.3
settings = { "sleep.period_s" = 600.0 }
"""


class World:
    """A site with a key, and nodes that tell what they are told to."""

    def __init__(self, folder: Path, rules: str = "", zone: str = "UTC") -> None:
        self._folder = folder
        self._zone = zone
        key.make(folder / "policy.key")
        if rules:
            (folder / "schedule.toml").write_text(rules)
        self.now_ms = NOW_MS
        self.restart()

    def restart(self) -> None:
        """Open the site on what is on disk."""
        schedule = self._folder / "schedule.toml"
        options = {"key_file": self._folder / "policy.key", "schedule_file": schedule if schedule.exists() else None}
        self.store = Store(self._folder / "gateway.db")
        self.site = Site(Config.model_validate({"site": {"zone": self._zone}, "policy": options}), self.store)

    def sign(self, settings: Mapping[str, Value], audience: str = "site", *, hours: float = 24.0) -> int:
        """Sign as the command does, beside the running gateway; returns the counter."""
        other = Store(self._folder / "gateway.db")
        draft = Draft(audience=audience, settings=settings, not_after_ms=self.now_ms + round(hours * HOUR_MS))
        with other.transaction():
            (signed,) = register.sign(other.database, [draft], key.read(self._folder / "policy.key"), self.now_ms)
        other.close()
        return signed.counter

    def tell(self, node: str, *, group: str = "", charge: float | None = None) -> None:
        """Have a node say how it is."""
        settings: dict[str, Value] = {"policy.group": group} if group else {}
        gauges = {} if charge is None else {"battery_charge": charge}
        health = Health(boot_id=BOOT, time_ms=self.now_ms, uptime_s=1.0, gauges=gauges)
        self.site.commit([sent(Reported(version=1, settings=settings), node), sent(health, node)], self.now_ms)

    def tick(self, hours: float = 0.02) -> dict[str, Desired]:
        """Let time go by; returns what is said to nodes then."""
        self.now_ms += round(hours * HOUR_MS)
        said = self.site.tick(self.now_ms)
        told = {
            each.topic.split("/")[3]: codec.decode("desired", each.payload) for each in said if "desired" in each.topic
        }
        return {node: message for node, message in told.items() if isinstance(message, Desired)}

    def accepted(self, node: str, desired: Desired, *, group: str = "", counter: int = -1) -> Policy:
        """Read a policy as the node would."""
        public, _ = key.read(self._folder / "policy.key")
        trust = policy.Trust(
            keys={ed25519.key_id(public): public},
            audiences=policy.audiences("site", node, group),
            counter=counter,
            now_ms=self.now_ms,
        )
        return policy.accept(desired.policy, trust, ed25519.verify)

    def history(self) -> list[Signed]:
        """Return what was signed, the newest first."""
        return register.history(self.store.database)


def test_steering_operators_word_reaches_the_node_that_is_meant(tmp_path: Path) -> None:
    """A policy signed beside the running gateway goes out at the next tick, and raises the version."""
    world = World(tmp_path)
    world.tell("n1")
    world.tell("n2")
    before = world.tick()
    world.sign({"sleep.period_s": 30.0}, "site/n1")
    said = world.tick()
    assert set(said) == {"n1"}
    assert said["n1"].version > (before["n1"].version if "n1" in before else 0)
    assert world.accepted("n1", said["n1"]).settings == {"sleep.period_s": 30.0}
    assert world.tick() == {}


def test_steering_group_is_the_one_that_the_node_tells(tmp_path: Path) -> None:
    """A node that joins a group is sent what holds for it; the newest word counts, whomever it was meant for."""
    world = World(tmp_path)
    world.tell("n1")
    world.sign({"sleep.period_s": 30.0}, "site/+pumps")
    assert world.tick() == {}
    world.tell("n1", group="pumps")
    said = world.tick()
    assert world.accepted("n1", said["n1"], group="pumps").counter == 1
    world.sign({"sleep.period_s": 40.0}, "site")
    assert world.accepted("n1", world.tick()["n1"], group="pumps", counter=1).counter == 2
    world.sign({"sleep.period_s": 50.0}, "site/n1")
    assert world.accepted("n1", world.tick()["n1"], group="pumps", counter=2).counter == 3


def test_steering_restart_sends_the_same_and_no_more(tmp_path: Path) -> None:
    """Policies outlive the gateway, and a restart is no news."""
    world = World(tmp_path)
    world.tell("n1")
    world.sign({"sleep.period_s": 30.0})
    first = world.tick()["n1"]
    world.restart()
    assert world.tick() == {}
    world.tell("n2")
    assert world.tick()["n2"].policy == first.policy


def test_steering_policy_whose_time_is_over_is_sent_no_more(tmp_path: Path) -> None:
    """What is over is taken back from the retained state; what held before it holds again."""
    world = World(tmp_path)
    world.tell("n1")
    first = world.sign({"sleep.period_s": 30.0}, hours=100.0)
    world.sign({"sleep.period_s": 40.0}, "site/n1", hours=1.0)
    world.tick()
    said = world.tick(hours=1.1)
    assert world.accepted("n1", said["n1"]).counter == first
    assert world.tick(hours=100.0)["n1"].policy == b""


def test_steering_counter_rises_beyond_what_a_lost_register_had(tmp_path: Path) -> None:
    """Nodes tell which counter they saw last: a new database goes on behind it, and is not taken for a replay."""
    world = World(tmp_path)
    settings: dict[str, Value] = {"policy.newest": 70}
    world.site.commit([sent(Reported(version=1, policy_counter=60, settings=settings))], NOW_MS)
    assert world.sign({"sleep.period_s": 30.0}) == 71


def test_steering_schedule_signs_for_the_node_whose_battery_is_low(tmp_path: Path) -> None:
    """A rule is laid over the operator's word, left with hysteresis, and then the operator's word holds again."""
    world = World(tmp_path, RULES)
    world.sign({"sleep.period_s": 60.0, "dvfs.mode": "auto"}, hours=1000.0)
    world.tell("n1", charge=0.5)
    world.tell("n2", charge=0.2)
    said = world.tick()
    assert world.accepted("n1", said["n1"]).settings == {"sleep.period_s": 60.0, "dvfs.mode": "auto"}
    slow = world.accepted("n2", said["n2"])
    assert slow.settings == {"sleep.period_s": 600.0, "dvfs.mode": "auto"}
    for charge in (0.31, 0.29, 0.34):
        world.tell("n2", charge=charge)
        assert "n2" not in world.tick(hours=1.0)
    world.tell("n2", charge=0.4)
    back = world.accepted("n2", world.tick(hours=1.0)["n2"], counter=slow.counter)
    assert back.settings == {"sleep.period_s": 60.0, "dvfs.mode": "auto"}
    assert [(each.source, each.note) for each in world.history()] == [
        ("schedule", ""),
        ("schedule", "empty"),
        ("operator", ""),
    ]


@pytest.mark.parametrize(("first", "own"), [("", True), ("offset_h = 0.0\n", False)])
def test_steering_schedule_goes_by_the_sites_zone_unless_it_has_an_offset(
    tmp_path: Path, first: str, *, own: bool
) -> None:
    """22:30 in Tokyo is 13:30 by UTC: one rule there, another where the file says that local time is UTC."""
    span = '[[rule]]\nname = "{}"\nfrom_h = {}\nuntil_h = {}\nsettings = {{ "sleep.period_s" = {} }}\n'
    rules = first + span.format("night", 22, 23, 600.0) + span.format("noon", 13, 14, 10.0)
    world = World(tmp_path, rules, "Asia/Tokyo")
    world.now_ms = NOW_MS // (24 * HOUR_MS) * 24 * HOUR_MS + round(13.5 * HOUR_MS)
    world.tell("n1")
    said = world.tick(0.0)
    assert world.accepted("n1", said["n1"]).settings == {"sleep.period_s": 600.0 if own else 10.0}


def test_steering_schedule_renews_before_its_policy_is_over(tmp_path: Path) -> None:
    """A rule that stays in force is signed again at half of its time, so that only a dead gateway lets it lapse."""
    world = World(tmp_path, RULES)
    counters = []
    for _ in range(60):
        world.tell("n1", charge=0.2)
        counters += [world.accepted("n1", each).counter for each in world.tick(hours=2.0).values()]
    assert len(counters) == 120 // 24 or len(counters) == 120 // 24 + 1
    assert counters == sorted(set(counters))


def test_steering_schedule_ends_with_the_operators_word(tmp_path: Path) -> None:
    """What is laid over a policy is over with it, and is not signed again and again in its last hours."""
    world = World(tmp_path, RULES)
    world.sign({"dvfs.mode": "auto"}, hours=10.0)
    counters = []
    for _ in range(9):
        world.tell("n1", charge=0.2)
        counters += [world.accepted("n1", each).counter for each in world.tick(hours=1.0).values()]
    assert counters == [2]
    world.tell("n1", charge=0.2)
    assert world.accepted("n1", world.tick(hours=2.0)["n1"]).settings == {"sleep.period_s": 600.0}


def test_steering_report_of_a_new_policy_is_answered_at_once(tmp_path: Path) -> None:
    """A node waits for a word of the gateway under a new policy; a report that is no news is not answered."""
    world = World(tmp_path)
    world.sign({"sleep.period_s": 30.0})
    world.tell("n1")
    world.tick()
    for counter, answered in ((1, True), (1, False)):
        world.site.commit([sent(Reported(version=2, policy_counter=counter))], world.now_ms)
        assert ("n1" in world.tick(hours=0.001)) is answered


def test_steering_thousands_of_nodes_take_their_turns(tmp_path: Path) -> None:
    """The schedule looks at some nodes a tick, and comes to all of them."""
    world = World(tmp_path, RULES)
    names = [f"n{at}" for at in range(700)]
    for name in names:
        world.tell(name, charge=0.2)
    told: list[str] = []
    ticks = 0
    while len(told) < len(names) and ticks < 20:
        told += world.tick(hours=0.001)
        ticks += 1
    assert sorted(told) == sorted(names)
    assert ticks >= 2


def test_steering_schedule_without_news_of_a_node_says_nothing(tmp_path: Path) -> None:
    """A charge of the day before yesterday is not known any more, and what nobody told fits no rule."""
    world = World(tmp_path, RULES)
    world.tell("n1")
    assert world.tick() == {}
    world.tell("n2", charge=0.2)
    assert world.tick()["n2"].policy
    assert world.accepted("n2", world.tick(hours=27.0)["n2"]).settings == {}
