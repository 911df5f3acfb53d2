"""A table of numbers as text: CSV and its cousins, with whatever columns it has.

Every number is what `float(text)` makes of it; a block's are that, rounded once more to float32. What is not a number
is NaN: quietly where the file says so (empty, `NA`, ...), else counted in `faults`. The first rows tell the
delimiter, whether there is a header, and which columns are numeric; options overrule all of it.

Parsing is half of what a replaying node does. For a row of 640 numbers of 9 digits, in us: `numpy.loadtxt` of the line
26, `numpy.fromstring` 38, `numpy.array` of the split line 42, `float` of each cell 48; all give the same float32.
"""

from __future__ import annotations

import math
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Final

from node.errors import HardwareError
from node.lazy import lazy
from node.sense.recording.layout import Layout, Params, cells_of, guess_layout, split_channel
from node.sense.recording.summary import Summariser
from node.sense.recording.timestamp import parse_time_s
from node.values import Block, Channel, Reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt
else:
    np = lazy("numpy")

PEEK_ROWS: Final = 16
MISSING: Final = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "?"})


class Table:
    """A `Recording` of a text file with one row a line."""

    def __init__(self, path: Path, params: Params) -> None:
        """Open nothing yet.

        Args:
            path: the file, UTF-8.
            params: how it is read.
        """
        self.path = path
        self.params = params
        self.faults = 0
        self._summariser = Summariser(params.summaries, params.prefix)

    @property
    def period_s(self) -> float:
        """Seconds between rows where the table does not say."""
        return self.params.period_s

    @cached_property
    def layout(self) -> Layout:
        """How this file is laid out; looks at its first rows.

        Raises:
            HardwareError: there is no such file, or no such column.
        """
        return guess_layout(self.path, list(islice(self._lines(), PEEK_ROWS + 1)), self.params)

    @property
    def channels(self) -> Sequence[Channel]:
        """The chosen numeric columns, then the block's summaries.

        While the file cannot be read, they are those that the options name: reading says what is wrong.
        """
        try:
            names = [name for name, _ in self.layout.scalars]
        except HardwareError:
            names = [split_channel(each)[0] for each in self.params.channels]
        scalars = (Channel(name=name, sentinels=self.params.sentinels) for name in names)
        return (*scalars, *self._summariser.channels)

    def takes(self) -> Iterator[Rows]:
        """Go through the rows; with `block_rows`, through as many at a time, an incomplete last group left out."""
        lines = islice(self._lines(), int(self.layout.has_header), None)
        group = self.params.block_rows or 1
        index = 0
        while len(several := list(islice(lines, group))) == group:
            yield Rows(self, several, index)
            index += group

    def decode(self, lines: Sequence[str]) -> Reading:
        """Turn the lines of one take into a reading: the last row's scalars, and the block of them all."""
        layout = self.layout
        if not layout.block:
            return Reading(values=self._scalars(self._cells(lines[-1])))
        if layout.block_is_row and len(lines) == 1 and '"' not in lines[0]:
            data = self._whole_row(lines[0])
            cells: Sequence[str] = ()
        else:
            rows = [self._cells(line) for line in lines]
            data, cells = self._block(rows), rows[-1]
        truth = cells[layout.truth] if layout.truth is not None and layout.truth < len(cells) else None
        block = Block(data=data, rate_hz=self.params.rate_hz, truth=truth)
        values = self._scalars(cells) if layout.scalars else {}
        return Reading(values=values | self._summariser.of(data), blocks={self.params.block: block})

    def time_s(self, line: str, index: int) -> float:
        """Return when a row was recorded, in seconds; by its number where the table has no time."""
        layout = self.layout
        cells = self._cells(line) if layout.time else []
        if not layout.time or max(layout.time) >= len(cells):
            return index * self.params.period_s
        return parse_time_s(" ".join(cells[i] for i in layout.time), self.params.time_format)

    def _lines(self) -> Iterator[str]:
        """Yield logical lines without blank ones: a quoted cell may hold line breaks."""
        try:
            with self.path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
                for line in islice(file, self.params.skip_lines, None):
                    whole = line
                    while whole.count('"') % 2 and (more := next(file, "")):
                        whole += more
                    if not whole.isspace():
                        yield whole
        except OSError as error:
            raise HardwareError(f"cannot read the recording {self.path}: {error.strerror}; see `path`") from error

    def _cells(self, line: str) -> list[str]:
        return cells_of(line, self.layout.delimiter)

    def _scalars(self, cells: Sequence[str]) -> dict[str, float]:
        if len(cells) < self.layout.width:
            self.faults += 1
            return dict.fromkeys((name for name, _ in self.layout.scalars), math.nan)
        return {name: self._number(cells[index]) for name, index in self.layout.scalars}

    def _number(self, text: str) -> float:
        try:
            return float(text if self.params.decimal == "." else text.replace(",", "."))
        except ValueError:
            self.faults += text.strip().lower() not in MISSING
            return math.nan

    def _whole_row(self, line: str) -> npt.NDArray[np.float32]:
        """Parse a row that is nothing but its block, quickly; cell by cell where something is wrong with it."""
        layout = self.layout
        if self.params.decimal == ".":
            try:
                data = np.loadtxt([line], delimiter=layout.delimiter, dtype=np.float32, comments=None, ndmin=2).T
            except ValueError:  # a cell that is no number
                pass
            else:
                if len(data) == len(layout.block):
                    return data
        return self._block([self._cells(line)])

    def _block(self, rows: Sequence[Sequence[str]]) -> npt.NDArray[np.float32]:
        """Return (columns, 1) for one row without `block_rows`, else (rows, columns)."""
        picked = [self._picked(cells) for cells in rows]
        try:
            data = np.array(picked, dtype=np.float32)
        except ValueError:
            data = np.array([[self._number(text) for text in cells] for cells in picked], dtype=np.float32)
        return data if self.params.block_rows else data.T

    def _picked(self, cells: Sequence[str]) -> Sequence[str]:
        block = self.layout.block
        if len(cells) < self.layout.width:
            self.faults += 1
            cells = [*cells, *[""] * (self.layout.width - len(cells))]
        if self.params.decimal == ",":
            return [cells[i].replace(",", ".") for i in block]
        return cells[block.start : block.stop]


class Rows:
    """A take of a `Table`: some lines, not parsed yet."""

    __slots__ = ("_index", "_lines", "_table")

    def __init__(self, table: Table, lines: Sequence[str], index: int) -> None:
        """Hold the lines and the number of the first."""
        self._table = table
        self._lines = lines
        self._index = index

    def time_s(self) -> float:
        """When the first line was recorded."""
        return self._table.time_s(self._lines[0], self._index)

    def reading(self) -> Reading:
        """Parse them."""
        return self._table.decode(self._lines)
