"""The live picture."""

from __future__ import annotations

import io

from rich.console import Console

from tools.showcase.account import NodeCount
from tools.showcase.view import View


def test_view_in_a_log_says_a_line_a_node_every_few_seconds() -> None:
    """Where nobody can see a table change, there is a line a node now and then, not one a look."""
    out = io.StringIO()
    with View(Console(file=out, width=200)) as view:
        for tenth in range(120):
            counts = {"meter": NodeCount(records_committed=tenth, records_receipted=tenth), "pump": NodeCount()}
            view.show(tenth / 10.0, counts, {"meter": "label 7"}, messages=tenth)
    lines = out.getvalue().splitlines()
    assert len(lines) == 4
    assert lines[:2] == ["   5 s  meter    50 of 50 stored  label 7", "        pump       0 of 0 stored"]


def test_view_on_a_terminal_keeps_one_table_in_place() -> None:
    """The table is drawn over itself; the last one stays."""
    out = io.StringIO()
    with View(Console(file=out, width=80, force_terminal=True, color_system=None)) as view:
        view.show(1.0, {"pump": NodeCount(inferences=3)}, {}, messages=1)
        view.show(2.0, {"pump": NodeCount(inferences=4)}, {"pump": "score 0.5"}, messages=9)
    last = out.getvalue().rpartition("s, 9 messages published")[2]
    assert "pump" in last
    assert "score 0.5" in last
    assert out.getvalue().count("\x1b[1A") >= 4  # the cursor went up over the first table
