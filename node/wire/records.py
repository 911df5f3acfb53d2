"""Values inside messages: receipts, offers, forecasts, answers. On the wire each is an array, which never grows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from node.wire import fields as rules
from node.wire.vocabulary import BOOT_ID, COUNT, DIGEST, MODEL, NOTE, SEQ, TEXT, TIME_MS, field

MOST_WH_M2: Final = 20_000.0
"""Of a day; above the air it is never more than 13,200, and a polar summer's tracker gets no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Committed by the gateway: inclusive (first, last) ranges of seq of one boot, ascending, disjoint."""

    boot_id: bytes = field(1, BOOT_ID)
    ranges: Sequence[tuple[int, int]] = field(2, rules.ranges())


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelOffer:
    """A model that the gateway would like the node to fetch."""

    model: str = field(1, MODEL)
    version: str = field(2, MODEL)
    digest: bytes = field(3, DIGEST)
    size_bytes: int = field(4, COUNT)
    target: str = field(5, TEXT, default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What the sky will bring: irradiation in Wh/m2 of whole days, by UTC, from the day of `start_ms` on."""

    start_ms: int = field(1, TIME_MS)
    wh_m2: Sequence[float] = field(2, rules.sequence(rules.number(0, MOST_WH_M2), 1, 14))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a larger model made of a window: `by` gateway or cloud, or by nobody, which `note` explains."""

    boot_id: bytes = field(1, BOOT_ID)
    seq: int = field(2, SEQ)
    by: Literal["", "gateway", "cloud"] = field(3, rules.one_of(("", "gateway", "cloud")))
    label: str = field(4, TEXT)
    confidence: float = field(5, rules.number(0, 1))
    note: str = field(6, NOTE)
