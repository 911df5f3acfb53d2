"""Slots: two places for a model, beside the factory's, which nothing ever writes to.

    slots.json          which answers, which did before it, who is on probation, and what became of whom
    a/, b/              model.tflite and its card

A model is written into the slot that does not answer. Where the one that answers cannot be loaded any more, the one
before it does; where neither can, the factory's. A model that passed its probation may still end its process at every
start, when a library or the weather has changed: its load and each of its first windows are counted on disk before
they are tried, and taken back when the process has outlived them; of later ones a `Trace` is left. What was counted too
often is not loaded again.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Final, TypeVar

from node import durable
from node.errors import ModelError
from node.update.trace import Trace

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from node.update.progress import Found

log = logging.getLogger(__name__)

T = TypeVar("T")

FACTORY: Final = ""
NAMES: Final = ("a", "b")
MODEL: Final = "model.tflite"
MOST_STARTS: Final = 3
"""Starts in a row that a slot's model has ended by itself, after which it is given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occupancy:
    """Who is where.

    Attributes:
        active: the slot that answers; empty for the factory's.
        before: the one that did before it, and still could.
        candidate: the one that a model was last installed in, and that does not answer yet.
        names: what results call the model in each slot.
        digests: of the model in each slot, once it was committed, in hex.
        committed: of each model that ever answered, the oldest version that still may: itself, or what its terms say.
        starts: of the model in each slot, in a row, that ended while it was loaded or asked.
        bad: slots whose model answers no more, and why.
    """

    active: str = FACTORY
    before: str = FACTORY
    candidate: str = ""
    names: dict[str, str] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    committed: dict[str, int] = field(default_factory=dict)
    starts: dict[str, int] = field(default_factory=dict)
    bad: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what a damaged file may say: other slots than there are, and counts that are none.

        Raises:
            ValueError: it says so.
        """
        strange = {self.active, self.before, self.candidate} - {FACTORY, *NAMES}
        if strange:
            raise ValueError(f"no slot {min(map(str, strange))}")
        if not all(isinstance(each, int) for each in (*self.committed.values(), *self.starts.values())):
            raise ValueError("a count that is no number")

    def emptied(self, slot: str) -> Occupancy:
        """Return who is where while another model moves into a slot."""
        return replace(
            self,
            before=FACTORY,
            candidate=slot,
            names=_without(slot, self.names),
            digests=_without(slot, self.digests),
            starts=_without(slot, self.starts),
            bad=_without(slot, self.bad),
        )


class Slots:
    """The folder, and what stands in it.

    Attributes:
        trace: of windows that are not counted on disk.
    """

    def __init__(self, folder: Path) -> None:
        """Read who is where; what cannot be read is the factory's turn.

        Args:
            folder: of the slots.
        """
        self._folder = folder
        self._path = folder / "slots.json"
        self._ended: dict[str, int] = {}  # starts that each slot's model had ended before this one
        folder.mkdir(parents=True, exist_ok=True)
        self.trace = Trace(folder / "trace")
        self.now = Occupancy()
        try:
            self.now = Occupancy(**json.loads(self._path.read_bytes()))
        except FileNotFoundError:
            pass
        except (OSError, ValueError, TypeError, AttributeError) as error:
            log.warning("update: %s cannot be read: %s; the factory's model answers", self._path, error)

    now: Occupancy

    def model(self, slot: str) -> Path | None:
        """Return the model in a slot; None for the factory's, whose place the configuration knows."""
        return self._folder / slot / MODEL if slot else None

    def order(self) -> list[str]:
        """Return who answers, and who does where that one cannot, down to the factory."""
        wished = (self.now.active, self.now.before)
        return [slot for slot in dict.fromkeys(wished) if slot and slot not in self.now.bad] + [FACTORY]

    def install(self, found: Found, source: Path) -> None:
        """Write a verified model and its card into a slot that does not answer; whoever was there answers no more.

        Raises:
            OSError: the disk refuses; the slot that answers is as it was.
        """
        answering = self.order()[0]
        slot = next(name for name in NAMES if name != answering)
        self._keep(replace(self.now, active=answering).emptied(slot))
        self._ended.pop(slot, None)
        if self.trace.row(slot):
            self.trace.end()
        place = self._folder / slot
        place.mkdir(exist_ok=True)
        digest = found.model.digest.hex()
        durable.write(place / MODEL, source.read_bytes())
        durable.write((place / MODEL).with_suffix(".toml"), f'sha256 = "{digest}"\n{found.terms.card}'.encode())
        durable.sync_folder(self._folder)

    def candidate(self) -> Path:
        """Return the model that was installed last.

        Raises:
            ModelError: nobody knows any more where that was.
        """
        path = self.model(self.now.candidate)
        if path is None:
            raise ModelError("which slot it was installed in is lost; withdraw the offer, and make it again")
        return path

    def commit(self, found: Found) -> None:
        """Let the model that was installed last answer; done twice, it is done once.

        Raises:
            ModelError: nobody knows any more where that was.
            OSError: the disk refuses; who answered goes on.
        """
        name, digest = found.terms.model, found.model.digest.hex()
        now, slot = self.now, self.now.candidate
        if not slot and now.digests.get(now.active) == digest:
            return
        self.candidate()
        self._keep(
            replace(
                now,
                active=slot,
                before=self.order()[0],
                candidate="",
                names={**now.names, slot: found.terms.name},
                digests={**now.digests, slot: digest},
                committed={**now.committed, name: max(found.terms.floor, now.committed.get(name, 0))},
            )
        )

    def begin(self, slot: str) -> bool:
        """Count, on disk, that the model in a slot is about to be loaded and asked.

        Returns:
            Whether it may be: not where it ended too many starts, nor where the disk does not take the count.
        """
        ended = self._ended[slot] = max(self.now.starts.get(slot, 0), self.trace.row(slot))
        if ended >= MOST_STARTS:
            self.give_up(slot, f"{ended} starts in a row ended while it was loaded or asked")
            return False
        if not self._count(slot, ended + 1):
            log.warning("update: uncounted, the model in slot %s is not loaded", slot)
            return False
        return True

    def risk(self, slot: str) -> None:
        """Count that the model in a slot, which is loaded, is about to be asked; a disk that refuses stops nobody."""
        self._count(slot, self._ended.get(slot, 0) + 1)

    def outlived(self, slot: str) -> None:
        """Take back what this start counted: the model answered, or raised, and the process is still here."""
        self._count(slot, self._ended.get(slot, 0))

    def settle(self, slot: str) -> None:
        """Take back all that was counted on disk: the model has answered often enough. Now it leaves a trace."""
        if slot != FACTORY:
            self.trace.begin(slot, self._ended.get(slot, 0))
        self._ended[slot] = 0
        self._count(slot, 0)

    def forgive(self, slot: str) -> None:
        """Take back all that was counted: the process ends in order."""
        self.trace.end()
        self._ended[slot] = 0
        self._count(slot, 0)

    def _count(self, slot: str, starts: int) -> bool:
        """Note starts of the model in a slot, which are none of the factory's; whether the disk took it."""
        if slot == FACTORY or self.now.starts.get(slot, 0) == starts:
            return True
        try:
            self._keep(replace(self.now, starts={**self.now.starts, slot: starts}))
        except OSError as error:
            log.debug("update: %s; to be counted with the next answer", error)
            return False
        return True

    def give_up(self, slot: str, reason: str) -> None:
        """Never load a slot again until something else is written into it; without the disk, until the next start."""
        log.error("update: the model in slot %s answers no more: %s", slot, reason)
        now = replace(self.now, bad={**self.now.bad, slot: reason})
        try:
            self._keep(now)
        except OSError as error:
            log.warning("update: %s; the next start will find out again", error)
            self.now = now

    def _keep(self, now: Occupancy) -> None:
        durable.write(self._path, json.dumps(asdict(now)).encode())
        self.now = now


def _without(slot: str, said: Mapping[str, T]) -> dict[str, T]:
    return {name: each for name, each in said.items() if name != slot}
