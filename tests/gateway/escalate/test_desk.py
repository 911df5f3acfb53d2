"""Two threads that ask, and nobody who waits for them."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest

from gateway.errors import EscalationError
from gateway.escalate.desk import FULL, Desk
from gateway.escalate.scripted import Scripted
from gateway.escalate.window import Answered, Said, Unsure
from tests.gateway.escalate.windows import window

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PATIENCE_S: Final = 20.0
BATCH: Final = (4, 0.01)


def unsure(seq: int, value: float = 1.0, stream: str = "digits", node: str = "n1") -> Unsure:
    """Make a window."""
    return Unsure(node=node, raw=window(np.full(3, value), seq, stream))


def said(window: np.ndarray) -> Said | None:
    """Be as sure as the window's first number says; fail at zero."""
    first = float(window[0])
    return Said(label="here", confidence=first, margin=0.0) if first else None


class Far:
    """A remote that answers, fails, or holds everybody up until it is let go."""

    def __init__(self, *, fails: bool = False) -> None:
        self.fails = fails
        self.asked = 0
        self.go_on = threading.Event()
        self.go_on.set()

    def answer(self, stream: str, windows: np.ndarray) -> tuple[str, Sequence[Said]]:
        """Answer."""
        self.asked += len(windows)
        self.go_on.wait(PATIENCE_S)
        if self.fails:
            raise EscalationError("the cloud: HTTP 501")
        return "far@1", [Said(label="far", confidence=0.99, margin=0.9)] * len(windows)

    def close(self) -> None:
        """Let go of whoever waits."""
        self.go_on.set()


@pytest.fixture
def desks() -> Iterator[list[Desk]]:
    """Close every desk that a test puts here."""
    opened: list[Desk] = []
    yield opened
    for each in opened:
        each.close()


def until(desk: Desk, count: int) -> dict[int, Answered]:
    """Wait for so many answers, and return them by seq."""
    found: dict[int, Answered] = {}
    deadline_s = time.monotonic() + PATIENCE_S
    while len(found) < count:
        assert time.monotonic() < deadline_s, f"only {sorted(found)} of {count}"
        found |= {each.unsure.seq: each for each in desk.answered()}
        threading.Event().wait(0.005)
    return found


def test_desk_answers_here_and_together(desks: list[Desk]) -> None:
    """Windows of one stream share a run, and each has its own answer."""
    engine = Scripted(said, "large@2")
    desks.append(desk := Desk({"digits": engine}, None, batch=(4, 5.0)))
    for seq in range(4):
        desk.ask(unsure(seq, 0.5 + seq / 10))
    found = until(desk, 4)
    assert engine.batches == [4]
    assert {(each.by, each.model) for each in found.values()} == {("gateway", "large@2")}
    assert [found[seq].said.confidence for seq in range(4)] == pytest.approx([0.5, 0.6, 0.7, 0.8])  # type: ignore[union-attr]


def test_desk_passes_on_what_nobody_here_can_answer(desks: list[Desk]) -> None:
    """A stream without a model, a model that fails, and one that is not sure enough: all go to the cloud."""
    desks.append(desk := Desk({"digits": Scripted(said)}, Far(), sure=0.8, batch=BATCH))
    for seq, each in enumerate((unsure(0, stream="pump"), unsure(1, 0.0), unsure(2, 0.5), unsure(3, 0.9))):
        desk.ask(each)
        until_one = until(desk, 1)
        assert until_one[seq].by == ("gateway" if seq == 3 else "cloud")


def test_desk_without_a_better_answer_keeps_the_one_it_has(desks: list[Desk]) -> None:
    """Where the cloud fails, an unsure answer of the gateway stands; where it had none, both reasons are told."""
    desks.append(desk := Desk({"digits": Scripted(said)}, Far(fails=True), sure=0.8, batch=BATCH))
    desk.ask(unsure(0, 0.5))
    desk.ask(unsure(1, stream="pump"))
    found = until(desk, 2)
    assert (found[0].by, found[0].said) == ("gateway", Said(label="here", confidence=0.5, margin=0.0))
    assert (found[1].by, found[1].said) == ("", None)
    assert "no model" in found[1].note
    assert "HTTP 501" in found[1].note


def test_desk_whose_asked_break_down_is_none_the_worse(desks: list[Desk]) -> None:
    """An error that nobody foresaw, here or in the cloud, is a reason like any other: both threads go on."""

    def broken(window: np.ndarray) -> Said | None:
        return Said(label="here", confidence=1 / float(window[0]), margin=0.0)

    class Broken(Far):
        def answer(self, stream: str, windows: np.ndarray) -> tuple[str, Sequence[Said]]:
            return super().answer(stream, windows[1:])  # an answer too few

    desks.append(desk := Desk({"digits": Scripted(broken)}, Broken(), batch=BATCH))
    desk.ask(unsure(0, 0.0))
    note = until(desk, 1)[0].note
    assert "ZeroDivisionError" in note
    assert "0 answers for 1" in note
    desk.ask(unsure(1, 0.0))
    assert until(desk, 1)[1].note == note
    desk.ask(unsure(2, 1.0))
    assert until(desk, 1)[2].by == "gateway"


def test_desk_answers_for_those_beside_one_that_no_model_bears(desks: list[Desk]) -> None:
    """Windows of many nodes share a run; what one of them holds costs the others nothing."""
    desks.append(desk := Desk({"digits": Scripted(said)}, None, batch=(4, 5.0)))
    for seq in range(4):
        desk.ask(unsure(seq, 0.0 if seq == 2 else 0.9))
    assert {seq: each.by for seq, each in until(desk, 4).items()} == {0: "gateway", 1: "gateway", 2: "", 3: "gateway"}


def test_desk_with_nobody_to_ask_says_so(desks: list[Desk]) -> None:
    """A gateway without models and without a cloud has an answer to every question: that there is none."""
    desks.append(desk := Desk({}, None, batch=BATCH))
    desk.ask(unsure(0))
    assert until(desk, 1)[0].note.startswith("no model")


def test_desk_whose_cloud_stalls_answers_here_all_the_same(desks: list[Desk]) -> None:
    """What waits for the cloud holds up nothing else; its own queue is bounded, and what finds no place is told."""
    far = Far()
    far.go_on.clear()
    desks.append(desk := Desk({"digits": Scripted(said)}, far, batch=(1, 0.0), most=3))
    found: dict[int, Answered] = {}
    for seq in range(8):
        desk.ask(unsure(seq, stream="pump"))
        desk.ask(unsure(100 + seq, 0.7))
        found |= until(desk, 1 if seq < 3 else 2)  # the cloud has three
    assert {found[100 + seq].by for seq in range(8)} == {"gateway"}
    assert {found[seq].note.partition("; ")[2] for seq in range(3, 8)} == {"too many wait for the cloud"}
    far.go_on.set()
    assert {each.by for each in until(desk, 3).values()} == {"cloud"}


def test_desk_that_is_full_takes_from_whoever_has_the_most(desks: list[Desk]) -> None:
    """It never waits: a window too many is answered at once, and is of the node that floods, not of its neighbour."""
    held = threading.Event()

    def slow(window: np.ndarray) -> Said | None:
        held.wait(PATIENCE_S)
        return said(window)

    desks.append(desk := Desk({"digits": Scripted(slow)}, None, batch=(100, 60.0), most=5))
    for seq in range(7):
        desk.ask(unsure(seq))
    desk.ask(unsure(7, node="n2"))
    lost = desk.answered()
    assert [(each.unsure.node, each.unsure.seq, each.note) for each in lost] == [("n1", seq, FULL) for seq in (5, 6, 4)]
    held.set()
