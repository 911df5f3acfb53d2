"""Which model answers: on probation, after it, and when slots are damaged."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from node.errors import ModelError
from node.options import Spec
from node.update.probation import agree
from node.update.slots import FACTORY as NO_SLOT
from node.update.slots import MOST_STARTS
from node.update.stand_in import FIRST, MOST_FAULTS, StandIn
from node.update.trace import FADES
from node.values import Features, Inference
from tests.node.update.world import FACTORY, SAMPLE, Node, answers
from tools.models.rehearsal import ZOO

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from node.values import Sample
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


def test_model_whose_commit_was_cut_short_takes_over_without_a_restart(publisher: Publisher, node: Node) -> None:
    """A start that finds a commit begun answers with the old model, commits after a transmission, and changes over."""
    offer = publisher.publish(2)
    node.transmit(offer)
    begun = node.folder / "progress.json"
    begun.write_text(begun.read_text().replace('"shadow"', '"commit"'))
    node.again()
    engine = StandIn(FACTORY, node.updater)
    assert answers(node, 1, engine) == ["digits@1"]
    node.transmit(offer)
    assert (node.state, answers(node, 2, engine)) == ("successful", ["digits@2"] * 2)


def _renewed(publisher: Publisher, node: Node, *versions: tuple[int, str]) -> None:
    """Have one version after the other take over."""
    for version, model in versions:
        node.transmit(publisher.publish(version, model))
        answers(node, 4)
        assert node.state == "successful", node.reason


def _misread(node: Node, slot: str) -> None:
    """Have a model's card name fewer classes than it has: it loads, and fails on every window."""
    card = node.folder / "slots" / slot / "model.toml"
    card.write_text(card.read_text().replace('"0", "1", ', ""))


def _refusing(node: Node) -> None:
    """Have the disk take nothing more of the slots and of the progress."""
    for place in (node.folder / "slots" / "slots.json.new", node.folder / "progress.json.new"):
        place.mkdir()


def test_model_that_fails_on_what_another_answers_is_given_up(publisher: Publisher, node: Node) -> None:
    """Each window has an answer, by the one that comes next; after three the failing one is not asked again."""
    _renewed(publisher, node, (2, "digits_int8"), (3, "digits_float"))
    _misread(node, "b")
    node.again()
    engine = StandIn(FACTORY, node.updater)
    assert answers(node, MOST_FAULTS - 1, engine) == ["digits@2"] * (MOST_FAULTS - 1)
    assert "slot b" not in node.updater.told()
    assert answers(node, 2, engine) == ["digits@2"] * 2
    assert node.updater.told()["slot b"].startswith("failed on 3 windows that another answered")
    node.again()
    assert answers(node) == ["digits@2"]


def test_window_that_no_model_can_answer_is_held_against_none(publisher: Publisher, node: Node) -> None:
    """A window without numbers is refused by all of them; the model that answers stays, and the one before it too."""
    _renewed(publisher, node, (2, "digits_int8"), (3, "digits_float"))
    node.again()
    engine = StandIn(FACTORY, node.updater)
    for _ in range(2 * MOST_FAULTS):
        with pytest.raises(ModelError, match="NaN"):
            engine.infer(SAMPLE, Features(data=np.full((1, 8, 8, 1), np.nan, np.float32)))
    assert answers(node, 1, engine) == ["digits@3"]
    assert node.updater.slots.now.bad == {}


def test_model_on_probation_answers_where_no_other_can(publisher: Publisher, node: Node) -> None:
    """A node whose factory model is gone has the candidate's answers, and in the end the candidate."""
    lost = replace(FACTORY, params=replace(FACTORY.params, model=node.folder / "gone.tflite"))  # type: ignore[type-var]
    engine = StandIn(lost, node.updater)
    with pytest.raises(ModelError, match=r"gone\.tflite"):
        answers(node, 1, engine)
    node.transmit(publisher.publish(2))
    assert answers(node, 5, engine) == ["digits@2"] * 5
    assert (node.state, engine.name) == ("successful", "digits@2")


def test_model_on_probation_waits_for_a_disk_that_refuses(publisher: Publisher, node: Node) -> None:
    """Uncounted it is not tried, and what the old model answers goes out all the same."""
    node.transmit(publisher.publish(2))
    engine = StandIn(FACTORY, node.updater)
    assert answers(node, 2, engine) == ["digits@1"] * 2
    before = node.updater.told()["agreed"]
    _refusing(node)
    assert answers(node, 6, engine) == ["digits@1"] * 6
    assert (node.state, node.updater.told()["agreed"]) == ("shadow", before)


def test_model_whose_start_cannot_be_counted_is_not_loaded(publisher: Publisher, node: Node) -> None:
    """On a disk that takes no count the factory's model answers, and nobody is given up for it."""
    _renewed(publisher, node, (2, "digits_int8"))
    _refusing(node)
    node.again()
    assert answers(node) == ["digits@1"]
    assert node.updater.slots.now.bad == {}


def test_model_that_moves_in_beside_a_bad_one_leaves_the_one_that_answers(publisher: Publisher, node: Node) -> None:
    """Where the active slot is given up, the next model goes there, not over the one that answers for it."""
    _renewed(publisher, node, (2, "digits_int8"), (3, "digits_float"))
    (node.folder / "slots" / "b" / "model.tflite").write_bytes(b"gone")
    node.again()
    assert answers(node) == ["digits@2"]
    node.transmit(publisher.publish(4))
    assert node.state == "shadow"
    assert answers(node, 4) == ["digits@2"] * 4
    assert answers(node) == ["digits@4"]


def test_model_of_the_same_name_with_other_bytes_takes_over(publisher: Publisher, node: Node) -> None:
    """What is committed is a file, not a name: published anew under its name, it is another one."""
    _renewed(publisher, node, (2, "digits_int8"))
    publisher.repository.remove("digits@2.tflite")
    publisher.repository.remove("digits@2.npz")
    _renewed(publisher, node, (2, "digits_float"))
    slots = node.updater.slots
    answering = slots.model(slots.now.active)
    assert answering
    assert answering.read_bytes() == (ZOO / "digits_float.tflite").read_bytes()


class DeathError(BaseException):
    """The model has ended the process."""


@dataclass(frozen=True, kw_only=True)
class MortalParams:
    """Of `Mortal`: the file of the slot, and the window of a start that it dies of; the factory's model has no file."""

    dies_of: int
    model: Path | None = None
    name: str = ""
    head: None = None


class Mortal:
    """An engine that answers until it ends the process, start after start, where it is not the factory's."""

    def __init__(self, params: MortalParams) -> None:
        self.name = "mortal@1" if params.model else "sound@1"
        self._left = params.dies_of if params.model else 1 << 30

    def load(self) -> None:
        """Load nothing."""

    def infer(self, _sample: Sample, _features: Features | None) -> Sequence[Inference]:
        """Answer, or die."""
        self._left -= 1
        if not self._left:
            raise DeathError
        return [Inference(values={"label": "7"}, model=self.name)]

    def close(self) -> None:
        """Free nothing."""


def _lived(node: Node, dies_of: int) -> list[str]:
    """Return who answered in a start of a node whose renewed model dies of a window; it ends without a goodbye."""
    node.again()
    mortal = Spec("mortal", "tests.node.update.test_stand_in:Mortal", MortalParams(dies_of=dies_of))
    engine, heard = StandIn(mortal, node.updater), []
    try:
        for _ in range(2 * FIRST):
            heard += [each.model for each in engine.infer(SAMPLE, None)]
    except DeathError:
        pass
    return heard


@pytest.mark.parametrize("dies_of", [1, 2, FIRST, FIRST + 1, 2 * FIRST])
def test_model_that_ends_each_start_early_is_given_up(publisher: Publisher, node: Node, dies_of: int) -> None:
    """Also where it answers some windows first: they do not take back the starts that it has ended."""
    _renewed(publisher, node, (2, "digits_int8"))
    for _ in range(MOST_STARTS):
        assert _lived(node, dies_of) == ["mortal@1"] * (dies_of - 1)
    assert _lived(node, dies_of) == ["sound@1"] * 2 * FIRST
    assert node.updater.slots.order() == [NO_SLOT]


def test_model_whose_node_loses_its_power_between_windows_stays(publisher: Publisher, node: Node) -> None:
    """Starts that end while nobody is asked are not the model's."""
    _renewed(publisher, node, (2, "digits_int8"))
    for _ in range(2 * MOST_STARTS):
        assert _lived(node, 1 << 30) == ["mortal@1"] * 2 * FIRST
        node.again()
        assert answers(node, 1) == ["digits@2"]
    assert node.updater.slots.now.bad == {}


def test_model_that_ends_a_start_late_and_the_next_early_is_given_up(publisher: Publisher, node: Node) -> None:
    """What is counted on disk, and what left a trace, is one row."""
    _renewed(publisher, node, (2, "digits_int8"))
    for dies_of in (FIRST + 2, 1, FIRST + 2):
        assert set(_lived(node, dies_of)) <= {"mortal@1"}
    assert set(_lived(node, FIRST + 2)) == {"sound@1"}


@pytest.mark.parametrize("between", ["another end", "another start of the machine", "another model"])
def test_model_that_ended_starts_late_and_not_in_a_row_stays(publisher: Publisher, node: Node, between: str) -> None:
    """Nothing is held against a model that the process, the machine or another model may have been the end of."""
    _renewed(publisher, node, (2, "digits_int8"))
    trace = node.folder / "slots" / "trace"
    for _ in range(2 * MOST_STARTS):
        assert _lived(node, FIRST + 2) == ["mortal@1"] * (FIRST + 1)
        left = trace.read_bytes()
        assert left.startswith(b"?")
        if between == "another end":
            _lived(node, 1 << 30)
        else:
            boot, slot, row = json.loads(left[1:])
            changed = ["0" * 36, slot, row] if between == "another start of the machine" else [boot, "b", row]
            trace.write_bytes(left[:1] + json.dumps(changed).encode())
    assert node.updater.slots.now.bad == {}


@pytest.mark.parametrize("damage", [b"", b"?", b"?[1]", b"?[[], {}, null]", bytes(64), b'?["", "a", 9]'])
def test_trace_that_is_damaged_says_nothing(publisher: Publisher, node: Node, damage: bytes) -> None:
    """It is never synced, so that anything may be there."""
    _renewed(publisher, node, (2, "digits_int8"))
    (node.folder / "slots" / "trace").write_bytes(damage)
    assert set(_lived(node, 1 << 30)) == {"mortal@1"}


def test_trace_fades_and_ends_with_the_process(publisher: Publisher, node: Node) -> None:
    """A model that answered long enough is worth its restart; an orderly end leaves nothing."""
    _renewed(publisher, node, (2, "digits_int8"))
    trace = node.folder / "slots" / "trace"
    assert set(_lived(node, 1 << 30)) == {"mortal@1"}
    assert trace.read_bytes().startswith(b"-")
    node.again()
    mortal = Spec("mortal", "tests.node.update.test_stand_in:Mortal", MortalParams(dies_of=1 << 30))
    engine = StandIn(mortal, node.updater)
    seen = set()
    for _ in range(FADES + 1):
        engine.infer(SAMPLE, None)
        seen.add(trace.exists())
    assert seen == {True, False}
    assert not trace.exists()
    node.again()
    engine = StandIn(mortal, node.updater)
    for _ in range(FIRST + 1):
        engine.infer(SAMPLE, None)
    assert trace.exists()
    engine.close()
    assert not trace.exists()
