"""The keeper of a lease on a virtual clock, over restarts, bad disks and clocks that leap."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from boards.sim.clock import START_MS, VirtualClock
from node.lease.keeper import FILE, Keeper
from node.lease.options import Params
from node.values import TimeQuality
from node.wire.messages import Desired

if TYPE_CHECKING:
    from pathlib import Path

PARAMS: Final = Params(most_s=900.0, daily_s=1800.0)


def wish(seconds: float, *, told_ms: int = START_MS) -> Desired:
    """Return a wish for a lease of so many seconds from the start of virtual time on."""
    return Desired(version=2, lease_until_ms=START_MS + round(seconds * 1000), time_ms=told_ms)


def test_keeper_counts_down_and_ends_by_itself(tmp_path: Path) -> None:
    """Nobody has to say that it is over; the same wish, read again, is no second lease."""
    clock = VirtualClock()
    keeper = Keeper(PARAMS, tmp_path / FILE, clock)
    assert (keeper.left_s(), keeper.until_ms) == (0.0, 0)
    keeper.hear(wish(600.0))
    clock.advance(100.0)
    assert (keeper.left_s(), keeper.until_ms) == (500.0, START_MS + 600_000)
    clock.advance(500.0)
    assert (keeper.left_s(), keeper.until_ms, keeper.told) == (0.0, 0, {})
    keeper.hear(wish(600.0))
    assert Keeper(PARAMS, tmp_path / FILE, clock).left_s() == keeper.left_s() == 0.0


def test_keeper_of_a_lease_that_is_cut_tells_its_own_end(tmp_path: Path) -> None:
    """Whoever watches is told when the node will really sleep, whether its own clock knows or the gateway's does."""
    for quality in TimeQuality.SYNCED, TimeQuality.UNSET:
        keeper = Keeper(PARAMS, tmp_path / quality.name / FILE, VirtualClock(quality=quality))
        keeper.hear(wish(5000.0))
        assert (keeper.left_s(), keeper.until_ms) == (900.0, START_MS + 900_000)


def test_keeper_gives_back_what_a_withdrawn_lease_left(tmp_path: Path) -> None:
    """An operator who is done early has the rest of the day's allowance for later."""
    clock = VirtualClock()
    keeper = Keeper(PARAMS, tmp_path / FILE, clock)
    keeper.hear(wish(900.0))
    keeper.hear(Desired(version=3))
    assert keeper.left_s() == 0.0
    keeper.hear(wish(890.0))
    keeper.hear(wish(880.0))
    assert keeper.left_s() == 880.0
    assert keeper.told == {}


def test_keeper_started_anew_in_a_lease_goes_on_and_pays_again(tmp_path: Path) -> None:
    """A node that is reset every minute is not kept awake by one lease for longer than its allowance."""
    clock, awake_s = VirtualClock(quality=TimeQuality.UNSET), 0.0
    for _ in range(100):
        keeper = Keeper(PARAMS, tmp_path / FILE, clock)
        keeper.hear(wish(900.0))
        if not keeper.left_s():
            break
        clock.advance(60.0)
        awake_s += 60.0
    assert 0.0 < awake_s <= PARAMS.daily_s
    assert keeper.told == {"lease": "refused: the 1800 s a day of lease.daily_s are used up"}


def test_keeper_whose_clock_leaps_ahead_gets_a_day_and_no_more(tmp_path: Path) -> None:
    """A day off fills the allowance; so does a century."""
    clock = VirtualClock()
    keeper = Keeper(PARAMS, tmp_path / FILE, clock)
    keeper.hear(wish(900.0))
    clock.advance(900.0)
    assert keeper.left_s() == 0.0
    clock.set_wall(START_MS + 100 * 365 * 86_400_000)
    again = Keeper(PARAMS, tmp_path / FILE, clock)
    again.hear(Desired(version=9, lease_until_ms=clock.wall_ms() + 10_000_000, time_ms=clock.wall_ms()))
    assert again.left_s() == 900.0


def test_keeper_on_a_disk_that_refuses_takes_no_lease(tmp_path: Path) -> None:
    """What nobody would remember is not granted; once the disk is there again, the next wish is."""
    blocked = tmp_path / "state"
    keeper = Keeper(PARAMS, blocked / FILE, VirtualClock())
    blocked.write_text("a file where the folder belongs")
    keeper.hear(wish(600.0))
    assert keeper.left_s() == 0.0
    assert "cannot be written" in keeper.told["lease"]
    blocked.unlink()
    keeper.hear(wish(601.0))
    assert keeper.left_s() == 601.0


def test_keeper_whose_file_is_spoilt_waits_for_an_allowance(tmp_path: Path) -> None:
    """What it had granted is not known, so nothing is left of the day."""
    (tmp_path / FILE).write_text('{"left_s": ')
    clock = VirtualClock()
    keeper = Keeper(PARAMS, tmp_path / FILE, clock)
    keeper.hear(wish(600.0))
    assert keeper.left_s() == 0.0
    clock.advance(43_200.0)
    keeper.hear(wish(43_800.0, told_ms=START_MS + 43_200_000))
    assert keeper.left_s() == 600.0


def test_keeper_asks_the_battery_while_it_runs(tmp_path: Path) -> None:
    """A battery that falls below the reserve ends the lease, and the reason is told."""
    charge = [0.5]
    keeper = Keeper(PARAMS, tmp_path / FILE, VirtualClock(), lambda: charge[0])
    keeper.hear(wish(600.0))
    assert keeper.left_s() == 600.0
    charge[0] = 0.2
    assert keeper.left_s() == 0.0
    assert keeper.told["lease"].startswith("cut: the battery holds 20%")


def test_keeper_whose_reserve_is_raised_ends_the_lease(tmp_path: Path) -> None:
    """A policy that keeps more back holds for a lease that runs already."""
    keeper = Keeper(PARAMS, tmp_path / FILE, VirtualClock(), lambda: 0.5)
    keeper.hear(wish(600.0))
    keeper.params = replace(PARAMS, least_charge=0.6)
    assert keeper.left_s() == 0.0
    assert keeper.told["lease"].endswith("lease.least_charge is 60%")
