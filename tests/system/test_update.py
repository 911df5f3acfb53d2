"""A model from the publisher's desk to a node's answers, over a real broker, with real processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.broker import MOSQUITTO
from tests.system.plant import Plant

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed; run: apt-get install mosquitto")


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    """Open it, and leave nothing running."""
    made = Plant(tmp_path)
    try:
        yield made
    finally:
        made.close()


def test_update_over_a_broker_changes_what_answers(plant: Plant) -> None:
    """Published, offered, fetched, tested, on probation, committed: the next answer is the new model's."""
    plant.start("gateway")
    plant.start("meter")
    plant.until(lambda: "digits@1" in plant.answering(), "the factory answers")
    plant.publish("digits_int8", 2)
    assert plant.type("offer", "--node", "meter", "digits@2.tflite") == 0
    plant.until(lambda: plant.state() == "successful", "the update succeeds")
    plant.until(lambda: "digits@2" in plant.answering(), "the new model answers")
    plant.until(lambda: plant.model() == "digits@2", "it is reported")

    plant.children.pop("meter").kill()
    plant.start("meter")
    plant.until(lambda: plant.starts() == 2 and bool(plant.answering()), "the node answers after a restart")
    assert plant.answering() == {"digits@2"}
