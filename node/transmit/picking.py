"""Picking: which frames of a shelf go next, with their payloads."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from node.transmit import framing, raw
from node.values import Frame

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.transmit.framing import Compose, Encode, Row, Series
    from node.transmit.owed import Owed
    from node.transmit.shelf import Shelf
    from node.transmit.store import Kept


class Limits(NamedTuple):
    """How much is picked at once.

    Attributes:
        most_bytes: largest payload that the broker takes; larger frames are made anew from their records.
        batch_records: most rows in a frame.
        frames: most of them.
        size_bytes: most payload bytes together; one frame is always picked.
    """

    most_bytes: int
    batch_records: int
    frames: int
    size_bytes: int


def pick(shelf: Shelf, encode: Encode, limits: Limits, owed: Owed) -> list[Frame]:
    """Return frames in the order to send them, composed as needed; nothing is saved.

    Args:
        shelf: where they are.
        encode: turns the rows of records into a payload.
        limits: of what is picked.
        owed: what is not to be sent again.
    """
    compose = partial(_compose, encode, limits.most_bytes)
    frames = _picked(shelf, compose, limits)
    while owed.settle(shelf):
        frames = _picked(shelf, compose, limits)
    return frames


def _compose(encode: Encode, most_bytes: int, series: Series, rows: Sequence[Row]) -> tuple[bytes, int]:
    return framing.compose(series, rows, encode=raw.encode if series.kind == "raw" else encode, most_bytes=most_bytes)


def _picked(shelf: Shelf, compose: Compose, limits: Limits) -> list[Frame]:
    shelf.dissolve_above(limits.most_bytes)
    frames: list[Frame | None] = [None]
    while None in frames:  # each of them was dissolved, and its records are framed anew
        shelf.compose(compose, limits.batch_records, limits.frames)
        waiting = shelf.waiting()
        sound = [kept for kept in waiting if not kept.suspect]
        chosen = _within(sound[: limits.frames] or waiting[:1], limits.size_bytes)
        frames = [_frame(shelf, kept, compose) for kept in chosen]
    return [frame for frame in frames if frame]


def _frame(shelf: Shelf, kept: Kept, compose: Compose) -> Frame | None:
    payload = shelf.payload(kept, compose)
    series = shelf.series[kept.series]
    if payload is None:
        return None
    return Frame(kind=series.kind, payload=payload, boot_id=series.boot_id, ranges=kept.ranges)


def _within(waiting: list[Kept], limit_bytes: int) -> list[Kept]:
    total = 0
    for index, kept in enumerate(waiting):
        total += kept.size_bytes
        if index and total > limit_bytes:
            return waiting[:index]
    return waiting
