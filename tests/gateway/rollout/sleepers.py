"""Sleepers: nodes on the virtual clock, that wake, fetch, test and tell by the real node's own machine of steps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gateway.rollout.events import Charged, Told, Woke, told
from node.update import machine
from node.update.machine import Step, Update
from node.wire.messages import ModelOffer, Reported

if TYPE_CHECKING:
    from collections.abc import Mapping

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
OLD: Final = ModelOffer(model="digits", version="1", digest=b"1" * 32, size_bytes=9000, target="digits@1.tflite")
NEW: Final = ModelOffer(model="digits", version="2", digest=b"2" * 32, size_bytes=9000, target="digits@2.tflite")
NAMES: Final = {OLD.target: "digits@1", NEW.target: "digits@2"}


@dataclass(kw_only=True)
class Sleeper:
    """A node.

    Attributes:
        name: of the node.
        period_ms: how often it wakes; constant, so that a test can count for itself.
        wakes_ms: when it wakes next.
        charge: of its battery; None for one on the mains.
        download: wakes that a download takes.
        fails: how often the new model's self-test fails here; -1 for always.
        dies_at: the step of the new model that it does not come back from.
        is_dead: whether it never wakes.
        is_deaf: whether it knows no updates.
    """

    name: str
    period_ms: int
    wakes_ms: int = 0
    charge: float | None = None
    download: int = 2
    fails: int = 0
    dies_at: Step | None = None
    is_dead: bool = False
    is_deaf: bool = False
    model: str = "digits@1"
    update: Update = field(default_factory=Update)
    fetched: int = 0

    def wake(self, now_ms: int, offer: ModelOffer | None) -> list[Woke | Told | Charged]:
        """Wake, do what there is to do, and tell of it; nothing of a node that does not live."""
        self.wakes_ms = now_ms + self.period_ms
        if self.is_dead:
            return []
        if not self.is_deaf:
            self._follow(offer, now_ms)
        said: list[Woke | Told | Charged] = [Woke(self.name, self.period_ms), self.told()]
        self._work(now_ms)  # when the link is closed again
        return said if self.charge is None else [*said, Charged(self.name, self.charge)]

    def told(self) -> Told:
        """Say what it runs on."""
        update = self.update
        said: Mapping[str, str] = {}
        if update.step is not Step.IDLE:
            said = {"state": str(update.step), "target": update.target, "here": f"{self.fetched}"}
            said = {**said, "reason": update.reason} if update.reason else said
        return told(self.name, Reported(version=1, model=self.model, update=said))

    def _follow(self, offer: ModelOffer | None, now_ms: int) -> None:
        wanted = (offer.target, offer.digest.hex()) if offer else ("", "")
        before = self.update
        self.update = machine.offered(before, *wanted, now_ms)
        if self.update is not before:
            self.fetched = 0
        if self.update.step in machine.ON_LINK:
            self._fetch(now_ms)
        elif self.update.step is Step.SHADOW:
            self.update = machine.done(machine.compared(self.update, shown=20, agreed=20), now_ms)

    def _fetch(self, now_ms: int) -> None:
        if self.update.step is Step.INIT:
            self.update = machine.done(self.update, now_ms)
        self.fetched += 1
        if self.fetched >= self.download:
            self.update = machine.done(self.update, now_ms)

    def _work(self, now_ms: int) -> None:
        """Do what needs no network, as the node's updater does."""
        while self.update.step in machine.OFF_LINK:
            step, is_new = self.update.step, self.update.target == NEW.target
            if is_new and step is self.dies_at:
                self.is_dead = True
                return
            if is_new and step is Step.SELFTEST and self.fails:
                self.fails -= 1
                self.update = machine.failed(self.update, "the self-test answers otherwise")
                continue
            if step is Step.COMMIT:
                self.model = NAMES[self.update.target]
            self.update = machine.done(self.update, now_ms)
