"""When the next cycle is due."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from node.sleep.deadline import next_due


@given(
    last=st.floats(0, 1e6),
    late=st.floats(0, 1e5),
    period=st.floats(0.01, 1e4),
)
def test_next_due_any_delay_stays_on_the_grid(last: float, late: float, period: float) -> None:
    """The next deadline is in the future, at most a period away, and on the grid of the last one."""
    now = last + late
    due = next_due(last_s=last, now_s=now, period_s=period)
    slack = 1e-6 * max(1.0, now)
    assert now - slack <= due.at_s <= now + period + slack
    assert abs(due.at_s - (last + (due.skipped + 1) * period)) <= slack


def test_next_due_no_period_is_now() -> None:
    """A node without a period goes as fast as it can."""
    assert next_due(last_s=1.0, now_s=5.0, period_s=0.0).at_s == 5.0


def test_next_due_slow_cycle_skips_and_counts() -> None:
    """Deadlines that went by are counted, not made up for."""
    assert next_due(last_s=0.0, now_s=10.5, period_s=2.0).skipped == 5
