"""What is here already is not fetched, and what is not comes the shortest way."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

import pytest

from node.update.cache import digest_of
from node.update.machine import Step
from node.update.shortcut import NOTHING, Shortcut, base_of, path_of, shortest, terms_of
from node.update.slots import MODEL
from tests.node.update.world import FACTORY_MODEL, RICH, Node, answers
from tools.models.delta import delta
from tools.models.rehearsal import Air, Publisher
from tools.train.tuned import tuned

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from node.wire.messages import File, ModelOffer

TUNED: Final = partial(tuned, share=0.003)
SIZE: Final = FACTORY_MODEL.stat().st_size


def published(publisher: Publisher) -> ModelOffer:
    """Publish the factory's model, and the same trained on, with the deltas to it."""
    publisher.publish(1, "digits_standard_float")
    return publisher.publish(2, "digits_standard_float", trained=TUNED)


def model_bytes(air: Air, publisher: Publisher) -> int:
    """Return what was asked for of models and deltas."""
    golden = {each.hashes["sha256"] for path, each in publisher.repository.targets().items() if path.endswith("npz")}
    return sum(each.length for each in air.asks if each.digest and each.digest.hex() not in golden)


def test_update_from_what_a_node_has_comes_as_a_delta(publisher: Publisher, node: Node) -> None:
    """The factory's model and a delta make the new one, byte for byte, and it answers."""
    offer = published(publisher)
    air = node.transmit(offer)
    assert node.state == "shadow", node.reason
    assert model_bytes(air, publisher) < 0.65 * SIZE
    assert digest_of(node.folder / "slots" / "a" / MODEL) == offer.digest.hex()
    assert answers(node, 6)[-1] == "digits@2"


def test_update_from_nothing_comes_compressed(publisher: Publisher, node: Node) -> None:
    """A node that has none of the bases takes the delta from nothing, which is the model compressed."""
    offer = published(publisher)
    publisher.repository.remove(path_of(offer.target, digest_of(FACTORY_MODEL)))
    publisher.sign()
    air = node.transmit(offer)
    assert node.state == "shadow", node.reason
    assert 0.65 * SIZE < model_bytes(air, publisher) < 0.9 * SIZE


def broken(change: Callable[[bytes, bytes], bytes], publisher: Publisher) -> ModelOffer:
    """Publish a delta that does not lead where its signed terms say."""
    offer = published(publisher)
    base = digest_of(FACTORY_MODEL)
    path = path_of(offer.target, base)
    publisher.repository.remove(path, path_of(offer.target, NOTHING))
    new = (publisher.folder / "targets" / offer.digest.hex()).read_bytes()
    publisher.repository.add(path, change(FACTORY_MODEL.read_bytes(), new), terms_of(base, offer.digest.hex()))
    publisher.sign()
    return offer


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda base, new: delta(base, new)[:-9], "and says"),
        (lambda base, new: delta(base[:50_000], new[:50_000]), "ends too early"),
        (lambda base, new: delta(base, new + bytes(9)), "another file"),
        (lambda base, new: delta(base, bytes(len(new))), "leads to another file"),
        (lambda base, new: delta(base + new, new), "where its base has"),
        (lambda *_: b"a model it is not", "does not begin as one"),
    ],
    ids=["cut", "short", "long", "other", "base", "noise"],
)
def test_update_whose_delta_leads_elsewhere_fetches_the_whole_model(
    publisher: Publisher, node: Node, change: Callable[[bytes, bytes], bytes], reason: str
) -> None:
    """A delta costs its own bytes at the worst: the model comes whole, and what went wrong is counted and told."""
    offer = broken(change, publisher)
    node.transmit(offer)
    assert (node.state, node.updater.told()["detours"]) == ("download", "1")
    assert reason in node.reason
    assert "the whole model is fetched" in node.reason
    air = node.transmit(offer)
    assert (node.state, node.updater.told()["detours"]) == ("shadow", "1")
    assert model_bytes(air, publisher) >= SIZE


def test_update_whose_delta_takes_the_process_down_fetches_the_whole_model(publisher: Publisher, node: Node) -> None:
    """A step that ended the process twice is not begun a third time with the delta."""
    offer = published(publisher)
    progress = node.updater._progress
    node.updater.errand(offer, *(Air(publisher.folder, node.clock),) * 2, means=RICH)
    progress.save(replace(progress.update, attempts=2))  # as two starts leave it that died in it
    node.again()
    node.updater.work()
    assert (node.state, node.updater.told()["detours"]) == ("download", "1")
    node.transmit(offer)
    assert node.state == "shadow"


def test_update_whose_delta_is_forged_on_its_way_asks_for_it_anew(publisher: Publisher, node: Node) -> None:
    """A delta with another digest than was signed is no delta; nothing of it is undone."""
    offer, air = published(publisher), Air(publisher.folder, node.clock)
    targets = publisher.repository.targets()
    digest = bytes.fromhex(targets[path_of(offer.target, digest_of(FACTORY_MODEL))].hashes["sha256"])
    seen: list[int] = []

    def once(piece: File) -> File:
        if piece.digest != digest or piece.offset or seen:
            return piece
        seen.append(piece.id)
        return replace(piece, data=bytes(len(piece.data)))

    air.forge = once
    node.transmit(offer, air)
    assert (node.state, "another digest" in node.reason) == ("download", True)
    node.transmit(offer, air)
    assert (node.state, "detours" in node.updater.told()) == ("shadow", False)


def test_model_that_was_rolled_back_and_comes_again_is_not_fetched_again(publisher: Publisher, node: Node) -> None:
    """A model that failed its probation is offered anew: metadata are asked for, and not one piece."""
    offer = publisher.publish(2)
    node.transmit(offer)
    node.updater.refuse("on probation: it was no good")
    assert node.state == "failed"
    node.transmit(None)
    air = node.transmit(offer)
    assert (node.state, air.asked) == ("shadow", [])


def test_model_that_the_factory_gave_is_not_fetched(publisher: Publisher, node: Node) -> None:
    """What is offered is what the node was made with: only the golden windows come."""
    offer = publisher.publish(1, "digits_standard_float")
    air = node.transmit(offer)
    assert node.state == "shadow", node.reason
    assert offer.digest not in {digest for digest, _ in air.asked}


def test_golden_windows_that_two_models_share_are_fetched_once(publisher: Publisher, node: Node) -> None:
    """A file is its digest, whatever it is called."""
    node.transmit(publisher.publish(2))
    answers(node, 6)
    targets = publisher.repository.targets()
    golden = (publisher.folder / "targets" / targets["digits@2.npz"].hashes["sha256"]).read_bytes()
    model = (publisher.folder / "targets" / targets["digits@2.tflite"].hashes["sha256"]).read_bytes()
    terms = node.updater._found.terms
    again = publisher.put(replace(terms, version=3, golden="digits@3.npz"), model, golden)
    air = node.transmit(again)
    assert (node.state, air.asked) == ("shadow", [])


def test_file_that_rots_in_the_cache_is_fetched_again(publisher: Publisher, node: Node) -> None:
    """What is here is compared with its digest at each use: a disk is not believed for what it once was."""
    offer = publisher.publish(2)
    node.transmit(offer)
    node.updater.refuse("on probation: it was no good")
    node.transmit(None)
    (node.folder / "cache" / offer.digest.hex()).write_bytes(b"rot")
    node.transmit(offer)
    assert (node.state, "another digest" in node.reason) == ("download", True)
    node.transmit(offer)
    assert node.state == "shadow"


def test_offer_that_changes_and_changes_back_goes_on_where_it_was(publisher: Publisher, node: Node) -> None:
    """What is half here stays when another model is offered meanwhile."""
    first, second = published(publisher), publisher.publish(3)
    air = Air(publisher.folder, node.clock)
    air.cut_after = 6
    node.transmit(first, air)
    assert node.updater.step is Step.DOWNLOAD
    here = {each for each in air.asked if each[0]}
    node.transmit(second)
    air = node.transmit(first)
    assert node.state == "shadow"
    assert len(set(air.asked) & here) <= 1, "only the piece that the cut took"


def test_cache_over_its_budget_lets_go_of_the_oldest_and_never_of_what_is_offered(
    publisher: Publisher, tmp_path: Path
) -> None:
    """With a budget of nothing an update succeeds all the same, and leaves nothing but what is in a slot."""
    node = Node(tmp_path, publisher, cache_mb=0.0)
    old = published(publisher)
    node.transmit(old)
    answers(node, 6)
    assert node.state == "successful"
    assert {path.name for path in (node.folder / "cache").iterdir()} <= {old.digest.hex()}
    node.transmit(publisher.publish(3))
    answers(node, 6)
    assert node.state == "successful"
    assert len(list((node.folder / "pieces").iterdir())) == 0


def test_draft_that_a_power_cut_left_is_swept_at_the_next_start(node: Node) -> None:
    """Half a file under a draft's name is nobody's."""
    draft = node.folder / "cache" / "abc.new"
    draft.write_bytes(b"half")
    node.again()
    assert not draft.exists()


def test_shortcut_is_taken_only_from_what_is_here_and_when_it_is_shorter(publisher: Publisher, node: Node) -> None:
    """No delta that is as long as the model, none from a base that is not here, and of two the shorter."""
    node.transmit(published(publisher))
    found = node.updater._found
    small, large = sorted(found.shortcuts, key=lambda each: each.file.size_bytes)
    held = {small.base, large.base}
    assert shortest([large, small], held, found.model.size_bytes) == small
    assert shortest([large, small], {large.base}, found.model.size_bytes) == large
    assert shortest([large, small], {"ab" * 32}, found.model.size_bytes) is None
    assert shortest([small], held, small.file.size_bytes) is None
    assert shortest([Shortcut(file=found.model, base=small.base)], held, found.model.size_bytes) is None


@pytest.mark.parametrize(
    "said",
    [None, "delta", {}, {"base": 7}, {"algorithm": "xdelta", "base": "aa", "full": "ff"}, terms_of("aa", "ee")],
    ids=str,
)
def test_target_that_is_no_delta_to_this_model_is_none(said: object) -> None:
    """Another layout, another end, no words at all: the node goes the whole way."""
    assert base_of(terms_of("aa", "ff"), "ff") == "aa", "the control"
    assert base_of(said, "ff") == ""


def test_cache_lets_go_of_what_was_not_of_use_for_longest_and_never_of_what_is_in_a_slot(
    publisher: Publisher, tmp_path: Path
) -> None:
    """Of two models that failed, the first goes: the second still is where it was installed."""
    node = Node(tmp_path, publisher, cache_mb=0.02)
    offers = [publisher.publish(2), publisher.publish(3, "digits_float")]
    for offer in offers:
        node.transmit(offer)
        node.updater.refuse("it was no good")
    left = {path.name for path in (node.folder / "cache").iterdir()}
    assert offers[0].digest.hex() not in left
    assert offers[1].digest.hex() in left


def test_next_version_fetches_the_answers_of_its_selftest_and_not_the_windows(publisher: Publisher, node: Node) -> None:
    """The windows are a file of their own, which the last version left here."""
    targets = publisher.repository.targets
    node.transmit(publisher.publish(2))
    windows = node.updater._found.windows
    assert windows is not None
    offer = publisher.publish(3, trained=TUNED)
    air = node.transmit(offer)
    assert node.state == "shadow", node.reason
    asked = {digest.hex() for digest, _ in air.asked}
    assert windows.digest.hex() not in asked
    assert targets()["digits@3.npz"].hashes["sha256"] in asked
