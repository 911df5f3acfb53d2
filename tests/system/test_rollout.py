"""A rollout over a real broker to three real nodes: stage after stage, through a crash; halted, and back again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.broker import MOSQUITTO
from tests.system.plant import Plant

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed; run: apt-get install mosquitto")

NODES: Final = {"meter-1": "", "meter-2": "", "meter-3": "selftest_mb = 64"}
"""The third one's self-tests end at a ceiling that no runtime fits under: on it, every model fails."""


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    """Open it, and leave nothing running."""
    made = Plant(tmp_path, NODES)
    try:
        yield made
    finally:
        made.close()


def course(plant: Plant, name: str) -> str:
    """Return how a rollout goes."""
    ((found,),) = plant.ask("SELECT course FROM rollout WHERE name = ?", name)
    return str(found)


def phases(plant: Plant, name: str) -> dict[str, str]:
    """Return where each node stands in a rollout."""
    where = "rollout = (SELECT id FROM rollout WHERE name = ?)"
    return dict(plant.ask(f"SELECT node, phase FROM rollout_member WHERE {where}", name))  # noqa: S608 - ours


def offers(plant: Plant) -> dict[str, str]:
    """Return what is on offer."""
    return dict(plant.ask("SELECT node, target FROM offer"))


def test_rollout_over_a_broker_goes_from_the_canary_to_all_and_back(plant: Plant) -> None:
    """A good model reaches two nodes, through a kill of the gateway; one that fails on the third goes home again."""
    for name in ("gateway", *NODES):
        plant.start(name)
    plant.until(lambda: all(plant.model(node) == "digits@1" for node in NODES), "the factory's model answers")

    plant.publish("digits_int8", 2)
    two = ("--node", "meter-1", "--node", "meter-2", "--stages", "meter-1", "all")
    assert plant.type("rollout", "create", "spring", "digits@2.tflite", *two) == 0
    plant.until(lambda: phases(plant, "spring")["meter-1"] != "waiting", "the canary is offered the model")
    assert offers(plant) == {"meter-1": "digits@2.tflite"}
    plant.children.pop("gateway").kill()
    plant.start("gateway")
    plant.until(lambda: course(plant, "spring") == "complete", "both have it")
    plant.until(
        lambda: all("digits@2" in plant.answering(node) for node in ("meter-1", "meter-2")), "both answer by it"
    )
    assert "digits@2" not in plant.answering("meter-3")

    plant.publish("digits_float", 3, "--back-to", "2")
    assert plant.type("rollout", "create", "autumn", "digits@3.tflite", "--stages", "meter-1", "all") == 0
    plant.until(lambda: plant.model("meter-1") == "digits@3", "the canary has it")
    plant.until(lambda: course(plant, "autumn") == "halted", "it fails on the third")
    plant.until(lambda: phases(plant, "autumn")["meter-1"] == "returned", "the canary goes back")
    plant.until(lambda: plant.model("meter-2") == "digits@2", "the second has what it had")
    assert [plant.model(node) for node in NODES] == ["digits@2", "digits@2", "digits@1"]


def test_rollout_of_a_model_that_fails_its_self_test_halts_at_the_canary(plant: Plant) -> None:
    """Signed by everybody, and damaged: one node tries it, says why not, and the others never hear of it."""
    for name in ("gateway", "meter-1", "meter-2"):
        plant.start(name)
    plant.until(
        lambda: all(plant.model(node) == "digits@1" for node in ("meter-1", "meter-2")), "the factory's answers"
    )
    plant.publish_damaged("digits_int8", 2)
    assert plant.type("rollout", "create", "spring", "digits@2.tflite", "--stages", "meter-1", "all") == 0
    plant.until(lambda: course(plant, "spring") == "halted", "the canary fails it")
    assert phases(plant, "spring") == {"meter-1": "boxed", "meter-2": "waiting"}
    plant.until(lambda: not offers(plant), "nothing is offered any more")
    assert [plant.model(node) for node in ("meter-1", "meter-2")] == ["digits@1", "digits@1"]
