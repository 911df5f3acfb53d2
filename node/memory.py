"""What outlives a node's process: what it left on disk, read back, and whether a halt would lose anything else.

What is not as it should be reads as empty: an older version wrote it, or a disk is failing, and the node starts anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from node.config import Config


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What a start leaves for the next one.

    Attributes:
        gate: what its rule remembered.
        next_ms: wall time of the next slot for a transmission; None where there was none.
        every_s: after how long it was promised; None where nothing was.
        tempo: what bends the period.
        counters: as they stood.
        windows: which day it was, and how many raw windows it had.
        cascade: what is left of the day's budget to ask a larger model with.
        halted: the state that the machine was sent into; empty where the node ended without one.
        alarm_ms: when it was to come back, by the wall clock; None where it ended without being halted.
        ended: it said goodbye; a life that did not was cut short.
        waits: how often a start was put off since.
        refused: states that could not be entered, with the reason.
    """

    gate: Mapping[str, float] = field(default_factory=dict)
    next_ms: int | None = None
    every_s: float | None = None
    tempo: Mapping[str, float] = field(default_factory=dict)
    counters: Mapping[str, int] = field(default_factory=dict)
    windows: Mapping[str, float] = field(default_factory=dict)
    cascade: Mapping[str, float] = field(default_factory=dict)
    halted: str = ""
    alarm_ms: int | None = None
    ended: bool = True
    waits: int = 0
    refused: Mapping[str, str] = field(default_factory=dict)


def recalled(told: Mapping[str, object]) -> Memory:
    """Return what stands under `memory` in what a node left on disk.

    >>> recalled({"memory": {"halted": "off", "next_ms": "yesterday"}}) == Memory(halted="off")
    True
    """
    kept = table(told.get("memory"))
    alarm_ms, waits = kept.get("alarm_ms"), kept.get("waits")
    next_ms, every_s, halted = kept.get("next_ms"), kept.get("every_s"), kept.get("halted")
    return Memory(
        gate=_numbers(kept.get("gate")),
        next_ms=next_ms if isinstance(next_ms, int) else None,
        every_s=every_s if isinstance(every_s, int | float) else None,
        tempo=_numbers(kept.get("tempo")),
        counters=counters(kept.get("counters")),
        windows=_numbers(kept.get("windows")),
        cascade=_numbers(kept.get("cascade")),
        halted=halted if isinstance(halted, str) else "",
        alarm_ms=alarm_ms if isinstance(alarm_ms, int) else None,
        ended=kept.get("ended") is not False,
        waits=waits if isinstance(waits, int) else 0,
        refused={name: reason for name, reason in table(kept.get("refused")).items() if isinstance(reason, str)},
    )


def read(path: Path) -> Mapping[str, object]:
    """Read a file that holds one JSON object."""
    try:
        return table(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def table(value: object) -> Mapping[str, object]:
    """Return a table as it is, and anything else as an empty one."""
    return value if isinstance(value, dict) else {}


def counters(value: object) -> dict[str, int]:
    """Return those entries of a table that count.

    >>> counters({"cycles": 3, "reason": "none"})
    {'cycles': 3}
    """
    return {name: count for name, count in table(value).items() if isinstance(count, int)}


def _numbers(value: object) -> dict[str, float]:
    return {name: number for name, number in table(value).items() if isinstance(number, int | float)}


def forgets_nothing(config: Config) -> bool:
    """Whether a halt loses nothing but what is on disk: no link that is kept, no window that fills wake by wake."""
    return not (config.fills_windows or config.transmit.stays_connected)
