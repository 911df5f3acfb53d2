"""Where the joules went, from one start to the next: halts, wakes that go on, and starts anew."""

from __future__ import annotations

import json

import pytest

from node.sleep.ledger import Ledger
from tests.node.sleep.test_ledger import STATES, Bench


def _live(ledger: Ledger) -> Ledger:
    ledger.spend("infer", 0.5)
    ledger.settle(1)
    ledger.sleep("light", 10.0)
    return ledger


def _through_json(ledger: Ledger) -> dict[str, object]:
    kept: dict[str, object] = json.loads(json.dumps(ledger.memory()))
    return kept


def test_ledger_before_a_halt_takes_what_a_counting_meter_saw_and_no_more() -> None:
    """A reading that failed leaves its interval open; hours that are yet to be slept must not be weighed into it."""
    bench = Bench(counted=True)
    ledger = Ledger(STATES, bench)
    ledger.spend("infer", bench.draw(1500.0, 3.0))
    bench.silent = True
    ledger.settle(answers=1)
    bench.silent = False
    ledger.halt("light", 600.0)
    assert ledger.energy_mj() == {"infer": (pytest.approx(4500.0), 0.0), "sleep": (0.0, 60_000.0)}


def test_ledger_of_one_wake_of_many_goes_on() -> None:
    """A node that halts between its cycles has one life; each wake's latency is its own."""
    first = _live(Ledger(STATES))
    second = Ledger(STATES)
    second.recall(_through_json(first), go_on=True)
    assert second.energy_mj() == first.energy_mj()
    _live(second)
    assert second.total_mj() == pytest.approx(2 * first.total_mj())
    assert second.naps_s == {"light": 20.0}
    assert second.snapshot()["latency_p95_ms"] == pytest.approx(500.0, rel=0.02)


def test_ledger_of_a_new_start_keeps_what_earlier_ones_drew() -> None:
    """The sums begin at zero, as all counters in health do; the life's energy does not."""
    first = _live(Ledger(STATES))
    second = Ledger(STATES)
    second.recall(_through_json(first), go_on=False)
    third = Ledger(STATES)
    third.recall(_through_json(_live(second)), go_on=False)
    assert third.energy_mj() == {}
    assert third.snapshot()["energy_life_mj"] == pytest.approx(2 * first.total_mj())


def test_ledger_of_a_first_start_has_nothing_to_recall() -> None:
    """An empty memory changes nothing."""
    ledger = _live(Ledger(STATES))
    before = ledger.memory()
    ledger.recall({}, go_on=True)
    assert ledger.memory() == before


def test_ledger_that_goes_on_shares_no_joules_of_an_earlier_wake() -> None:
    """What was modelled before is not taken for modelled in the interval that is open now."""
    bench = Bench()
    ledger = Ledger(STATES, bench)
    ledger.recall(_through_json(_live(Ledger(STATES))), go_on=True)
    ledger.spend("gate", bench.draw(500.0, 1.0))
    ledger.settle()
    assert ledger.energy_mj() == {"gate": (500.0, 0.0), "infer": (0.0, 1000.0), "sleep": (0.0, 1000.0)}


def test_ledger_of_one_wake_of_many_knows_how_far_its_joules_may_be_off() -> None:
    """The measured joules of all wakes go on, so what they may be off goes on with them, and who counted them."""
    first = Ledger(STATES, bench := Bench("module"))
    first.spend("infer", bench.draw(1000.0, 2.0))
    first.settle()
    second = Ledger(STATES)
    second.recall(_through_json(first), go_on=True)
    assert (second.uncertainty_mj, second.scope, second.quality) == (20.0, "module", "measured")
    third = Ledger(STATES)
    third.recall(_through_json(first), go_on=False)
    assert (third.uncertainty_mj, third.scope) == (0.0, "")


def test_ledger_of_a_halt_that_was_refused_takes_it_back() -> None:
    """Nobody slept, so nothing is booked: neither the way down, nor the hours, nor what the radio would have taken."""
    ledger = _live(Ledger(STATES))
    before = ledger.energy_mj()
    ledger.halt("light", 600.0, 40.0)
    ledger.stay_up("light", 600.0, 40.0)
    assert ledger.energy_mj() == {stage: pytest.approx(mj) for stage, mj in before.items()}
    assert ledger.naps_s == {"light": pytest.approx(10.0)}
