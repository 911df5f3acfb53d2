"""The framer: rows of one stream become the payload of one Results message."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, cast

from node.wire import codec
from node.wire.coding import batch
from node.wire.coding.table import MOST_ROWS
from node.wire.errors import WireError
from node.wire.messages import Column, Results

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from node.compress import Encoding
    from node.options import Spec
    from node.values import TimeQuality, Value

log = logging.getLogger(__name__)

Row = tuple[int, int, "Mapping[str, Value]"]
"""(seq, time_ms, column to value)."""


class Framer:
    """Packs with the encoding that the configuration names; keeps nothing between frames.

    Attributes:
        failures: batches on which the encoding failed, and which went out plain.
    """

    def __init__(self, spec: Spec, widths: Mapping[str, int] | None = None) -> None:
        """Take the encoding.

        Args:
            spec: a part of this room, not built yet.
            widths: columns whose numbers are float32 by nature, as {"accel_x": 32}; what the receiver is told.
        """
        self._encoding = cast("Encoding", spec.build())
        self._widths = widths or {}
        self.failures = 0

    def frame(
        self, *, stream: str, model: str, boot_id: bytes, quality: TimeQuality, rows: Sequence[Row]
    ) -> bytes | None:
        """Encode rows that share their columns.

        Args:
            stream: their table.
            model: `name@version` of what answered, or empty.
            boot_id: of the process that made them.
            quality: of their times.
            rows: seqs ascending, at least one.

        Returns:
            The payload, at most 64 KiB; None where the rows are too many for one: halve them.

        Raises:
            ValueError: the rows do not share their columns, or hold what no column can.
        """
        if len(rows) > MOST_ROWS:
            return None
        seqs = [seq for seq, _, _ in rows]
        times_ms = [time_ms for _, time_ms, _ in rows]
        columns = self._columns(rows)
        message = Results(
            boot_id=boot_id,
            seqs=seqs,
            times_ms=times_ms,
            time_quality=quality,
            stream=stream,
            columns=columns,
            model=model,
        )
        try:
            return codec.encode(message, body=self._packed(seqs, times_ms, columns))
        except WireError as error:
            if error.reason == "too-large":
                return None
            raise

    def _packed(self, seqs: Sequence[int], times_ms: Sequence[int], columns: Sequence[Column]) -> bytes:
        """Pack as configured; an encoding with a bug must cost bytes, not the records behind it."""
        try:
            return self._encoding.pack(seqs, times_ms, columns)
        except (ArithmeticError, AssertionError, LookupError, TypeError):
            if not self.failures:
                log.exception("the encoding failed on %d rows; they go out plain", len(seqs))
            self.failures += 1
            return batch.pack(seqs, times_ms, columns, layouts=(batch.Layout.RAW,))

    def _columns(self, rows: Sequence[Row]) -> list[Column]:
        names = list(rows[0][2])
        if any(list(values) != names and values.keys() != set(names) for _, _, values in rows):
            raise ValueError(f"the rows of a frame share their columns; the first has {', '.join(names)}")
        return [
            Column(
                name=name,
                values=[values[name] for _, _, values in rows],
                width=32 if self._widths.get(name) == 32 else 64,
            )
            for name in names
        ]
