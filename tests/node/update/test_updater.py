"""One step after another: interrupted, resumed, and refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from node.update import machine
from node.update.machine import Step
from node.update.terms import Terms
from node.update.updater import Means
from tests.node.update.world import Node, noise
from tools.models.rehearsal import Air, Publisher

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from node.wire.messages import File


def test_update_interrupted_at_every_piece_asks_for_none_twice(publisher: Publisher, node: Node) -> None:
    """Interrupted again and again, with restarts: what is here is not asked for again, what was on its way is."""
    offer = noise(publisher, 20 * 61_440)
    asked: list[tuple[bytes, int]] = []
    cuts = 0
    while node.updater.step not in machine.OFF_LINK | {Step.FAILED}:
        air = Air(publisher.folder, node.clock)
        air.cut_after = 3 if asked else 8  # the metadata come first
        node.transmit(offer, air)
        asked += [each for each in air.asked if each[0] == offer.digest]
        node.again()
        cuts += not air.connected
    assert cuts >= 5
    assert {offset for _, offset in asked} == set(range(0, 20 * 61_440, 61_440))
    assert len(asked) - 20 <= cuts  # at most the one piece that a cut took


def test_update_whose_pieces_are_forged_fetches_anew_and_gives_up(publisher: Publisher, node: Node) -> None:
    """What arrives with another digest is not installed, is asked for again, and not for ever."""
    offer, air = publisher.publish(2), Air(publisher.folder, node.clock)
    air.forge = lambda piece: replace(piece, data=bytes(len(piece.data))) if piece.digest == offer.digest else piece
    for _ in range(5):
        node.transmit(offer, air)
    assert node.state == "failed"
    assert "another digest" in node.reason
    assert air.asked.count((offer.digest, 0)) == machine.MOST_ROUNDS


def _of_another_file(piece: File) -> File:
    return replace(piece, digest=bytes(range(32))) if piece.offset == 0 else piece


def _off_the_grid(piece: File) -> File:
    return replace(piece, offset=piece.offset + 1)


def _too_long(piece: File) -> File:
    return replace(piece, data=piece.data + b"x")


def _too_large(piece: File) -> File:
    return replace(piece, size_bytes=1 << 40)


@pytest.mark.parametrize("forge", [_of_another_file, _off_the_grid, _too_long, _too_large])
def test_update_takes_no_piece_that_does_not_fit(
    publisher: Publisher, node: Node, forge: Callable[[File], File]
) -> None:
    """Pieces of another file, off the grid, too long or of an endless file change nothing."""
    offer, air = publisher.publish(2), Air(publisher.folder, node.clock)
    air.forge = lambda piece: forge(piece) if any(piece.digest == each for each, _ in air.asked) else piece
    node.transmit(offer, air)
    assert (node.state, node.reason) == ("download", "the gateway sends no pieces")
    node.transmit(offer)
    assert node.state == "shadow"


def test_update_with_a_low_battery_waits(publisher: Publisher, node: Node) -> None:
    """Nothing is asked for below the charge that the operator set; with more, it goes on."""
    offer = publisher.publish(2)
    air = node.transmit(offer, means=Means(draw_mw=1000.0, charge=0.2))
    assert (air.asks, node.state, node.reason) == ([], "init", "the battery has 20%")
    node.transmit(offer, means=Means(draw_mw=1000.0, charge=0.5))
    assert node.state == "shadow"


def test_update_ends_its_turn_when_its_joules_are_spent(publisher: Publisher, tmp_path: Path) -> None:
    """A transmission lasts no longer for it than its joules do, at this board's draw; the next one goes on."""
    offer, node = noise(publisher, 40 * 61_440), Node(tmp_path, publisher, energy_j=0.05)
    node.transmit(offer)
    assert (node.state, node.reason) == ("download", "the rest at the next transmission")
    before = len(node.transmit(offer).asked)
    assert 0 < before < 40


def test_offer_that_is_withdrawn_ends_the_update_and_takes_back_a_failure(publisher: Publisher, node: Node) -> None:
    """A failure is final for its file, until the operator takes the offer back and makes it anew."""
    offer = publisher.publish(2, change=lambda terms: replace(terms, boards=("coral-dev-board",)))
    for _ in range(2):
        assert node.transmit(offer).asked == []
        assert (node.state, node.reason) == ("failed", "digits@2 is for coral-dev-board, and this is rpi-5")
    assert node.transmit(offer).asks == []
    node.transmit(None)
    assert node.state == "idle"
    assert node.transmit(offer).asks != []


def _terms(**change: object) -> Callable[[Terms], Terms]:
    return lambda terms: replace(terms, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_terms(boards=("rpi-zero-2w",)), "is for rpi-zero-2w, and this is rpi-5"),
        (_terms(runtime="edgetpu"), "needs the runtime edgetpu"),
        (_terms(model="../x"), "the target's terms are wrong"),
        (_terms(golden="no.npz"), "no.npz"),
        (_terms(golden=""), "untested odd.tflite does not run here"),
    ],
)
def test_update_that_is_nothing_for_this_node_is_refused_with_the_reason(
    publisher: Publisher, node: Node, change: Callable[[Terms], Terms], reason: str
) -> None:
    """Another board, another runtime, terms that no tool writes: refused before a byte of the model is fetched."""
    offer = replace(publisher.publish(2), target="digits@2.tflite")
    publisher.repository.remove("digits@2.tflite")
    terms = change(Terms(model="digits", version=2, card="", golden="digits@2.npz"))
    publisher.repository.add("odd.tflite", b"model", terms.dump())
    publisher.sign()
    air = node.transmit(replace(offer, target="odd.tflite"))
    assert (node.state, air.asked) == ("failed", [])
    assert reason in node.reason


def test_update_with_a_model_that_is_too_large_is_refused(publisher: Publisher, tmp_path: Path) -> None:
    """The operator's bound counts before a byte is fetched."""
    node = Node(tmp_path, publisher, most_mb=0.01)
    air = node.transmit(publisher.publish(2))
    assert (node.state, air.asked) == ("failed", [])
    assert "16832 bytes, and this node takes 10000" in node.reason
