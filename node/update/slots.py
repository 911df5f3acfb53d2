"""Slots: two places for a model, beside the factory's, which nothing ever writes to.

    slots.json          which answers, which did before it, and below which version of each model there is no way back
    a/, b/              model.tflite and its card

A model is written into the slot that does not answer. Where the one that answers cannot be loaded any more, the one
before it does; where neither can, the factory's.
"""

from __future__ import annotations

import json
import logging
import os
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Final

from node import durable

if TYPE_CHECKING:
    from pathlib import Path

    from node.update.progress import Found

log = logging.getLogger(__name__)

FACTORY: Final = ""
NAMES: Final = ("a", "b")
MODEL: Final = "model.tflite"


@dataclass(frozen=True, slots=True, kw_only=True)
class Occupancy:
    """Who is where.

    Attributes:
        active: the slot that answers; empty for the factory's.
        before: the one that did before it, and still could.
        names: what results call the model in each slot.
        committed: of each model that ever answered, the oldest version that still may: itself, or what its terms say.
        bad: slots whose model could not be loaded, and why.
    """

    active: str = FACTORY
    before: str = FACTORY
    names: dict[str, str] = field(default_factory=dict)
    committed: dict[str, int] = field(default_factory=dict)
    bad: dict[str, str] = field(default_factory=dict)


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
        except (OSError, ValueError, TypeError) as error:
            log.warning("update: %s cannot be read: %s; the factory's model answers", self._path, error)

    now: Occupancy

    @property
    def spare(self) -> str:
        """The slot that the next model goes to."""
        return next(name for name in NAMES if name != self.now.active)

    def model(self, slot: str) -> Path | None:
        """Return the model in a slot; None for the factory's, whose place the configuration knows."""
        return self._folder / slot / MODEL if slot else None

    def order(self) -> list[str]:
        """Return who answers, and who does where that one cannot, down to the factory."""
        wished = (self.now.active, self.now.before)
        return [slot for slot in dict.fromkeys(wished) if slot and slot not in self.now.bad] + [FACTORY]

    def install(self, found: Found, source: Path) -> None:
        """Write a verified model and its card into the spare slot; whoever was there answers no more.

        Raises:
            OSError: the disk refuses; the slot that answers is as it was.
        """
        slot = self.spare
        names = {name: said for name, said in self.now.names.items() if name != slot}
        bad = {name: why for name, why in self.now.bad.items() if name != slot}
        self._keep(replace(self.now, before=FACTORY, names=names, bad=bad))
        place = self._folder / slot
        place.mkdir(exist_ok=True)
        digest = found.model.digest.hex()
        durable.write(place / MODEL, source.read_bytes())
        durable.write((place / MODEL).with_suffix(".toml"), f'sha256 = "{digest}"\n{found.terms.card}'.encode())
        _sync_folder(self._folder)

    def commit(self, found: Found) -> None:
        """Let the model in the spare slot answer; done twice, it is done once."""
        name = found.terms.model
        if self.now.names.get(self.now.active) == found.terms.name:
            return
        slot = self.spare
        self._keep(
            replace(
                self.now,
                active=slot,
                before=self.now.active,
                names={**self.now.names, slot: found.terms.name},
                committed={**self.now.committed, name: max(found.terms.floor, self.now.committed.get(name, 0))},
            )
        )

    def give_up(self, slot: str, reason: str) -> None:
        """Never load a slot again until something else is written into it."""
        log.error("update: the model in slot %s answers no more: %s", slot, reason)
        self._keep(replace(self.now, bad={**self.now.bad, slot: reason}))

    def _keep(self, now: Occupancy) -> None:
        durable.write(self._path, json.dumps(asdict(now)).encode())
        self.now = now


def _sync_folder(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
