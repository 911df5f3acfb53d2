"""Whatever ends an update, and wherever, leaves a model that answers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from node.update import machine
from node.update.machine import Step, Update
from node.update.progress import Progress
from node.update.stand_in import StandIn
from tests.node.update.world import FACTORY, SAMPLE, Node, answers, picture

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from node.update.progress import Found
    from tools.models.rehearsal import Publisher


class _Crash(BaseException):
    """The process is gone."""


class _Dying(Progress):
    """A progress whose process ends at the n-th writing: before it, or just after."""

    def __init__(self, path: Path, at: int, *, after: bool) -> None:
        super().__init__(path)
        self._left, self._after = at, after

    def save(self, update: Update, found: Found | None = None) -> None:
        """Write, and die."""
        before = (self.update, self.found)
        if self._left == 0 and not self._after:
            raise _Crash
        super().save(update, found)
        if (self.update, self.found) != before:
            self._left -= 1
            if self._left < 0 and self._after:
                raise _Crash


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_update_that_dies_at_any_step_goes_on_and_never_lacks_a_model(
    publisher: Publisher, tmp_path: Path, *, after: bool
) -> None:
    """Wherever the process ends, the next start has a model that answers, and the update comes to its good end."""
    offer, deaths = publisher.publish(2), 0
    for at in range(40):
        home = tmp_path / f"{at}"
        home.mkdir()
        node = Node(home, publisher)
        node.again(_Dying(node.folder / "progress.json", at, after=after))
        try:
            node.transmit(offer)
            answers(node, 6)
        except _Crash:
            deaths += 1
            node.again()
            assert answers(node)[0] in {"digits@1", "digits@2"}
            node.transmit(offer)
            answers(node, 6)
        assert node.state == "successful", (at, node.reason)
        assert answers(node) == ["digits@2"]
        if deaths == at:
            break
    assert deaths >= 10


class _Forgetful(Progress):
    """The control: it does not keep how often a step was begun."""

    def save(self, update: Update, found: Found | None = None) -> None:
        """Keep all but that."""
        super().save(replace(update, attempts=0) if update.step is Step.SHADOW else update, found)


def _starts_until_it_lives(node: Node, progress: Callable[[Path], Progress], most: int) -> int:
    """Start again and again, with a model on probation whose loading takes the process down; returns how often."""
    for start in range(most):
        node.again(progress(node.folder / "progress.json"))
        engine = StandIn(FACTORY, node.updater)
        engine.infer(SAMPLE, picture(0)) if node.updater.step is not Step.SHADOW else node.updater.candidate()
        if node.updater.step is not Step.SHADOW:  # else it was loaded, and that was the end of the process
            return start
    return most


def test_update_that_takes_the_process_down_is_given_up(publisher: Publisher, node: Node) -> None:
    """A candidate whose loading ends the process is loaded three times, not for ever; the control never lives again."""
    node.transmit(publisher.publish(2))
    assert node.state == "shadow"
    written = (node.folder / "progress.json").read_bytes()
    assert _starts_until_it_lives(node, _Forgetful, 50) == 50, "the control is no control"
    (node.folder / "progress.json").write_bytes(written)
    assert _starts_until_it_lives(node, Progress, 50) == machine.MOST_ATTEMPTS
    assert "3 attempts" in node.reason
    assert answers(node) == ["digits@1"]


def test_model_on_probation_that_dies_now_and_then_is_given_up(publisher: Publisher, node: Node) -> None:
    """A window that was answered takes back its own attempt alone: deaths add up, and one too many is the end."""
    node.transmit(publisher.publish(2))
    for _ in range(machine.MOST_ATTEMPTS):
        node.again()
        assert node.updater.candidate()
        node.updater.compared(shown=1, agreed=1)
        assert node.updater.candidate()  # and this time the process ends
    node.again()
    assert node.updater.candidate() is None
    assert (node.state, answers(node)) == ("failed", ["digits@1"])


def test_progress_that_cannot_be_read_is_no_update(publisher: Publisher, node: Node) -> None:
    """A file of nonsense neither stops the node nor makes it believe anything."""
    offer = publisher.publish(2)
    node.transmit(offer)
    for damage in (b"", b"[]", b'{"update": {"step": "hop"}}', json.dumps({"update": {}, "terms": {}}).encode()):
        (node.folder / "progress.json").write_bytes(damage)
        node.again()
        assert node.state == "idle"
    node.transmit(offer)
    assert node.state == "shadow"
