"""How fast a node lives: bent by what happens, within limits, and never past a promise."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.sleep.alertness import Params
from node.sleep.tempo import Tempo
from node.values import Outcome


def test_tempo_without_alertness_is_steady() -> None:
    """Whatever happens, the period is the operator's."""
    tempo = Tempo(period_s=60.0, interval_s=300.0)
    for outcome in Outcome:
        tempo.heed(outcome)
        assert (tempo.period_s, tempo.shortest_s) == (60.0, 60.0)


def test_tempo_after_an_event_is_fast_within_its_hard_limit() -> None:
    """Four times as fast, but not below the limit."""
    lively = Tempo(period_s=60.0, interval_s=300.0, alertness=Params())
    limited = Tempo(period_s=60.0, interval_s=300.0, alertness=Params(shortest_s=20.0))
    for tempo, fast_s in ((lively, 15.0), (limited, 20.0)):
        assert tempo.period_s == 60.0
        tempo.heed(Outcome.OPEN)
        assert tempo.period_s == tempo.shortest_s == fast_s


def test_tempo_remembers_over_a_halt() -> None:
    """A node that is switched off between its samples is as lively after as before."""
    tempo = Tempo(period_s=60.0, interval_s=300.0, alertness=Params())
    tempo.heed(Outcome.OPEN)
    after = Tempo(period_s=60.0, interval_s=300.0, alertness=Params())
    after.recall(tempo.memory())
    assert after.period_s == 15.0


@pytest.mark.parametrize("kept", [{}, {"share": 0.0}, {"share": float("nan")}, {"share": 7.0}, {"held": -1.0}])
def test_tempo_with_a_strange_memory_starts_anew(kept: dict[str, float]) -> None:
    """What an update finds on disk may be anything; no period of zero comes of it."""
    tempo = Tempo(period_s=60.0, interval_s=300.0, alertness=Params())
    tempo.recall(kept)
    assert tempo.period_s == 60.0


def _looks(outcomes: list[Outcome], period_s: float, promised_s: float | None) -> tuple[list[float], float]:
    """Look once for each outcome, until the promise is kept; returns when, and the fastest period."""
    tempo = Tempo(period_s=period_s, interval_s=60.0, alertness=Params())
    looks = [0.0]
    for outcome in outcomes:
        if promised_s is not None and looks[-1] >= promised_s - tempo.shortest_s / 2.0:
            break
        tempo.heed(outcome)
        looks.append(tempo.due_after(looks[-1], looks[-1], promised_s).at_s)
    return looks, tempo.shortest_s


@settings(deadline=None, max_examples=200)
@given(
    outcomes=st.lists(st.sampled_from(Outcome), min_size=1, max_size=60),
    period_s=st.floats(1.0, 3600.0),
    periods=st.floats(1.0, 40.0),
)
def test_tempo_never_steps_over_a_promise(outcomes: list[Outcome], period_s: float, periods: float) -> None:
    """Whatever happens, one look is at the promise, within half of the fastest period, and no two crowd."""
    promised_s = period_s * periods
    looks, shortest_s = _looks(outcomes, period_s, promised_s)
    slack_s = shortest_s / 2.0 * (1.0 + 1e-9)
    assert looks[-1] < promised_s - slack_s or min(abs(look - promised_s) for look in looks) <= slack_s
    assert min(after - before for before, after in pairwise(looks)) >= shortest_s / 2.0 * (1.0 - 1e-9)


def test_tempo_that_knows_no_promise_steps_over_it() -> None:
    """Negative control: the same looks, one minute after the other, pass a promise by without holding."""
    looks, shortest_s = _looks([Outcome.OPEN, *[Outcome.SHUT] * 20], 600.0, None)
    assert min(abs(look - 3000.0) for look in looks) > shortest_s / 2.0


def test_tempo_late_cycle_does_not_hurry_back_to_a_broken_promise() -> None:
    """A promise that is past is kept by the next deadline, on the grid."""
    assert Tempo(period_s=60.0, interval_s=60.0).due_after(0.0, 100.0, 60.05).at_s == 120.0


def test_tempo_promise_that_is_a_cycles_own_shifts_no_phase() -> None:
    """A promise goes through a clock of whole milliseconds; the cycles stay on their minutes."""
    tempo = Tempo(period_s=60.0, interval_s=300.0)
    assert [tempo.due_after(240.0, 240.2, promised_s).at_s for promised_s in (300.0004, 299.9996)] == [300.0, 300.0]
