"""Laws of all-of: every branch at once, and a change that was kept back is still news."""

from tests.node.gate.shown import gate, problems, sample

DELTA = {"part": "send_on_delta", "channels": ["t"], "delta": 1.0}
HOURLY = {"part": "schedule", "period_s": 3600.0}


def test_all_of_with_every_branch_open_opens_with_every_reason() -> None:
    """A person reads why, all of it."""
    verdict = gate("all_of", gates=[HOURLY, DELTA]).judge(sample(t=0.0))
    assert verdict.opens
    assert verdict.reason == "a new period of 3600 s; nothing reported yet"


def test_all_of_with_a_change_kept_back_reports_it_when_it_may() -> None:
    """The value moves at half past, is kept back by the schedule, and is reported at the full hour."""
    rule = gate("all_of", gates=[HOURLY, DELTA])
    told = [rule.judge(sample(i, t=t)).opens for i, t in [(0, 0.0), (1800, 5.0), (2400, 5.0), (3600, 5.0), (7200, 5.0)]]
    assert told == [True, False, False, True, False]


def test_all_of_in_an_all_of_that_stays_shut_keeps_the_change_too() -> None:
    """What came of it is told at every depth."""
    inner = {"part": "all_of", "gates": [DELTA]}
    rule = gate("all_of", gates=[HOURLY, inner])
    told = [rule.judge(sample(i, t=t)).opens for i, t in [(0, 0.0), (1800, 5.0), (3600, 5.0)]]
    assert told == [True, False, True]


def test_all_of_nothing_is_refused() -> None:
    """An empty all-of would be open for ever."""
    assert "gates is empty" in problems("all_of", gates=[])
