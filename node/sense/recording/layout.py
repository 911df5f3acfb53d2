"""How a table of text is laid out: what its options say and what its first rows give away."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence  # noqa: TC003 - Params are resolved at runtime
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from node.errors import HardwareError
from node.options import option
from node.sense.recording.summary import Summary

if TYPE_CHECKING:
    from pathlib import Path

DELIMITERS: Final = (",", ";", "\t", "|")


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Options of a table. A column is named by its header, or by its number from 1."""

    delimiter: str = option("what parts the cells; empty: found out, a space: any white space", default="")
    decimal: Literal[".", ","] = option("the decimal sign", default=".")
    skip_lines: int = option("lines before the header or the first row", default=0, least=0)
    header: Literal["auto", "yes", "no"] = option("whether the first line names the columns", default="auto")
    columns: tuple[str, ...] = option("names of the columns, where the file has none or odd ones", default=())
    channels: tuple[str, ...] = option("columns to give, each `column` or `name=column`; none: all", default=())
    sentinels: tuple[float, ...] = option("values by which this recorder says that it has none", default=())
    time: tuple[str, ...] = option("columns that, joined by a space, tell the time", default=())
    time_format: str = option("strptime format of the time; empty: ISO 8601 or seconds", default="")
    period_s: float = option("seconds between rows where no column tells", default=1.0, above=0)
    block: str = option("name of a block made of many columns; empty for none", default="", pattern=r"[a-z0-9_]{0,32}")
    block_columns: str = option("columns of the block: `first:last`, both included; empty: all", default="")
    block_rows: int = option("rows in a block; 0: each row is a waveform of its own", default=0, least=0)
    rate_hz: float = option("sampling rate of the block in Hz", default=0.0, least=0)
    truth: str = option("column that labels the block; empty for none", default="")
    prefix: str = option("what the summaries' names begin with", default="block_", pattern=r"[a-z0-9_]{0,20}")
    summaries: tuple[Summary, ...] = option("scalars to tell of each block", default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where things are in each row.

    Attributes:
        delimiter: None for any white space.
        has_header: the first line names the columns.
        width: cells that a whole row has.
        scalars: channel name and column of each.
        block: columns of the block; empty for none.
        truth: column of the label.
        time: columns of the time.
    """

    delimiter: str | None
    has_header: bool
    width: int
    scalars: tuple[tuple[str, int], ...]
    block: range
    truth: int | None
    time: tuple[int, ...]

    @property
    def block_is_row(self) -> bool:
        """Whether a row is its block and nothing else."""
        return len(self.block) == self.width


def cells_of(line: str, delimiter: str | None) -> list[str]:
    """Part a line into cells, minding quotes.

    >>> cells_of('1,"a, b",2.5', ",")
    ['1', 'a, b', '2.5']
    """
    if '"' not in line:
        return line.rstrip("\r\n").split(delimiter)
    import csv

    return next(csv.reader(line.splitlines(keepends=True), delimiter=delimiter or " ", skipinitialspace=True))


def channel_name(column: str) -> str:
    """Make a channel name of a header.

    >>> channel_name("Temperature @ 2m [deg C]")
    'temperature_2m_deg_c'
    """
    return re.sub(r"[^a-z0-9]+", "_", column.lower()).strip("_")[:32].rstrip("_") or "column"


def split_channel(text: str) -> tuple[str, str]:
    """Return the name and the column of one entry of `channels`.

    >>> split_channel("humidity=RH"), split_channel("RH")
    (('humidity', 'RH'), ('rh', 'RH'))
    """
    name, equals, column = text.partition("=")
    return (name, column) if equals else (channel_name(text), text)


def guess_layout(path: Path, lines: Sequence[str], params: Params) -> Layout:
    """Work out a file's layout.

    Args:
        path: for messages.
        lines: its first ones.
        params: what is known beforehand.

    Raises:
        HardwareError: the file is empty, or lacks a column that the options name.
    """
    if not lines:
        raise HardwareError(f"the recording {path} is empty; give one with at least a row")
    delimiter = _delimiter(lines[-1], params)
    rows = [cells_of(line, delimiter) for line in lines]
    has_header = _has_header(rows[0], params.header)
    body = rows[1:] if has_header else rows
    width = len(body[0]) if body else len(rows[0])
    columns = _Columns(path, params.columns or _names(rows[0] if has_header else (), width))
    time = tuple(columns.index(name) for name in params.time)
    truth = columns.index(params.truth) if params.truth else None
    block = columns.span(params.block_columns, width) if params.block else range(0)
    taken = {*block, *time} | ({truth} if truth is not None else set())
    return Layout(
        delimiter=delimiter,
        has_header=has_header,
        width=width,
        scalars=_chosen(params.channels, columns) if params.channels else _numeric(columns, body, taken),
        block=block,
        truth=truth,
        time=time or _time_column(body),
    )


class _Columns:
    """The names of a file's columns, and which is which."""

    def __init__(self, path: Path, names: Sequence[str]) -> None:
        self._path = path
        self.names = names
        self._indices: Mapping[str, int] = {name: i for i, name in reversed(list(enumerate(names)))}

    def index(self, name: str) -> int:
        if name in self._indices:
            return self._indices[name]
        if name.isdecimal() and 1 <= int(name) <= len(self.names):
            return int(name) - 1
        raise HardwareError(f"no column {name!r} in {self._path}; valid: {', '.join(self.names[:20])}")

    def span(self, text: str, width: int) -> range:
        """Read `first:last`."""
        if not text:
            return range(width)
        first, _, last = text.partition(":")
        return range(self.index(first), self.index(last or first) + 1)


def is_number(text: str) -> bool:
    """Tell whether a cell holds a number, with a decimal point or comma."""
    try:
        float(text.replace(",", ".", 1))
    except ValueError:
        return False
    return True


def _delimiter(row: str, params: Params) -> str | None:
    """Return the given one, or the one that parts a row most often; white space where none does."""
    given = params.delimiter
    if given:
        return None if given.isspace() and given != "\t" else given
    best = max((each for each in DELIMITERS if each != params.decimal), key=row.count)
    return best if best in row else None


def _has_header(first: Sequence[str], said: Literal["auto", "yes", "no"]) -> bool:
    return said == "yes" or (said == "auto" and not any(is_number(cell) for cell in first))


def _names(header: Sequence[str], width: int) -> Sequence[str]:
    """Name every column; R writes one more column, the row's number, than it names."""
    if header and len(header) == width - 1:
        return ["row", *header]
    return [header[i].strip() if i < len(header) else f"c{i + 1}" for i in range(width)]


def _chosen(channels: Sequence[str], columns: _Columns) -> tuple[tuple[str, int], ...]:
    return tuple((name, columns.index(column)) for name, column in map(split_channel, channels))


def _numeric(columns: _Columns, body: Sequence[Sequence[str]], taken: set[int]) -> tuple[tuple[str, int], ...]:
    """Return the free columns in which one of the first rows has a number."""
    found: dict[str, int] = {}
    for index, name in enumerate(columns.names):
        if index not in taken and any(is_number(row[index]) for row in body if index < len(row)):
            found[_unused(channel_name(name), found)] = index
    return tuple(found.items())


def _unused(name: str, found: Mapping[str, int]) -> str:
    number = 2
    unused = name
    while unused in found:
        unused = f"{name[:29]}_{number}"
        number += 1
    return unused


def _time_column(body: Sequence[Sequence[str]]) -> tuple[int, ...]:
    """Find the first column that holds ISO 8601 dates."""
    for index, cell in enumerate(body[0] if body else ()):
        if re.match(r"\s*\d{4}-\d\d-\d\d[ T]\d\d:\d\d", cell):
            return (index,)
    return ()
