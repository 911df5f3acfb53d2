"""A rollout through a gateway: commands beside it, nodes' messages into it, desired states out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.rollout import page
from gateway.rollout.machine import Course
from tests.gateway.rollout.sleepers import NEW, OLD
from tests.gateway.rollout.town import Town

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.rollout.machine import Rollout

HAS = {"state": "successful", "target": NEW.target}
FAILED = {"state": "failed", "target": NEW.target, "reason": "the self-test answers otherwise"}


@pytest.fixture
def town(tmp_path: Path) -> Town:
    """Four nodes have spoken."""
    made = Town(tmp_path)
    for at in range(4):
        made.tell(f"n{at}")
    return made


def rollout(town: Town, name: str = "spring") -> Rollout:
    """Return how a rollout stands on disk."""
    found = page.named(town.store.database, name)
    assert found
    return found.rollout


def test_rollout_offers_stage_after_stage_and_comes_to_its_end(town: Town) -> None:
    """The canary alone, until it tells that it has the model; then the others; each offer in its desired state."""
    assert town.roll("create", "spring", NEW.target, "--stages", "n2", "all") == 0
    assert town.tick() == {"n2": NEW.target}
    town.tell("n2", update={"state": "download", "target": NEW.target})
    assert set(town.tick()) == {"n2"}
    town.tell("n2", "digits@2", HAS)
    assert set(town.tick()) == {"n0", "n1", "n2", "n3"}
    for node in ("n0", "n1", "n3"):
        town.tell(node, "digits@2", HAS)
    town.tick()
    assert rollout(town).course is Course.COMPLETE


def test_rollout_that_halts_has_what_took_it_go_back(town: Town) -> None:
    """The failed one is offered nothing, the one that has it the former model, and the last never heard of it."""
    town.roll("create", "spring", NEW.target, "--stages", "n0,n1", "all", "--success", "1", "--failure", "0")
    town.tick()
    town.tell("n0", "digits@2", HAS)
    town.tell("n1", update=FAILED)
    assert town.tick() == {"n0": OLD.target}
    assert rollout(town).reason == "1 of the 2 nodes of stage 1 failed, and 0 may"
    town.tell("n0", update={"state": "successful", "target": OLD.target})
    town.tick()
    assert {node: str(each.phase) for node, each in rollout(town).members.items()} == {
        "n0": "returned",
        "n1": "boxed",
        "n2": "waiting",
        "n3": "waiting",
    }


def test_rollout_that_halted_leaves_its_nodes_when_they_are_back(town: Town) -> None:
    """Until a node has woken without the offer it may yet take the model; after that, an operator may offer it anew."""
    town.roll("create", "spring", NEW.target, "--stages", "n0,n1,n2", "all", "--failure", "0")
    town.tick()
    town.tell("n0", "digits@2", HAS)
    town.tell("n2", update={"state": "commit", "target": NEW.target})
    town.tell("n1", update=FAILED)
    assert town.tick() == {"n0": OLD.target}
    town.tell("n2", "digits@2", HAS)  # it had begun to commit, and that it does
    assert town.tick() == {"n0": OLD.target, "n2": OLD.target}
    for node in ("n0", "n2"):
        town.tell(node, "digits@1", {"state": "successful", "target": OLD.target})
    town.tick()
    assert not rollout(town).returns
    assert town.type("offer", "--node", "n0", NEW.target) == 0
    town.tell("n0", "digits@2", HAS)
    assert town.tick(20, "n0")["n0"] == NEW.target


def test_rollout_outlives_restarts_of_the_gateway(town: Town) -> None:
    """Whatever was told before a crash, and not yet taken in, is taken in after it; nothing is offered twice."""
    town.roll("create", "spring", NEW.target, "--stages", "n2", "all", "--concurrency", "2")
    town.tick()
    town.tell("n2", "digits@2", HAS)  # and no tick before the gateway is killed
    town.restart()
    offered = town.tick()
    assert len(offered) == 3
    town.restart()
    assert town.tick() == offered


def test_rollout_hears_an_operator_beside_it_within_a_tick(town: Town) -> None:
    """Pause, resume and abort are rows that another process writes."""
    town.roll("create", "spring", NEW.target, "--stages", "n2", "all", "--concurrency", "1")
    town.tick()
    assert town.roll("pause", "spring") == 0
    town.tell("n2", "digits@2", HAS)
    assert set(town.tick()) == {"n2"}
    town.roll("resume", "spring")
    assert len(town.tick()) == 2
    town.roll("abort", "spring")
    assert set(town.tick()) == {"n2"}
    assert rollout(town).course is Course.ABORTED


def test_rollout_aborted_with_revert_sends_back_what_took_it(town: Town) -> None:
    """The operator's last word may be that all is as it was."""
    town.roll("create", "spring", NEW.target, "--stages", "n2", "all", "--concurrency", "1")
    town.tick()
    town.tell("n2", "digits@2", HAS)
    town.tick()
    town.roll("abort", "spring", "--revert")
    assert town.tick() == {"n2": OLD.target}


def test_rollout_leaves_a_node_whose_battery_is_low_until_it_is_full(town: Town) -> None:
    """What a node tells of its charge counts at the next offer."""
    town.charge("n2", 0.2)
    town.roll("create", "spring", NEW.target, "--node", "n2")
    assert town.tick() == {}
    town.charge("n2", 0.8)
    assert town.tick() == {"n2": NEW.target}


def test_rollout_does_not_take_an_outage_of_the_gateway_for_silence(town: Town) -> None:
    """A week away, and the nodes have spoken to the broker's retained topics alone: nobody is given up."""
    town.roll("create", "spring", NEW.target, "--stages", "n2", "all")
    town.tick(3, "n2")
    town.tell("n2", update={"state": "shadow", "target": NEW.target})
    town.tick()
    town.now_ms += 7 * 86_400_000
    town.restart()
    assert town.tick() == {"n2": NEW.target}
    assert str(rollout(town).members["n2"].phase) == "begun"


def test_rollout_gives_up_who_is_silent_while_the_gateway_listens(town: Town) -> None:
    """Ten promised wakes without a word, of ten minutes each; on probation that is held against the model."""
    town.roll("create", "spring", NEW.target, "--stages", "n2", "all")
    town.tick()
    town.tell("n2", update={"state": "shadow", "target": NEW.target})
    town.tick(90)
    assert rollout(town).course is Course.RUNNING
    town.tick(30)
    assert rollout(town).course is Course.HALTED


def test_rollout_tries_a_node_again_when_it_has_left_its_failure_behind(town: Town) -> None:
    """After its wakes in the box, and not before it has seen that the offer was withdrawn."""
    words = ("--node", "n1", "--node", "n2", "--stages", "all", "--failure", "0.5", "--box-wakes", "3")
    town.roll("create", "spring", NEW.target, *words)
    town.tick()
    town.tell("n2", update=FAILED)
    assert set(town.tick(1, "n2")) == {"n1"}
    assert "n2" not in town.tick(40, "n2")
    town.tell("n2")
    assert "n2" in town.tick()
    town.tell("n2", update=FAILED)
    town.tell("n2")
    assert "n2" not in town.tick(40, "n2")
    assert str(rollout(town).members["n2"].phase) == "failed"


def test_rollout_of_a_group_takes_the_nodes_that_tell_it(town: Town) -> None:
    """Groups are those of policies."""
    town.tell("n1", group="pumps")
    town.tell("n3", group="pumps")
    assert town.roll("create", "spring", NEW.target, "--group", "pumps") == 0
    assert set(rollout(town).members) == {"n1", "n3"}


def test_rollout_does_not_offer_what_a_node_has(town: Town) -> None:
    """A node that runs the model already is through, was never offered it, and stays where it is in a halt."""
    town.tell("n0", "digits@2")
    town.roll("create", "spring", NEW.target, "--stages", "n0,n1", "all", "--failure", "0")
    assert set(town.tick()) == {"n1"}
    town.tell("n1", update=FAILED)
    assert town.tick() == {}
    assert rollout(town).course is Course.HALTED
