"""How much of what a doctor finds is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from node.commands.doctor import LONGEST, MOST, bounded
from node.setup.doctor import Finding

if TYPE_CHECKING:
    from node.setup.doctor import Mark


def finding(what: str, mark: Mark, told: str = "so it is") -> Finding:
    """Return a finding."""
    return Finding(what=what, mark=mark, told=told)


def test_findings_are_told_the_worst_first() -> None:
    """Of two on one thing the worse stands."""
    found = [finding("clock", "ok"), finding("radio", "warn"), finding("gate", "ok"), finding("gate", "FAIL")]
    assert bounded(found, 4096) == {
        "gate": "FAIL: so it is",
        "radio": "warn: so it is",
        "clock": "ok: so it is",
    }


def test_findings_beyond_the_bound_are_left_out_from_the_best_on() -> None:
    """However much there is, a message carries it; a failure is never cut off by what works."""
    found = [finding(f"sense.{i}", "ok", "x" * 1000) for i in range(200)] + [finding("broker", "FAIL", "ö" * 1000)]
    told = bounded(found, 4096)
    assert next(iter(told)) == "broker"
    assert sum(len(what) + len(text.encode()) for what, text in told.items()) <= 4096
    assert max(len(text.encode()) for text in told.values()) <= LONGEST
    assert len(bounded([finding(str(i), "ok", "") for i in range(200)], 16_384)) == MOST
