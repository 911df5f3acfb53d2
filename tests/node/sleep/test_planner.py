"""Which state to nap in."""

from __future__ import annotations

from dataclasses import replace
from math import inf, nan
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.hal import Conditions, PowerState, Transition
from node.sleep.ledger import Ledger
from node.sleep.planner import DEPTHS, MAX_NAP_S, obstacle, plan, target_residency_s

if TYPE_CHECKING:
    from node.values import Nap

STATES = {
    name: PowerState(name=name, power_mw=power_mw, quality="estimate", source="test")
    for name, power_mw in (("active", 1000.0), ("idle", 400.0), ("light", 300.0))
}

EEPROM = "eeprom:POWER_OFF_ON_HALT=1"

PI5 = {
    "active": PowerState(name="active", power_mw=9800.0, quality="measured", source="Geerling 2024"),
    "idle": PowerState(name="idle", power_mw=3300.0, quality="measured", source="the same"),
    "light": PowerState(
        name="light",
        power_mw=2900.0,
        quality="estimate",
        source="idle less radio",
        enter=Transition(time_s=0.05, energy_mj=150.0),
        exit=Transition(time_s=0.3, energy_mj=1000.0),
    ),
    "halt": PowerState(
        name="halt",
        power_mw=15.0,
        quality="official",
        source="rtc.adoc",
        enter=Transition(time_s=5.0, energy_mj=15_000.0),
        exit=Transition(time_s=12.0, energy_mj=55_000.0),
        retains="disk",
        wake=("rtc", "button"),
        requires=(EEPROM,),
        otherwise_mw=1800.0,
    ),
}
"""A Raspberry Pi 5 whose idle draw is that of the C1 stepping."""

READY = Conditions(
    wakers={"timer": inf, "rtc": 2e9}, holds=frozenset({EEPROM}), memory_is_on_disk=True, clock_is_sane=True
)


def test_plan_gap_naps_in_light_sleep() -> None:
    """A gap is slept through in the board's light state."""
    nap = plan(30.0, STATES)
    assert (nap.duration_s, nap.state) == (30.0, "light")


def test_plan_board_without_light_takes_the_next_best() -> None:
    """A board that has no light sleep idles."""
    assert plan(30.0, {name: STATES[name] for name in ("active", "idle")}).state == "idle"


@pytest.mark.parametrize("gap_s", [0.0, -3.0, -inf, nan])
def test_plan_deadline_passed_does_not_sleep(gap_s: float) -> None:
    """Nor does one that is no number: an alarm would be set by it."""
    nap = plan(gap_s, STATES)
    assert (nap.duration_s, nap.state, nap.reason) == (0.0, "active", "the deadline is here")


def test_plan_endless_gap_looks_up_once_a_day() -> None:
    """No setting can bury a node for longer than a day."""
    assert plan(1e9, STATES).duration_s == MAX_NAP_S


def test_plan_alarm_rings_early_by_the_exit_latency() -> None:
    """A Pi 5 needs twelve seconds to boot: its alarm is set so much before the deadline."""
    nap = plan(600.0, PI5, READY)
    assert (nap.state, nap.duration_s) == ("halt", 588.0)


def test_plan_predicts_the_energy_and_names_the_runner_up() -> None:
    """By hand: 15 J down, 583 s at 15 mW, 55 J up; against 599.65 s of light sleep and its two transitions."""
    nap = plan(600.0, PI5, READY)
    assert nap.energy_mj == pytest.approx(15_000.0 + 583.0 * 15.0 + 55_000.0)
    assert nap.runner_up == "light"
    assert nap.runner_up_mj == pytest.approx(150.0 + 599.65 * 2900.0 + 1000.0)


def test_plan_short_gap_does_not_pay_for_a_boot() -> None:
    """The break-even of a Pi 5 against light sleep is at 24 s: (70 J less 17 s at 15 mW) / (2.9 W less 15 mW)."""
    residency_s = target_residency_s(PI5["halt"], [PI5["idle"], PI5["light"]], READY)
    assert residency_s == pytest.approx((70_000.0 - 17.0 * 15.0 - (1150.0 - 0.35 * 2900.0)) / 2885.0)
    assert plan(residency_s - 0.1, PI5, READY).state == "light"
    assert plan(residency_s + 0.1, PI5, READY).state == "halt"


def test_plan_default_eeprom_counts_its_watts() -> None:
    """With the EEPROM's defaults a halted Pi 5 draws 1.8 W, so a gap that halting would save is slept in light."""
    default = replace(READY, holds=frozenset())
    assert plan(30.0, PI5, READY).state == "halt"
    assert plan(30.0, PI5, default).state == "light"
    assert plan(600.0, PI5, default).energy_mj == pytest.approx(70_000.0 + 583.0 * 1800.0)


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        (replace(READY, memory_is_on_disk=False), "not on disk"),
        (replace(READY, clock_is_sane=False), "clock is not sane"),
        (replace(READY, wakers={"timer": inf}), "wakes by rtc, button"),
        (replace(READY, refused={"halt": "/sys/class/rtc/rtc0/wakealarm is not there"}), "wakealarm is not there"),
        (replace(READY, wakers={"timer": inf, "rtc": 4.0}), "nothing here ends it"),
    ],
)
def test_plan_unsafe_halt_is_refused_with_the_reason(conditions: Conditions, said: str) -> None:
    """No saving outweighs what would be lost, and the reason for the shallower state says what that is."""
    nap = plan(36_000.0, PI5, conditions)
    assert nap.state == "light"
    assert f"not halt: {said}" in nap.reason or said in nap.reason


def test_plan_state_that_requires_what_is_missing_is_refused() -> None:
    """Where nobody knows what a state draws without its requirement, it is not entered."""
    states = {**PI5, "halt": replace(PI5["halt"], otherwise_mw=None)}
    nap = plan(36_000.0, states, replace(READY, holds=frozenset()))
    assert nap.state == "light"
    assert f"needs {EEPROM}" in nap.reason


def test_plan_board_that_cannot_suspend_is_not_suspended() -> None:
    """A Pi's kernel refuses to suspend, whatever a file promises of it."""
    suspend = replace(PI5["light"], name="suspend", power_mw=1.0, wake=("rtc",))
    conditions = replace(READY, refused={"suspend": "/sys/power/state lists no mem", "halt": "not now"})
    assert plan(600.0, {**PI5, "suspend": suspend}, conditions).state == "light"
    assert plan(600.0, {**PI5, "suspend": suspend}, replace(conditions, refused={})).state == "suspend"


def test_plan_deepest_allowed_bounds_the_choice() -> None:
    """An operator's machine is not halted under them."""
    nap = plan(36_000.0, PI5, READY, deepest="light")
    assert nap.state == "light"
    assert "deepest that is allowed" in nap.reason


def test_plan_alarm_that_reaches_less_far_naps_so_long() -> None:
    """A timer of two hours is used for two hours of a longer gap; the rest is planned when it has rung."""
    nap = plan(36_000.0, PI5, replace(READY, wakers={"timer": inf, "rtc": 7200.0}))
    assert (nap.state, nap.duration_s) == ("halt", 7200.0)
    assert nap.energy_mj == pytest.approx(70_000.0 + 7195.0 * 15.0 + (36_000.0 - 7212.0) * 3300.0)


def test_plan_gap_shorter_than_any_transition_waits() -> None:
    """What cannot be left in time is not entered."""
    assert plan(0.2, PI5, READY).state == "idle"
    assert "take 0.35 s" in obstacle(PI5["light"], 0.2, READY)


powers = st.floats(0.1, 1e4)
transitions = st.builds(Transition, time_s=st.floats(0.0, 60.0), energy_mj=st.floats(0.0, 1e5))


@st.composite
def boards(draw: st.DrawFn) -> dict[str, PowerState]:
    """A board whose draw falls with depth."""
    names = [name for name in DEPTHS if name == "active" or draw(st.booleans())]
    draws = sorted((draw(powers) for _ in names), reverse=True)
    states = {}
    for name, power_mw in zip(names, draws, strict=True):
        waits = name in {"active", "idle"}
        states[name] = PowerState(
            name=name,
            power_mw=power_mw,
            quality="estimate",
            source="drawn",
            enter=Transition() if waits else draw(transitions),
            exit=Transition() if waits else draw(transitions),
            retains="disk" if name in {"halt", "off"} else "ram",
        )
    return states


@settings(deadline=None, max_examples=300)
@given(boards(), st.floats(0.001, MAX_NAP_S))
def test_plan_is_the_deepest_state_whose_target_residency_fits(states: dict[str, PowerState], gap_s: float) -> None:
    """The least energy is where cpuidle's rule leads, and nothing else."""
    candidates = [each for each in states.values() if not obstacle(each, gap_s, READY)]
    fitting = [each for i, each in enumerate(candidates) if target_residency_s(each, candidates[:i], READY) <= gap_s]
    nap = plan(gap_s, states, READY)
    deepest = plan(gap_s, {"active": states["active"], fitting[-1].name: fitting[-1]}, READY)
    assert nap.energy_mj == pytest.approx(deepest.energy_mj, rel=1e-6)


@settings(deadline=None, max_examples=300)
@given(boards(), st.floats(0.001, 1e6), st.booleans(), st.booleans())
def test_plan_never_misses_the_deadline_nor_loses_memory(
    states: dict[str, PowerState], gap_s: float, on_disk: bool, sane: bool
) -> None:
    """Alarm and exit latency fit the gap, and what loses the memory is entered only where that may be."""
    nap = plan(gap_s, states, replace(READY, memory_is_on_disk=on_disk, clock_is_sane=sane))
    state = states[nap.state]
    assert nap.duration_s > 0.0
    assert nap.duration_s + state.exit.time_s <= gap_s * (1 + 1e-12)
    assert state.retains == "ram" or (on_disk and sane)
    assert not nap.runner_up or nap.energy_mj <= nap.runner_up_mj


def booked_mj(nap: Nap, states: dict[str, PowerState], *, draw_mw: float | None) -> float:
    """Return what the ledger books for a nap as it was planned, with the boot where it loses the memory."""
    ledger, state = Ledger(states), states[nap.state]
    if state.retains == "ram":
        ledger.sleep(nap.state, nap.duration_s + state.exit.time_s, draw_mw)
    else:
        ledger.halt(nap.state, nap.duration_s, draw_mw)
        ledger.boot(nap.state)
    return ledger.total_mj()


@settings(deadline=None, max_examples=300)
@given(boards(), st.floats(0.001, MAX_NAP_S), st.floats(0.1, 1e4), st.booleans())
def test_plan_of_a_nap_is_what_its_ledger_books(
    states: dict[str, PowerState], gap_s: float, otherwise_mw: float, met: bool
) -> None:
    """Planner and ledger agree on every nap of every board, whether what a state requires holds or not."""
    states = {
        name: replace(each, requires=(EEPROM,), otherwise_mw=otherwise_mw) if each.retains == "disk" else each
        for name, each in states.items()
    }
    nap = plan(gap_s, states, replace(READY, holds=frozenset({EEPROM} if met else ())))
    assert booked_mj(nap, states, draw_mw=nap.draw_mw) == pytest.approx(nap.energy_mj, rel=1e-6)


def test_booked_by_the_board_alone_a_default_eeprom_looks_like_a_good_one() -> None:
    """Negative control: a ledger that is not told what a state draws here misses all but a hundredth of it."""
    nap = plan(36_000.0, PI5, replace(READY, holds=frozenset()))
    assert nap.state == "halt"
    assert booked_mj(nap, PI5, draw_mw=None) < 0.02 * nap.energy_mj
    assert booked_mj(nap, PI5, draw_mw=nap.draw_mw) == pytest.approx(nap.energy_mj)
