"""The battery that a laptop plays: joules are kept, the cold takes its share, and who asks too much goes dark."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boards.sim.cell import CHARGED, CONNECTS_AT, Cell, warm_share

CAPACITY_MJ = 1e6
WARM_C = 25.0


@settings(deadline=None, max_examples=100)
@given(
    hours=st.lists(st.tuples(st.floats(0.0, 500.0), st.floats(0.0, 500.0), st.floats(-30.0, 40.0)), max_size=20),
    share=st.floats(0.0, 1.0),
)
def test_live_keeps_every_joule(hours: list[tuple[float, float, float]], share: float) -> None:
    """What the panel gave is used or turned away; what the node drew came from the panel or from the battery."""
    cell = Cell(CAPACITY_MJ, share)
    for harvest_mw, load_mw, air_c in hours:
        stored_mj, connected = cell.stored_mj, cell.connected
        flow = cell.live(3600.0, harvest_mw=harvest_mw, load_mw=load_mw, air_c=air_c)
        fed_mj = flow.served * load_mw * 3600.0 if connected else 0.0
        assert flow.used_mj + flow.spilled_mj == pytest.approx(harvest_mw * 3600.0)
        assert 0.0 <= cell.stored_mj <= CAPACITY_MJ * (1.0 + 1e-12)
        lost_mj = flow.used_mj + stored_mj - cell.stored_mj - fed_mj
        assert -1e-3 <= lost_mj <= (1.0 - CHARGED) * flow.used_mj + 1e-3


def test_live_more_than_there_is_cuts_the_node_off_until_there_is_a_margin() -> None:
    """A brown-out is counted once, and the first ray does not end it."""
    cell = Cell(CAPACITY_MJ, 0.1)
    flow = cell.live(3600.0, harvest_mw=0.0, load_mw=100.0, air_c=WARM_C)
    assert flow.served == pytest.approx(1e5 / 3.6e5)
    assert (cell.cuts, cell.reconnect(WARM_C)) == (1, False)
    cell.live(3600.0, harvest_mw=20.0, load_mw=100.0, air_c=WARM_C)
    assert not cell.reconnect(WARM_C)
    cell.live(3600.0, harvest_mw=20.0, load_mw=100.0, air_c=WARM_C)
    assert cell.share() >= CONNECTS_AT
    assert cell.reconnect(WARM_C)
    assert cell.cuts == 1


def test_live_below_freezing_takes_no_charge() -> None:
    """Sun in the frost feeds the node, and is turned away otherwise."""
    cell = Cell(CAPACITY_MJ, 0.5)
    flow = cell.live(3600.0, harvest_mw=50.0, load_mw=10.0, air_c=-5.0)
    assert cell.share() == 0.5
    assert flow.used_mj == pytest.approx(10.0 * 3600.0)


def test_live_full_battery_turns_sun_away() -> None:
    """What does not fit is spilled."""
    flow = Cell(CAPACITY_MJ, 1.0).live(3600.0, harvest_mw=50.0, load_mw=0.0, air_c=WARM_C)
    assert (flow.used_mj, flow.spilled_mj) == (0.0, 180_000.0)


def test_at_hand_in_the_cold_is_less_than_the_gauge_says() -> None:
    """The gauge knows nothing of the cold."""
    cell = Cell(CAPACITY_MJ, 0.3)
    reading = cell.read()
    assert reading.share == 0.3
    assert cell.at_hand_mj(-20.0) == pytest.approx(0.0, abs=1e-6)
    assert cell.at_hand_mj(WARM_C) == pytest.approx(0.3 * CAPACITY_MJ)


@settings(deadline=None, max_examples=50)
@given(one=st.floats(-60.0, 60.0), other=st.floats(-60.0, 60.0))
def test_warm_share_rises_with_the_temperature(one: float, other: float) -> None:
    """Warmer is never less, and it is a share."""
    assert 0.0 < warm_share(min(one, other)) <= warm_share(max(one, other)) <= 1.0
