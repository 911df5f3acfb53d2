"""Which state to nap in (pure): the one that gets the board to its deadline, awake, on the least energy.

The terms are those of Linux's cpuidle governors (kernel documentation, admin-guide/pm/cpuidle.rst). The *exit latency*
is the time from the alarm until the node runs again; the alarm is set so much before the deadline, as the timer-events
oriented governor counts it in. The *target residency* is the shortest gap that makes up for what going and coming back
cost; it follows here from the board's figures. The governors must guess how long an idle spell will be; a duty cycle
knows its next deadline, so the least predicted energy can be taken at once, and it is the same choice as cpuidle's
deepest state whose target residency fits.

What a state costs never outweighs what would be lost in it: a state is refused, with a reason, where nothing would end
it in time, where a requirement does not hold, and, if it loses the memory, where the memory is not on disk or the clock
is not to be trusted with an alarm. That the alarm was really set is for the mechanism to read back.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Final, Literal

from node.hal import Conditions, PowerState
from node.options import option
from node.values import Nap

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MAX_NAP_S: Final = 86_400.0
"""A node looks up at least once a day: no setting, however well signed, can bury it for longer."""

DEPTHS: Final = ("active", "idle", "light", "suspend", "halt", "off")
"""Every state that a board can have, the shallowest first."""

EXACT: Final = 3
"""Decimals of a millijoule to which states are told apart. Of those that cost as much the deepest is taken: whether a
saving of light sleep can be had is only seen by trying."""

TIMED: Final = frozenset({"timer", "rtc", "controller"})
"""What can end a sleep at a time that was set before. A button, a pin or a packet cannot: it may never come."""

Depth = Literal["light", "suspend", "halt", "off"]
Saving = Literal["governor", "cores", "wifi", "wifi_power_save", "bluetooth", "hdmi", "usb"]
Controller = Literal["none", "wittypi4", "pijuice", "timer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """The node's own rhythm; a policy may bend it within the hard limits."""

    period_s: float = option(
        "seconds from one sample to the next; 0 for as fast as it goes", default=60.0, least=0.0, most=MAX_NAP_S
    )
    deepest: Depth = option(
        "the deepest state that the planner may choose; beyond `light` the machine itself goes down, "
        "with whoever else works on it",
        default="light",
    )
    savings: tuple[Saving, ...] = option(
        "what is turned off in light sleep, and on again after it; only with those that the board requires (`saving:`) "
        "does light sleep draw what the board says",
        default=(),
    )
    controller: Controller = option("who cuts the power and gives it back, for the state `off`", default="none")
    timer_s: float = option(
        "period of the `timer` in seconds, from power-on to power-on, as its resistor sets it", default=0.0, least=0.0
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bid:
    """What one state would do with the gap.

    Attributes:
        state: which.
        alarm_s: when it would be woken, from now.
        energy_mj: from here to the deadline.
    """

    state: PowerState
    alarm_s: float
    energy_mj: float


def plan(
    gap_s: float,
    states: Mapping[str, PowerState],
    conditions: Conditions = Conditions(),  # noqa: B008 - frozen; nothing deep can be entered in it
    *,
    deepest: str = "off",
) -> Nap:
    """Choose how to spend a gap.

    Args:
        gap_s: until the next deadline, in seconds; negative when it has passed.
        states: what the board has; `active` always.
        conditions: what holds on this machine now.
        deepest: no state below this one is taken.

    Returns:
        The nap: state, alarm, predicted energy, the runner-up, and the reason, which also says what kept the deepest
        state of the board from being chosen. A gap longer than a day is planned as one of a day.
    """
    if not gap_s > 0.0:  # nor for one that is no number
        return Nap(duration_s=0.0, state="active", reason="the deadline is here")
    gap_s = min(gap_s, MAX_NAP_S)
    obstacles = {name: obstacle(state, gap_s, conditions, deepest) for name, state in states.items()}
    rest_mw = min(draw_mw(each, conditions) for each in states.values() if _waits(each) and not obstacles[each.name])
    bids = [_bid(each, gap_s, conditions, rest_mw) for each in states.values() if not obstacles[each.name]]
    best, *others = sorted(bids, key=lambda bid: (round(bid.energy_mj, EXACT), -_depth(bid.state)))
    return Nap(
        duration_s=best.alarm_s,
        state=best.state.name,
        reason="; ".join(filter(None, _reasons(best, gap_s, bids, conditions, obstacles))),
        energy_mj=best.energy_mj,
        draw_mw=draw_mw(best.state, conditions),
        runner_up=others[0].state.name if others else "",
        runner_up_mj=others[0].energy_mj if others else 0.0,
    )


def obstacle(state: PowerState, gap_s: float, conditions: Conditions, deepest: str = "off") -> str:
    """Say what keeps a state from being entered for a gap; empty where nothing does.

    Args:
        state: one of the board's.
        gap_s: until the next deadline, in seconds.
        conditions: what holds on this machine now.
        deepest: no state below this one is allowed.
    """
    if state.name == "active":
        return ""  # where all else fails, the node waits
    missing = [each for each in state.requires if each not in conditions.holds]
    if _depth(state) > DEPTHS.index(deepest):
        return f"deeper than {deepest}, the deepest that is allowed"
    if state.name in conditions.refused:
        return conditions.refused[state.name]
    if missing and state.otherwise_mw is None:
        return f"needs {', '.join(missing)}"
    if _reach_s(state, conditions) <= state.enter.time_s:
        return f"nothing here ends it at a set time (it wakes by {', '.join(state.wake) or 'nothing'})"
    if gap_s <= state.enter.time_s + state.exit.time_s:
        return f"going and coming back take {state.enter.time_s + state.exit.time_s:g} s"
    return "" if state.retains == "ram" else _danger(conditions)


def draw_mw(state: PowerState, conditions: Conditions) -> float:
    """Return what a state draws here: with the EEPROM's defaults a halted Pi 5 draws a hundred times its 15 mW."""
    met = conditions.holds.issuperset(state.requires)
    return state.power_mw if met or state.otherwise_mw is None else state.otherwise_mw


def dearer(state: PowerState, conditions: Conditions) -> str:
    """Say why a state draws more here than the board's file promises; empty where it does not."""
    missing = [each for each in state.requires if each not in conditions.holds]
    if not missing or state.otherwise_mw is None:
        return ""
    return f"{state.otherwise_mw:g} mW instead of {state.power_mw:g} without {', '.join(missing)}"


def target_residency_s(state: PowerState, shallower: Sequence[PowerState], conditions: Conditions) -> float:
    """Return the shortest gap in which a state takes no more energy than any of the shallower ones.

    Args:
        state: which.
        shallower: what it competes with.
        conditions: what holds on this machine now.

    Returns:
        Seconds, going and coming back included; inf where it never pays.
    """
    at_least_s = state.enter.time_s + state.exit.time_s
    return max((_break_even_s(state, each, conditions) for each in shallower), default=at_least_s)


def _break_even_s(deep: PowerState, shallow: PowerState, conditions: Conditions) -> float:
    """Return where the two lines energy = overhead + power * gap meet."""
    at_least_s = deep.enter.time_s + deep.exit.time_s
    extra_mj = round(_overhead_mj(deep, conditions) - _overhead_mj(shallow, conditions), EXACT)
    saving_mw = draw_mw(shallow, conditions) - draw_mw(deep, conditions)
    if saving_mw <= 0.0:
        return at_least_s if extra_mj <= 0.0 == saving_mw else inf
    return max(extra_mj / saving_mw, at_least_s)


def _overhead_mj(state: PowerState, conditions: Conditions) -> float:
    """Return what going and coming back take beyond the state's own draw in that time."""
    own_mj = draw_mw(state, conditions) * (state.enter.time_s + state.exit.time_s)
    return state.enter.energy_mj + state.exit.energy_mj - own_mj


def _bid(state: PowerState, gap_s: float, conditions: Conditions, rest_mw: float) -> _Bid:
    """Predict the gap: go, stay until the alarm, come back, and wait where the alarm could not be set far enough."""
    alarm_s = min(gap_s - state.exit.time_s, _reach_s(state, conditions))
    energy_mj = (
        state.enter.energy_mj
        + draw_mw(state, conditions) * (alarm_s - state.enter.time_s)
        + state.exit.energy_mj
        + rest_mw * (gap_s - alarm_s - state.exit.time_s)
    )
    return _Bid(state=state, alarm_s=alarm_s, energy_mj=energy_mj)


def _reach_s(state: PowerState, conditions: Conditions) -> float:
    """Return how far ahead the end of a state can be set; 0 where it cannot be set at all."""
    if state.name == "active":
        return inf
    return max((conditions.wakers.get(name, 0.0) for name in state.wake if name in TIMED), default=0.0)


def _waits(state: PowerState) -> bool:
    """Whether a state is merely waiting: nothing to go into or come back from."""
    return not (state.enter.time_s or state.exit.time_s)


def _depth(state: PowerState) -> int:
    return DEPTHS.index(state.name)


def _danger(conditions: Conditions) -> str:
    if not conditions.memory_is_on_disk:
        return "it loses the memory, and that is not on disk"
    return "" if conditions.clock_is_sane else "the clock is not sane: its alarm could ring in years"


def _reasons(
    best: _Bid, gap_s: float, bids: Sequence[_Bid], conditions: Conditions, obstacles: Mapping[str, str]
) -> Iterator[str]:
    """Say why this state, why at that draw, and why none that is deeper; what is not the case is empty."""
    yield _reason(best, gap_s, bids, conditions)
    yield dearer(best.state, conditions)
    yield _why_no_deeper(best, obstacles)


def _reason(best: _Bid, gap_s: float, bids: Sequence[_Bid], conditions: Conditions) -> str:
    shallower = [each.state for each in bids if _depth(each.state) < _depth(best.state)]
    residency_s = target_residency_s(best.state, shallower, conditions)
    if residency_s > gap_s:  # a shallower state that draws no less, or an alarm that cannot be set far enough
        return f"least energy for {gap_s:.4g} s"
    return f"{gap_s:.4g} s reach its target residency of {residency_s:.3g} s"


def _why_no_deeper(best: _Bid, obstacles: Mapping[str, str]) -> str:
    deeper = [name for name, said in obstacles.items() if said and DEPTHS.index(name) > _depth(best.state)]
    if not deeper:
        return ""
    name = max(deeper, key=DEPTHS.index)
    return f"not {name}: {obstacles[name]}"
