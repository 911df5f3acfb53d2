"""The live picture: a table kept in place on a terminal, a line a node every few seconds in a log."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final, Self

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.live import Live
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

    from tools.showcase.account import NodeCount

LOG_EVERY_S: Final = 5.0
COLUMNS: Final = {"node": 6, "cycles": 6, "gated out": 9, "inferences": 10, "stored": 10, "joules": 6}
"""Heading to width; all but the latest answer, which takes what an 80-column terminal leaves."""
VALUES_SHOWN: Final = 3


class View:
    """Shows counts as they come; use it in a `with`."""

    def __init__(self, console: Console | None = None) -> None:
        """Be quiet so far.

        Args:
            console: where to; None for the standard output.
        """
        self._console = console or Console(file=sys.stdout, highlight=False)
        self._live = Live(console=self._console, auto_refresh=False) if self._console.is_terminal else None
        self._logged_s = 0.0

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def show(self, now_s: float, counts: Mapping[str, NodeCount], latest: Mapping[str, str], messages: int) -> None:
        """Show the present state.

        Args:
            now_s: seconds since the nodes started.
            counts: node to what it says of itself.
            latest: node to its latest answer, in words.
            messages: what the subscriber has received.
        """
        if self._live:
            self._live.update(_table(now_s, counts, latest, messages), refresh=True)
        elif now_s - self._logged_s >= LOG_EVERY_S:
            self._logged_s = now_s
            for line in _lines(now_s, counts, latest):
                self._console.print(line, soft_wrap=True)
            self._console.file.flush()


def words(said: Mapping[str, object]) -> str:
    """Put one published answer into a few words.

    >>> words({"values": {"label": {"value": "7"}, "confidence": {"value": 0.98765, "unit": "1"}}})
    'label 7, confidence 0.988'
    >>> words({"state": "ready"})
    ''
    """
    values = said.get("values")
    if not isinstance(values, dict):
        return ""
    return ", ".join(f"{name} {_plain(value)}" for name, value in list(values.items())[:VALUES_SHOWN])


def _plain(value: object) -> str:
    if isinstance(value, dict):
        value = value.get("value")
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _lines(now_s: float, counts: Mapping[str, NodeCount], latest: Mapping[str, str]) -> Iterator[str]:
    """Yield a line a node, the first with the time."""
    time = f"{now_s:4.0f} s"
    for name, count in counts.items():
        stored = f"{count.records_receipted} of {count.records_committed} stored"
        yield f"{time:>6}  {name:<6} {stored:>17}  {latest.get(name, '')}".rstrip()
        time = ""


def _table(now_s: float, counts: Mapping[str, NodeCount], latest: Mapping[str, str], messages: int) -> Table:
    table = Table(title=f"{now_s:.0f} s, {messages} messages published", title_justify="left", box=SIMPLE_HEAD)
    for heading, width in COLUMNS.items():
        table.add_column(heading, justify="left" if heading == "node" else "right", min_width=width, no_wrap=True)
    table.add_column("latest", no_wrap=True, overflow="ellipsis")
    for name, count in counts.items():
        table.add_row(
            name,
            str(count.cycles),
            str(count.gated_out),
            str(count.inferences),
            f"{count.records_receipted} of {count.records_committed}",
            f"{count.energy_mj / 1000.0:.1f}",
            latest.get(name, ""),
        )
    return table
