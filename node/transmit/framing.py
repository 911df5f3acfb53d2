"""Framing: rows of one series into one payload, as many as fit.

The encoding itself is handed in: this room does not know the compress room. What the encoder refuses is halved until
it fits; a single row that it still refuses is set aside, so that it cannot wedge those behind it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple, Protocol, TypeAlias

import cbor2

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from node.values import Record, TimeQuality, Value

LIMIT_BYTES: Final = 65_536
"""The largest payload that a gateway of this major version decodes."""

WINDOW: Final = ("raw:shape", "raw:dtype", "raw:rate_hz", "raw:coding", "raw:data")
"""The columns of a raw window's row; a record's names have no colon."""
ABOUT: Final = (*WINDOW, "raw:about")
"""The same of a window that is about a record."""

Row: TypeAlias = "tuple[int, int, Mapping[str, Value]]"
"""(seq, time_ms, column to value)."""


class Series(NamedTuple):
    """What the rows of one frame have in common. A tuple, for it is looked up once a record.

    Attributes:
        boot_id: the process start that made them, 6 bytes.
        stream: their table.
        model: `name@version`, or empty.
        quality: of their times.
        priority: 0 to 9.
        columns: names, in order.
    """

    boot_id: bytes
    stream: str
    model: str
    quality: TimeQuality
    priority: int
    columns: tuple[str, ...]

    @property
    def kind(self) -> Literal["results", "raw"]:
        """The last level of the topic that its frames go to."""
        return "raw" if self.columns in {WINDOW, ABOUT} else "results"


def kept(record: Record, boot_id: bytes) -> tuple[Series, bytes]:
    """Return what a record shares with its neighbours, and its body.

    Raises:
        TypeError: a value is neither number nor word.
    """
    try:
        body = cbor2.dumps(tuple(record.values.values()))
    except cbor2.CBOREncodeError as error:
        raise TypeError(f"record of {record.stream!r} not kept: {error}; give numbers and words only") from error
    columns = tuple(record.values)
    return Series(boot_id, record.stream, record.model, record.time_quality, record.priority, columns), body


class Encode(Protocol):
    """Turns rows into the payload of one message; `node.compress.framer` has one for results, `raw` for windows."""

    def __call__(
        self, *, stream: str, model: str, boot_id: bytes, quality: TimeQuality, rows: Sequence[Row]
    ) -> bytes | None:
        """Encode.

        Returns:
            The payload; None where the rows are too many for one.

        Raises:
            ValueError: the rows cannot be encoded together.
        """
        ...


class Compose(Protocol):
    """What `compose` is once the encoder and the limit are known."""

    def __call__(self, series: Series, rows: Sequence[Row]) -> tuple[bytes, int]:
        """Do what `compose` does."""
        ...


class UnframeableError(Exception):
    """One row that no encoder takes: it belongs in quarantine."""


def compose(series: Series, rows: Sequence[Row], *, encode: Encode, most_bytes: int = LIMIT_BYTES) -> tuple[bytes, int]:
    """Encode as many of the rows as fit into one payload, from the first on.

    Args:
        series: what the rows have in common.
        rows: at least one, seqs ascending.
        encode: the encoder.
        most_bytes: largest payload.

    Returns:
        The payload, and how many rows it holds.

    Raises:
        UnframeableError: the first row fits into no payload by itself.
    """
    taken, reason = len(rows), ""
    while taken:
        try:
            payload = encode(
                stream=series.stream,
                model=series.model,
                boot_id=series.boot_id,
                quality=series.quality,
                rows=rows[:taken],
            )
        except (ValueError, TypeError, OverflowError) as error:
            payload, reason = None, f"{type(error).__name__}: {error}"
        if payload is not None and len(payload) <= most_bytes:
            return payload, taken
        taken //= 2
    raise UnframeableError(reason or f"one row is larger than {most_bytes} bytes")
