"""Progress: where an update stands, and what it is about, on disk before anything is done about it."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from node import durable
from node.errors import ModelError
from node.transmit.assembly import Wanted
from node.update import terms
from node.update.machine import Step, Update
from node.update.shortcut import Shortcut
from node.update.terms import Terms

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What signed metadata say of the model that was offered.

    Attributes:
        model: the model's file.
        golden: the file with the answers of its self-test.
        terms: what its publisher says.
        windows: the file with its windows; None where they stand with the answers.
        shortcuts: deltas that lead to the model.
    """

    model: Wanted
    golden: Wanted
    terms: Terms
    windows: Wanted | None = None
    shortcuts: tuple[Shortcut, ...] = ()

    @property
    def proof(self) -> tuple[Wanted, ...]:
        """The files that its self-test takes."""
        return (self.golden,) if self.windows is None else (self.golden, self.windows)


class Progress:
    """One update, and the last one where there is none."""

    def __init__(self, path: Path) -> None:
        """Read what the last start left; what cannot be read is no update.

        Args:
            path: the file.
        """
        self._path = path
        self.update, self.found = Update(), None
        try:
            self.update, self.found = _read(json.loads(path.read_bytes()))
        except FileNotFoundError:
            pass
        except (OSError, ValueError, TypeError, LookupError, ModelError) as error:
            log.warning("update: %s cannot be read: %s; waiting for the next offer", path, error)

    update: Update
    found: Found | None

    def save(self, update: Update, found: Found | None = None) -> None:
        """Write where it stands; only what is written is ever acted on.

        Args:
            update: where.
            found: what it is about; None leaves what was found.

        Raises:
            OSError: the disk refuses; nothing has changed.
        """
        if update == self.update and found is None:
            return
        found = found or (None if update.step in {Step.IDLE, Step.INIT} else self.found)
        durable.write(self._path, json.dumps(_written(update, found)).encode())
        if update.step is not self.update.step:
            log.info("update: %s %s%s", update.target, update.step, f": {update.reason}" if update.reason else "")
        self.update, self.found = update, found


def _written(update: Update, found: Found | None) -> dict[str, object]:
    said: dict[str, object] = {"update": asdict(update)}
    if found is not None:
        said |= {
            "model": _file(found.model),
            "golden": _file(found.golden),
            "terms": found.terms.dump(),
            "windows": _file(found.windows) if found.windows else None,
            "shortcuts": [[*_file(each.file), each.base] for each in found.shortcuts],
        }
    return said


def _file(wanted: Wanted) -> list[object]:
    return [wanted.digest.hex(), wanted.size_bytes]


def _read(said: dict[str, object]) -> tuple[Update, Found | None]:
    fields = said["update"]
    if not isinstance(fields, dict):
        raise TypeError("no update in it")
    update = Update(**fields)
    update = replace(update, step=Step(update.step))
    if "terms" not in said:
        return update, None
    shortcuts = said.get("shortcuts", [])
    if not isinstance(shortcuts, list):
        raise TypeError("no shortcuts in it")
    return update, Found(
        model=_wanted(said["model"]),
        golden=_wanted(said["golden"]),
        terms=terms.read(said["terms"]),
        windows=_wanted(said["windows"]) if said.get("windows") else None,
        shortcuts=tuple(Shortcut(file=_wanted(file), base=str(base)) for *file, base in shortcuts),
    )


def _wanted(said: object) -> Wanted:
    if not isinstance(said, list):
        raise TypeError("no file in it")
    digest, size_bytes = said
    return Wanted(digest=bytes.fromhex(digest), size_bytes=size_bytes)
