"""The updater: one step of an update after another, each when its time has come.

What needs the network is done inside a transmission, as far as its budget goes. The rest is done after it, when the
link is closed. The probation is the stand-in's, for it happens where windows are.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from node.errors import HardwareError, LinkError, ModelError, WireError
from node.update import machine
from node.update.fitness import unfit
from node.update.machine import MOST_ATTEMPTS, OFF_LINK, ON_LINK, Step
from node.update.progress import Progress
from node.update.slots import NAMES, Slots
from node.update.stock import Stock
from node.values import TimeQuality

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from node.hal import Clock
    from node.update.line import Courier, Inbox, Line
    from node.update.machine import Update
    from node.update.params import Params
    from node.update.progress import Found
    from node.update.trust import Trust
    from node.wire.messages import ModelOffer

log = logging.getLogger(__name__)

_NOTHING: Final = ("", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What the node can spend.

    Attributes:
        draw_mw: of the board, awake.
        charge: share of the battery; None where nobody knows.
    """

    draw_mw: float
    charge: float | None = None


class Updater:
    """What a node does about its model.

    Attributes:
        slots: where models are.
        earliest_ms: a time that has surely come, for a clock that was never set; 0 where nobody knows one.
    """

    earliest_ms = 0

    def __init__(
        self,
        params: Params,
        folder: Path,
        clock: Clock,
        board: str,
        *,
        factory: Path | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Read where it stands.

        Args:
            params: what the operator set.
            folder: for all that must survive.
            clock: the time.
            board: the id of this node's.
            factory: its model, which deltas may start from; None where it is no file.
            progress: where an update stands; None for what the folder holds.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.slots = Slots(folder / "slots")
        self._params = params
        self._folder = folder
        self._clock = clock
        self._board = board
        self._progress = progress or Progress(folder / "progress.json")
        others = [each for each in (*map(self.slots.model, NAMES), factory) if each]
        self._stock = Stock(folder, int(params.cache_mb * 1e6), lambda: others)
        self._works: dict[Step, Callable[[], None]] = {
            Step.VERIFY: self._verify,
            Step.INSTALL: self._install,
            Step.SELFTEST: self._selftest,
            Step.COMMIT: self._commit,
            Step.ROLLBACK: self._roll_back,
        }

    @property
    def step(self) -> Step:
        """What is to be done next."""
        return self._progress.update.step

    @property
    def digest(self) -> str:
        """Of the model that the update is about."""
        return self._progress.update.digest

    @property
    def detours(self) -> int:
        """How often a delta did not lead to the model of this update."""
        return self._progress.update.detours

    @property
    def _found(self) -> Found:
        if self._progress.found is None:
            raise ModelError("what was found of it is lost; withdraw the offer, and make it again")
        return self._progress.found

    def told(self) -> dict[str, str]:
        """Return what the gateway is told of it."""
        update, said = self._progress.update, {}
        if update.step is not Step.IDLE:
            said = {"state": str(update.step), "target": update.target}
        if update.step is Step.DOWNLOAD and self._progress.found:
            said["here"] = f"{self._stock.share(self._progress.found):.0%}"
        if update.step is Step.SHADOW:
            said["agreed"] = f"{update.agreed} of {update.shown}"
        if update.detours:
            said["detours"] = str(update.detours)
        if update.reason:
            said["reason"] = update.reason
        bad = {f"slot {slot}": reason for slot, reason in self.slots.now.bad.items()}
        return said | bad

    # On the link.

    def errand(self, offer: ModelOffer | None, courier: Courier, inbox: Inbox, means: Means) -> None:
        """Take up what is offered, and fetch what is missing, inside a transmission.

        Args:
            offer: what the gateway would like.
            courier: connected.
            inbox: where pieces come in.
            means: what the node can spend.

        Raises:
            OSError: the disk refuses.
        """
        target, digest = (offer.target, offer.digest.hex()) if offer else _NOTHING
        self._save(machine.offered(self._progress.update, target, digest, self._clock.wall_ms()))
        if self.step not in ON_LINK:
            return
        if means.charge is not None and means.charge < self._params.least_charge:
            self._save(machine.waits(self._progress.update, f"the battery has {means.charge:.0%}"))
            return
        budget_s = min(self._params.awake_s, self._params.energy_j * 1000.0 / means.draw_mw)
        line = self._line(courier, inbox, self._clock.monotonic_s() + budget_s)
        try:
            if self.step is Step.INIT:
                self._init(line)
            if self.step is Step.DOWNLOAD:
                self._download(line)
        except (HardwareError, LinkError, WireError) as error:  # what is not to be believed today may be tomorrow
            self._save(machine.waits(self._progress.update, str(error)))
        except ModelError as error:
            self._save(machine.failed(self._progress.update, str(error)))

    def _save(self, update: Update, found: Found | None = None) -> None:
        self._progress.save(update, found)

    def _line(self, courier: Courier, inbox: Inbox, deadline_s: float) -> Line:
        from node.update.line import Line

        return Line(courier, inbox, self._clock, deadline_s)

    def _init(self, line: Line) -> None:
        from node.update.precedent import Precedents

        update, sure = self._progress.update, self._clock.quality() is TimeQuality.SYNCED
        place = self._folder / "trust"
        source = Precedents(line, place / "metadata", self._root())
        found = self._trust(place).find(update.target, source, self._clock.wall_ms(), sure=sure)
        reason = self._unfit(found)
        if reason:
            raise ModelError(reason)
        self._stock.make_room(found)
        self._save(machine.done(update, self._clock.wall_ms()), found)

    def _trust(self, folder: Path) -> Trust:
        try:
            from node.update.trust import Trust
        except ModuleNotFoundError as error:
            raise HardwareError(f"there is no {error.name}; run: pip install 'torpor[updates]'") from error
        return Trust(folder, self._root(), self.earliest_ms)

    def _unfit(self, found: Found) -> str:
        return unfit(
            found.terms,
            found.model.size_bytes,
            board=self._board,
            most_bytes=int(self._params.most_mb * 1e6),
            committed=self.slots.now.committed,
        )

    def _root(self) -> bytes:
        try:
            return self._params.root.read_bytes()
        except OSError as error:
            raise HardwareError(f"cannot read {self._params.root}: {error.strerror}; check update.root") from error

    def _download(self, line: Line) -> None:
        self._stock.fetch(self._found, line)
        self._save(machine.done(self._progress.update, self._clock.wall_ms()))

    # Off the link.

    def work(self) -> None:
        """Do what needs no network, until there is nothing of it left.

        Raises:
            OSError: the disk refuses; the attempt counts.
        """
        while self.step in OFF_LINK:
            self._save(machine.tried(self._progress.update))
            begun = self._progress.update
            try:
                self._works[begun.step]()
            except ModelError as error:
                self._save(machine.failed(begun, str(error)))
            else:
                if self._progress.update is begun:
                    self._save(machine.done(begun, self._clock.wall_ms()))

    def _verify(self) -> None:
        found, update = self._found, self._progress.update
        if update.attempts == MOST_ATTEMPTS and self._stock.way(found):
            self._detour("making the model out of the delta did not come to its end")
            return
        try:
            whole = self._stock.settle(found)
        except ModelError as error:
            self._detour(str(error))
            return
        if not whole:
            reason = "what arrived has another digest than what was signed"
            self._save(machine.again(update, reason, self._clock.wall_ms()))

    def _detour(self, reason: str) -> None:
        """Have the model itself fetched."""
        found, reason = replace(self._found, shortcuts=()), f"{reason}; the whole model is fetched"
        log.warning("update: %s: %s", self._progress.update.target, reason)
        self._save(machine.detour(self._progress.update, reason, self._clock.wall_ms()), found)

    def _install(self) -> None:
        self.slots.install(self._found, self._stock.path(self._found.model))

    def _selftest(self) -> None:
        found, params, model = self._found, self._params, self.slots.candidate()
        from node.update import selftest

        golden = [self._stock.path(each) for each in found.proof]
        selftest.check(model, golden, found.terms, most_s=params.selftest_s, most_mb=params.selftest_mb)

    def _commit(self) -> None:
        self.slots.commit(self._found)
        self._stock.make_room()

    def _roll_back(self) -> None:
        """Take nothing back: the slot that answers was never touched."""
        self._stock.make_room()

    # On probation.

    def candidate(self) -> Path | None:
        """Return the model on probation, after counting that it is about to be asked; None where there is none.

        Raises:
            OSError: the disk does not take the count.
        """
        if self.step is Step.SHADOW:
            self._save(machine.tried(self._progress.update))
            self.work()
        return self.slots.model(self.slots.now.candidate) if self.step is Step.SHADOW else None

    def compared(self, *, shown: int, agreed: int) -> None:
        """Note what both models said; the probation may end with it, either way."""
        params, update = self._params, machine.compared(self._progress.update, shown=shown, agreed=agreed)
        judged = machine.judged(
            update,
            windows=params.shadow_windows,
            after_s=params.shadow_s,
            agreement=params.agreement,
            now_ms=self._clock.wall_ms(),
        )
        self._save(judged)
        self.work()

    def refuse(self, reason: str) -> None:
        """End the probation: the candidate failed on what the old model answers."""
        self._save(machine.failed(self._progress.update, reason))
        self.work()
