"""Which model answers: on probation, after it, and when slots are damaged."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from node.update.stand_in import StandIn, agree
from tests.node.update.world import FACTORY, Node, answers

if TYPE_CHECKING:
    from tools.models.rehearsal import Publisher


def test_model_on_probation_takes_over_when_both_agree(publisher: Publisher, node: Node) -> None:
    """The old model answers until then; after it, and after a restart, the new one does."""
    node.transmit(publisher.publish(2))
    engine = StandIn(FACTORY, node.updater)
    assert answers(node, 4, engine) == ["digits@1"] * 4
    assert (node.state, engine.name) == ("successful", "digits@2")
    assert answers(node, 1, engine) == ["digits@2"]
    node.again()
    assert answers(node) == ["digits@2"]


def test_model_on_probation_that_disagrees_is_rolled_back(publisher: Publisher, node: Node) -> None:
    """A model that says something else than the old one does not take over; and the same offer changes nothing."""
    offer = publisher.publish(2)
    node.transmit(offer)
    card = node.folder / "slots" / "a" / "model.toml"
    card.write_text(card.read_text().replace('"0", "1", "2"', '"x", "y", "z"').replace('"5", "6"', '"v", "w"'))
    node.params = replace(node.params, agreement=1.0, shadow_windows=10)
    node.again()
    assert set(answers(node, 12)) == {"digits@1"}
    assert node.state == "failed"
    assert "agreed with the old model in" in node.reason
    node.transmit(offer)
    assert node.state == "failed"


def test_model_on_probation_that_raises_costs_no_answer(publisher: Publisher, node: Node) -> None:
    """Whatever the candidate does wrong, the old model's answers go out."""
    node.transmit(publisher.publish(2))
    (node.folder / "slots" / "a" / "model.tflite").write_bytes(b"gone")
    assert answers(node, 2) == ["digits@1"] * 2
    assert node.state == "failed"


def test_models_of_both_slots_damaged_leave_the_factorys(publisher: Publisher, node: Node) -> None:
    """The slot before answers for a damaged one, the factory's model for two; both are told."""
    for version, model in ((2, "digits_int8"), (3, "digits_float")):
        node.transmit(publisher.publish(version, model))
        answers(node, 4)
    assert answers(node) == ["digits@3"]
    (node.folder / "slots" / "b" / "model.tflite").write_bytes(b"gone")
    node.again()
    assert answers(node) == ["digits@2"]
    (node.folder / "slots" / "a" / "model.tflite").write_bytes(b"gone")
    node.again()
    assert answers(node) == ["digits@1"]
    assert {"slot a", "slot b"} < node.updater.told().keys()


def test_model_older_than_the_committed_one_is_refused(publisher: Publisher, node: Node) -> None:
    """A version that is still signed, and was left behind, does not come back."""
    older = publisher.publish(2)
    node.transmit(publisher.publish(3, "digits_float"))
    answers(node, 4)
    node.transmit(older)
    assert (node.state, node.reason) == (
        "failed",
        "digits@2 is older than digits@3, the oldest that this node still takes",
    )


def test_model_whose_publisher_lets_nodes_go_back_can_be_left_for_the_older_one(
    publisher: Publisher, node: Node
) -> None:
    """As far back as its signed terms say, and no version further; the way forward stays open."""
    oldest, older = publisher.publish(1), publisher.publish(2)
    newest = publisher.publish(3, "digits_float", lambda terms: replace(terms, back_to=2))
    for offer in (newest, older):
        node.transmit(offer)
        answers(node, 4)
    assert (node.state, answers(node)) == ("successful", ["digits@2"])
    node.transmit(oldest)
    assert node.reason == "digits@1 is older than digits@2, the oldest that this node still takes"
    node.transmit(newest)
    answers(node, 4)
    assert answers(node) == ["digits@3"]


def test_answers_agree_by_label_or_by_numbers() -> None:
    """Labels decide where there are some; numbers need not be equal, only near."""
    assert agree({"label": "a", "confidence": 0.9}, {"label": "a", "confidence": 0.2})
    assert not agree({"label": "a"}, {"label": "b"})
    assert agree({"score": 1.0}, {"score": 1.05})
    assert not agree({"score": 1.0}, {"score": 1.5})
    assert not agree({"score": 1.0}, {"other": 1.0})
