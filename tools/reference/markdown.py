"""Markdown tables, and the first sentence of a docstring."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    r"""Return a table; a bar inside a cell is escaped.

    >>> print(table(["a", "b"], [["1", "x|y"]]))
    | a | b |
    | --- | --- |
    | 1 | x\|y |
    """
    lines = [head, ["---"] * len(head), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def code(word: object) -> str:
    """Return a word in code type; nothing for an empty one.

    >>> code("delta"), code("")
    ('`delta`', '')
    """
    return f"`{word}`" if str(word) else ""


def first_line(documented: object) -> str:
    """Return the first paragraph's first line of a docstring, as one that stands alone.

    >>> first_line(first_line)
    "Return the first paragraph's first line of a docstring, as one that stands alone."
    """
    return (inspect.getdoc(documented) or "").partition("\n")[0]
