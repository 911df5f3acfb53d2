"""Slots: a committed model answers after a power cut, whole, and so does the one that would stand in for it."""

from __future__ import annotations

import hashlib
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from node.errors import ModelError
from node.infer.card import card_of
from node.transmit.assembly import Wanted
from node.update.progress import Found
from node.update.slots import FACTORY, Slots
from node.update.terms import Terms
from tools.powercut.subjects.replaced import DAMAGED, Replaced

if TYPE_CHECKING:
    from collections.abc import Callable

SIZE_BYTES: Final = 30_000
"""A model's: more than one block of the file system, so that it can be torn."""


def install(folder: Path, version: int, kind: Callable[[Path], Slots] = Slots) -> None:
    """Install a version from another disk, count a start of it, have it answer, and let it take over."""
    contents = _contents(version)
    wanted = Wanted(digest=hashlib.sha256(contents).digest(), size_bytes=len(contents))
    card = f'model = "trial@{version}"\n[head]\npart = "classes"\n'
    found = Found(model=wanted, golden=wanted, terms=Terms(model="trial", version=version, card=card))
    slots = kind(folder)
    with tempfile.NamedTemporaryFile() as source:
        Path(source.name).write_bytes(contents)
        slots.install(found, Path(source.name))
    slots.commit(found)
    slots.begin(slots.now.active)
    slots.forgive(slots.now.active)


def read(folder: Path) -> int:
    """Return the version that answers after a start; damaged where any that might be asked is not as installed."""
    slots = Slots(folder)
    versions = [_version(slots.model(slot)) for slot in slots.order() if slot != FACTORY]
    if slots.now.bad or DAMAGED in versions:
        return DAMAGED
    return versions[0] if versions else 0


def _version(model: Path | None) -> int:
    assert model, "the factory's lies on another disk"
    try:
        card = card_of(model)
    except ModelError:
        return DAMAGED
    version = int(card.model.partition("@")[2]) if card else DAMAGED
    return version if model.read_bytes() == _contents(version) else DAMAGED


def _contents(version: int) -> bytes:
    return f"version {version:>7} ".encode() * (SIZE_BYTES // 16)


SLOTS: Final = Replaced(name="slots", write=partial(install, kind=Slots), read=read)
