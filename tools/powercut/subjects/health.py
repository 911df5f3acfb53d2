"""Health on disk, with the memory in it: the counters of a life of single wakes, the gate, the next promise."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from node.health import FILE, Health
from node.memory import Memory, read, recalled
from tools.powercut.subjects.replaced import DAMAGED, Replaced

if TYPE_CHECKING:
    from pathlib import Path


def _write(folder: Path, version: int) -> None:
    health = Health({})
    health.counters["cycles"] = version
    health.save(folder, {"memory": asdict(Memory(gate={"mean": version / 8}, counters=dict(health.counters)))})


def _read(folder: Path) -> int:
    told = read(folder / FILE)
    memory = recalled(told)
    version = memory.counters.get("cycles")
    if version is None:
        return DAMAGED if (folder / FILE).exists() else 0
    return version if memory.gate == {"mean": version / 8} and told["cycles"] == version else DAMAGED


HEALTH: Final = Replaced(name="health", write=_write, read=_read)
