"""Where the joules went."""

from __future__ import annotations

import json

import pytest

from node.hal import PowerState
from node.sleep.ledger import STAGES, Ledger

STATES = {
    "active": PowerState(name="active", power_mw=2000.0, quality="estimate", source="test"),
    "light": PowerState(name="light", power_mw=100.0, quality="estimate", source="test"),
}


def test_ledger_time_awake_is_booked_to_its_stage() -> None:
    """Milliwatts times seconds are millijoules, under the stage that spent them, marked modelled."""
    ledger = Ledger(STATES)
    ledger.spend("infer", 0.5)
    assert ledger.energy_mj() == {"infer": (0.0, 1000.0)}


def test_ledger_nap_costs_its_state() -> None:
    """A nap is paid at the state's draw, an unknown state at the active one."""
    ledger = Ledger(STATES)
    ledger.sleep("light", 10.0)
    ledger.sleep("hibernation", 1.0)
    assert ledger.total_mj() == pytest.approx(3000.0)


def test_ledger_stranger_is_refused() -> None:
    """A stage that nobody knows is a programming error, not a new account."""
    with pytest.raises(KeyError):
        Ledger(STATES).spend("thinking", 1.0)
    assert "thinking" not in STAGES


def test_ledger_recall_goes_on_from_what_was_remembered() -> None:
    """A node that lives for one cycle at a time adds up as one: through JSON, and past what it does not know."""
    first = Ledger(STATES)
    first.spend("infer", 0.5)
    first.sleep("light", 10.0)
    second = Ledger(STATES)
    second.recall({**json.loads(json.dumps(first.memory())), "cooking": [1.0, 2.0, 3.0], "gate": "torn"})
    second.spend("infer", 0.5)
    assert second.energy_mj() == {"infer": (0.0, 2000.0), "sleep": (0.0, 1000.0)}
    assert second.awake_s() == 1.0
