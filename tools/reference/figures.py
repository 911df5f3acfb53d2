"""The figures of a board, as a table for its README: each with its quality and its source."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Final

from boards import check_board
from boards.figures import Cited, Draw
from tools.reference.markdown import table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from boards.schema import BoardData

FIRST: Final = "<!-- figures: python -m tools.reference writes them from board.toml -->\n"
LAST: Final = "<!-- end of figures -->"
UNITS: Final = {"mw": "mW", "mj": "mJ", "ms": "ms", "mv": "mV", "ma": "mA", "khz": "kHz", "s": "GB/s", "w": "TOPS/W"}
WORDS: Final = {"bandwidth_gb_s": "memory", "tops_per_w": "int8", "mobilenet_v2_ms": "MobileNetV2 below"}


def with_figures(readme: Path) -> str:
    """Return a README with the figures that its board's file has now; one without a place for them stays as it is."""
    text = readme.read_text()
    if FIRST not in text:
        return text
    before, _, rest = text.partition(FIRST)
    return f"{before}{FIRST}\n{figures(check_board(readme.parent.name, readme.parent.parent))}\n\n{LAST}{_after(rest)}"


def figures(board: BoardData) -> str:
    """Return the table."""
    rows = [row for name, state in board.details.items() for row in _rows(state, name)]
    rows += _rows(board.boot, "boot")
    rows += _rows(board.fittings, "")
    return table(("What", "Figures", "Quality", "Source"), rows)


def _after(rest: str) -> str:
    """Return what follows the old figures."""
    return rest.partition(LAST)[2] or "\n"


def _rows(told: object, name: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield a row for a group of figures and for each that it holds."""
    if isinstance(told, Cited):
        yield name, _figures(told), told.quality, told.source
    if isinstance(told, tuple):
        for each in told:
            yield from _rows(each, f"{name} {_called(each)}")
    elif is_dataclass(told):
        for field in fields(told):
            yield from _rows(getattr(told, field.name), f"{name} {field.name}".strip())


def _called(told: object) -> str:
    """Return what tells one entry of a list from the next: its kind, or its clock."""
    return str(getattr(told, "kind", "") or f"{getattr(told, 'khz', 0) / 1000:g} MHz")


def _figures(told: Cited) -> str:
    if isinstance(told, Draw):
        return f"{told.power_mw:g} mW{_range(told.power_min_mw, told.power_max_mw)}"
    found = {each.name: getattr(told, each.name) for each in fields(told)}
    return ", ".join(_figure(name, value) for name, value in found.items() if isinstance(value, int | float))


def _range(least: float | None, most: float | None) -> str:
    said = [f"from {least:g}" if least is not None else "", f"to {most:g}" if most is not None else ""]
    return f" ({' '.join(each for each in said if each)})" if any(said) else ""


def _figure(name: str, value: float) -> str:
    words, _, unit = name.rpartition("_")
    called = WORDS.get(name, words.replace("_", " "))
    return f"{called} {value:.10g} {UNITS.get(unit, unit)}".strip().removeprefix("time ").removeprefix("energy ")
