"""How fast the node works: its own figures decide, and the machine is left as it was found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from node.hal import OperatingPoint
from node.sleep.dvfs import Params
from node.sleep.ledger import Ledger
from node.sleep.pace import Pace
from tests.node.sleep.test_ledger import STATES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from node.hal import Mode

POINTS = (OperatingPoint(khz=600_000, busy_mw=773.0), OperatingPoint(khz=1_000_000, busy_mw=888.0))


class Dials:
    """Clocks that can be set, or refuse."""

    def __init__(self, points: Sequence[OperatingPoint] = POINTS, refused: Mapping[str, str] | None = None) -> None:
        self.points = points
        self.modes: list[Mode | None] = []
        self._refused = refused or {}

    def set(self, mode: Mode) -> Mapping[str, str]:
        """Set."""
        self.modes.append(mode)
        return self._refused

    def restore(self) -> None:
        """Put back."""
        self.modes.append(None)


def test_pace_by_name_is_set_once_and_restored() -> None:
    """Asked again, there is nothing to do."""
    dials = Dials()
    pace = Pace(Params(mode="powersave"), dials)
    assert pace.consider(Ledger(STATES), 0, 60.0, 5.0) == {}
    assert pace.consider(Ledger(STATES), 9, 60.0, 5.0) == {}
    pace.restore()
    assert dials.modes == ["powersave", None]


def test_pace_that_set_nothing_restores_nothing() -> None:
    """Clocks that were not touched are somebody else's."""
    dials = Dials()
    Pace(Params(mode="auto"), dials).restore()
    assert dials.modes == []


def test_pace_refused_says_why() -> None:
    """A board without clocks tells health, and the node goes on."""
    pace = Pace(Params(mode="performance"), Dials(refused={"cpu": "no DVFS here"}))
    assert pace.consider(Ledger(STATES), 0, 60.0, 5.0) == {"cpu": "no DVFS here"}


@pytest.mark.parametrize(("rest_mw", "mode"), [(5.0, "performance"), (770.0, "powersave")])
def test_pace_of_its_own_goes_by_what_rest_costs(rest_mw: float, mode: Mode) -> None:
    """Race where rest is cheap, crawl where it costs as much as working slowly."""
    dials, ledger = Dials(), Ledger(STATES)
    ledger.spend("infer", 10.0)
    pace = Pace(Params(mode="auto"), dials)
    pace.consider(ledger, 10, 60.0, rest_mw)
    assert dials.modes == [mode]
    assert "mJ a period" in pace.reason


def test_pace_that_crawls_speeds_up_when_work_no_longer_fits() -> None:
    """Seen at the low clock, four seconds of work are 2.4 at the high one; a period of three has no room for four."""
    dials, ledger = Dials(), Ledger(STATES)
    pace = Pace(Params(mode="auto"), dials)
    ledger.spend("infer", 1.0)
    pace.consider(ledger, 1, 60.0, 770.0)
    ledger.spend("infer", 4.0)
    pace.consider(ledger, 2, 3.0, 770.0)
    assert dials.modes == ["powersave", "performance"]


def test_pace_waits_for_no_radio() -> None:
    """An hour of transmitting is no work for the processor: it changes nothing."""
    dials, ledger = Dials(), Ledger(STATES)
    pace = Pace(Params(mode="auto"), dials)
    ledger.spend("infer", 1.0)
    ledger.spend("transmit", 3600.0)
    pace.consider(ledger, 1, 60.0, 770.0)
    assert dials.modes == ["powersave"]
