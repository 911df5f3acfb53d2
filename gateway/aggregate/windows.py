"""Windows over every column, in event time, with patience for what comes late. Pure but for the sketch.

An open window is a view of the `record` table and is never written: after a restart it is read from there again,
which is exact, where a saved copy would have to be kept in step with every commit. A closed window is written once,
together with the stream's watermark; what comes after that is late, and counted, and still stored as a record.

    closed      open windows                    newest record of this stream
    ....|-------|-------|-------|-------|----->  x
        ^ watermark = newest - lateness, at a window's edge

The watermark is each stream's own: a node that was away for a day brings a day that is not late.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final

from gateway.aggregate.summary import Summary
from node.wire.messages import Aggregate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_FOLD_ROWS: Final = 2048


@dataclass(slots=True)
class Window:
    """One stream's rows of one span of time.

    Attributes:
        summaries: by column.
        changed: whether it differs from what was last published.
    """

    start_ms: int
    summaries: dict[str, Summary] = field(default_factory=dict)
    changed: bool = True
    _rows: dict[tuple[str, ...], list[Sequence[object]]] = field(default_factory=dict)
    _waiting: int = 0

    def add(self, columns: tuple[str, ...], row: Sequence[object]) -> None:
        """Take in a row; it is only put aside, and summed with others when somebody asks, which is far cheaper."""
        self._rows.setdefault(columns, []).append(row)
        self._waiting += 1
        self.changed = True
        if self._waiting >= _FOLD_ROWS:
            self.fold()

    def sketch(self, column: str) -> bytes:
        """Return a column's quantile sketch, to be merged with others; empty where there is none."""
        quantiles = self.summaries[column].quantiles
        return quantiles.to_bytes() if quantiles is not None else b""

    def fold(self) -> None:
        """Sum up what was put aside."""
        for columns, rows in self._rows.items():
            for name, values in zip(columns, zip(*rows, strict=True), strict=True):
                self.summaries.setdefault(name, Summary()).add(values)
        self._rows.clear()
        self._waiting = 0


@dataclass(slots=True)
class _Stream:
    closed_ms: int
    newest_ms: int = 0
    windows: dict[int, Window] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Closed:
    """A window that nothing will be added to.

    Attributes:
        node: whose.
        stream: which.
        window: folded.
    """

    node: str
    stream: str
    window: Window


class Aggregator:
    """All open windows.

    Args:
        window_ms: how long each is.
        lateness_ms: how long one waits, in event time.
        closed: watermarks from before the restart, by (node, stream).
    """

    def __init__(self, window_ms: int, lateness_ms: int, closed: Mapping[tuple[str, str], int]) -> None:
        self.window_ms = window_ms
        self._lateness_ms = lateness_ms
        self._streams = {key: _Stream(closed_ms) for key, closed_ms in closed.items()}

    def take(
        self,
        stream: tuple[str, str],
        columns: tuple[str, ...],
        event_ms: Sequence[int],
        rows: Sequence[Sequence[object]],
    ) -> int:
        """Take in rows that are new.

        Args:
            stream: (node, stream).
            columns: of every row.
            event_ms: one a row.
            rows: values in the order of the columns.

        Returns:
            How many were late.
        """
        state = self._streams.get(stream)
        if state is None:
            state = self._streams[stream] = _Stream(0)
        late = 0
        for at_ms, row in zip(event_ms, rows, strict=True):
            start_ms = at_ms - at_ms % self.window_ms
            if start_ms < state.closed_ms:
                late += 1
                continue
            window = state.windows.get(start_ms)
            if window is None:
                window = state.windows[start_ms] = Window(start_ms)
            window.add(columns, row)
            state.newest_ms = max(state.newest_ms, at_ms)
        return late

    def ripe(self, most: int | None = None) -> list[Closed]:
        """Return windows that are over, a stream's oldest first; they stay until `close` says that they are written.

        Args:
            most: how many; None for all.
        """
        over = (
            Closed(node, name, window)
            for (node, name), state in self._streams.items()
            for start_ms, window in sorted(state.windows.items())
            if start_ms + self.window_ms <= self._watermark(state)
        )
        return list(islice(over, most))

    def _watermark(self, state: _Stream) -> int:
        edge_ms = state.newest_ms - self._lateness_ms
        return max(state.closed_ms, edge_ms - edge_ms % self.window_ms)

    def watermarks(self, closed: Iterable[Closed]) -> dict[tuple[str, str], int]:
        """Return the watermarks that closing these windows sets: none passes a window that stays open."""
        gone: dict[tuple[str, str], set[int]] = {}
        for each in closed:
            gone.setdefault((each.node, each.stream), set()).add(each.window.start_ms)
        return {
            key: min([self._watermark(self._streams[key]), *(self._streams[key].windows.keys() - starts_ms)])
            for key, starts_ms in gone.items()
        }

    def close(self, closed: Iterable[Closed]) -> None:
        """Drop windows that are written."""
        closed = list(closed)
        for key, closed_ms in self.watermarks(closed).items():
            self._streams[key].closed_ms = closed_ms
        for each in closed:
            del self._streams[each.node, each.stream].windows[each.window.start_ms]

    def changed(self) -> Iterator[Closed]:
        """Give each stream's newest window where it changed, and forget that it did."""
        for (node, name), state in self._streams.items():
            if state.windows:
                window = state.windows[max(state.windows)]
                if window.changed:
                    window.changed = False
                    yield Closed(node, name, window)


def messages(closed: Closed, window_ms: int) -> list[Aggregate]:
    """Return a window as the messages that say it, one a column; numbers that were none are left out."""
    closed.window.fold()
    start_ms = closed.window.start_ms
    return [
        Aggregate(
            node=closed.node,
            stream=closed.stream,
            column=name,
            start_ms=start_ms,
            end_ms=start_ms + window_ms,
            count=summary.count,
            total=summary.total if summary.numbers else None,
            least=summary.least if summary.numbers else None,
            most=summary.most if summary.numbers else None,
            mean=summary.mean if summary.numbers else None,
            variance=summary.variance,
            quantiles=summary.ranks(),
            classes=dict(summary.classes),
        )
        for name, summary in closed.window.summaries.items()
    ]
