"""Slots: two places for a model, beside the factory's, which nothing ever writes to.

    slots.json          which answers, which did before it, who is on probation, and what became of whom
    a/, b/              model.tflite and its card

A model is written into the slot that does not answer. Where the one that answers cannot be loaded any more, the one
before it does; where neither can, the factory's. A model that passed its probation may still end its process at every
start, when a library or the weather has changed: each start is counted on disk before the model is loaded, and the
count is taken back by its first answer. What was counted too often is not loaded again.
"""

from __future__ import annotations

import json
import logging
import os
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Final, TypeVar

from node import durable
from node.errors import ModelError

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
"""Starts in a row that ended without an answer, after which a slot's model is given up."""


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
        starts: of the model in each slot, in a row, that ended without an answer of it.
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
    """The folder, and what stands in it."""

    def __init__(self, folder: Path) -> None:
        """Read who is where; what cannot be read is the factory's turn.

        Args:
            folder: of the slots.
        """
        self._folder = folder
        self._path = folder / "slots.json"
        folder.mkdir(parents=True, exist_ok=True)
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
        place = self._folder / slot
        place.mkdir(exist_ok=True)
        digest = found.model.digest.hex()
        durable.write(place / MODEL, source.read_bytes())
        durable.write((place / MODEL).with_suffix(".toml"), f'sha256 = "{digest}"\n{found.terms.card}'.encode())
        _sync_folder(self._folder)

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
        """Count, on disk, that the model in a slot is about to be loaded.

        Returns:
            Whether it may be: not where it was too often, nor where the disk does not take the count.
        """
        starts = self.now.starts.get(slot, 0)
        if starts >= MOST_STARTS:
            self.give_up(slot, f"{starts} starts in a row ended without an answer of it")
            return False
        try:
            self._keep(replace(self.now, starts={**self.now.starts, slot: starts + 1}))
        except OSError as error:
            log.warning("update: %s; uncounted, the model in slot %s is not loaded", error, slot)
            return False
        return True

    def forgive(self, slot: str) -> None:
        """Take back what was counted: the model in a slot has answered, or was not asked before its process ended."""
        if not self.now.starts.get(slot):
            return
        try:
            self._keep(replace(self.now, starts={**self.now.starts, slot: 0}))
        except OSError as error:
            log.debug("update: %s; to be taken back with the next answer", error)

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


def _sync_folder(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
