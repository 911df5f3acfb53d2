"""The sleep planner against an oracle that lives through every choice, over random gaps and boards.

The oracle knows no formula of the planner's: it walks each state, with many alarm times, through a timeline of phases,
adds up the joules and looks what became of the node: was it awake at the deadline, had it lost its memory, did it wake
at all? The best timeline that ends well is what a perfect planner could reach. The control takes the deepest state that
can be entered and left in time, whatever it costs. A second control ignores what could be lost, and loses it.

Half of the boards are Torpor's own, every figure off by up to a factor of two; the others are drawn. In both a
transition draws no less than the state that it belongs to, as on every real board: else going to sleep and coming back,
for ever, would be the cheapest way to wait.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import boards
from node.hal import Conditions, PowerState, Transition
from node.sleep.planner import DEPTHS, MAX_NAP_S, plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SEED: Final = 20260101
ALARMS: Final = 24
"""Alarm times that the oracle tries for each state, besides the latest that still meets the deadline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One case: a board, where it stands, and how long it has.

    Attributes:
        gap_s: until the deadline.
        states: the board's.
        conditions: what holds.
    """

    gap_s: float
    states: Mapping[str, PowerState]
    conditions: Conditions


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What came of one choice.

    Attributes:
        energy_mj: drawn up to the deadline.
        fate: empty where all went well; else what went wrong.
    """

    energy_mj: float
    fate: str = ""


def run(argv: Sequence[str]) -> Mapping[str, object]:
    """Compare.

    Args:
        argv: `--cases` and `--seed`.

    Returns:
        `worst_excess`, `mean_excess` and `p99_excess` of the planner over the oracle, as shares of the oracle's joules;
        `mishaps` (deadlines missed, memories lost) of planner and reckless control; `prediction_error`, the largest
        share by which a prediction differed from the life that followed; how often each state was chosen.
    """
    parser = argparse.ArgumentParser(prog="planner", description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000, help="random gaps and boards (default: 10000)")
    parser.add_argument("--seed", type=int, default=SEED, help="of the random numbers")
    options = parser.parse_args(argv)
    chosen = dict.fromkeys(DEPTHS, 0)
    excess, errors, deepest, reckless = [], [], [], 0
    mishaps = 0
    for world in _with_progress(worlds(options.cases, random.Random(options.seed)), options.cases):
        best_mj = oracle_mj(world)
        nap = plan(world.gap_s, world.states, world.conditions)
        lived = live(world, world.states[nap.state], nap.duration_s)
        chosen[nap.state] += 1
        mishaps += bool(lived.fate)
        excess.append(lived.energy_mj / best_mj - 1.0)
        errors.append(abs(nap.energy_mj / lived.energy_mj - 1.0))
        deepest.append(_deepest_mj(world) / best_mj - 1.0)
        reckless += bool(_reckless(world).fate)
    return {
        "worst_excess": max(excess),
        "mean_excess": statistics.fmean(excess),
        "p99_excess": sorted(excess)[round(0.99 * (len(excess) - 1))],
        "prediction_error": max(errors),
        "mishaps": mishaps,
        "control_worst_excess": max(deepest),
        "control_mean_excess": statistics.fmean(deepest),
        "control_mishaps": reckless,
        "cases": options.cases,
        "seed": options.seed,
        "chosen": chosen,
    }


def show(result: Mapping[str, object]) -> None:
    """Print what `run` returned, for people."""
    print(f"{result['cases']} random gaps and boards, seed {result['seed']}\n")
    print(f"{'':24}{'worst':>10}{'mean':>10}{'mishaps':>10}")
    for name, prefix in (("planner", ""), ("deepest state always", "control_")):
        worst, mean = result[f"{prefix}worst_excess"], result[f"{prefix}mean_excess"]
        print(f"{name:24}{worst:>10.2%}{mean:>10.2%}{result[f'{prefix}mishaps']:>10}")
    print("\nExcess is over an oracle that tried every state; mishaps of the control: nothing was refused.")
    print(f"Chosen: {result['chosen']}")


def live(world: World, state: PowerState, alarm_s: float) -> Life:
    """Live through a gap: go, stay, wake when the alarm rings, come back, wait for the deadline.

    Args:
        world: where.
        state: what is entered now.
        alarm_s: when it shall end, from now.
    """
    fate = _fate(world, state, alarm_s)
    now_s, energy_mj = 0.0, 0.0
    for lasts_s, draws_mw in _phases(world, state, alarm_s):
        passes_s = min(lasts_s, world.gap_s - now_s)
        now_s += passes_s
        energy_mj += passes_s * draws_mw
    return Life(energy_mj=energy_mj, fate=fate)


def _phases(world: World, state: PowerState, alarm_s: float) -> Iterator[tuple[float, float]]:
    """Yield (seconds, mW) in the order in which they are lived; the last one has no end."""
    for transition, until_s in ((state.enter, alarm_s), (state.exit, math.inf)):
        if transition.time_s:
            yield transition.time_s, transition.energy_mj / transition.time_s
        if until_s < math.inf:
            yield max(until_s - transition.time_s, 0.0), _seen_mw(world, state)
    yield math.inf, min(_seen_mw(world, each) for each in world.states.values() if _is_there(world, each))


def _seen_mw(world: World, state: PowerState) -> float:
    """Return what a meter would show in a state."""
    if state.otherwise_mw is not None and any(need not in world.conditions.holds for need in state.requires):
        return state.otherwise_mw
    return state.power_mw


def _is_there(world: World, state: PowerState) -> bool:
    """Whether one can simply be in a state: it takes nothing to enter, and the node goes on by itself."""
    free = state.enter == state.exit == Transition()
    return free and (state.name == "active" or not _fate(world, state, world.gap_s))


def _fate(world: World, state: PowerState, alarm_s: float) -> str:
    """Tell what goes wrong; empty where nothing does."""
    conditions = world.conditions
    if state.name == "active":
        return ""
    if state.name in conditions.refused:
        return "it could not be entered"
    if state.otherwise_mw is None and any(need not in conditions.holds for need in state.requires):
        return "it could not be entered"
    reach_s = [conditions.wakers[each] for each in state.wake if each in conditions.wakers and each != "gpio"]
    if not reach_s or max(reach_s) < alarm_s:
        return "nothing woke it"
    if alarm_s <= state.enter.time_s and state.enter.time_s:
        return "the alarm rang before it slept"
    if alarm_s + state.exit.time_s > world.gap_s * (1.0 + 1e-12):
        return "it was late"
    if state.retains != "ram" and not conditions.memory_is_on_disk:
        return "its memory was lost"
    return "its alarm rang in another year" if state.retains != "ram" and not conditions.clock_is_sane else ""


def oracle_mj(world: World) -> float:
    """Return the least energy of all timelines that end well."""
    lives = (live(world, state, alarm_s) for state in world.states.values() for alarm_s in _alarms(world, state))
    return min(each.energy_mj for each in lives if not each.fate)


def _alarms(world: World, state: PowerState) -> Iterator[float]:
    latest_s = world.gap_s - state.exit.time_s
    if latest_s <= 0.0:
        return
    yield latest_s
    yield from (reach_s for reach_s in world.conditions.wakers.values() if 0.0 < reach_s < latest_s)
    yield from (latest_s * (i + 1) / (ALARMS + 1) for i in range(ALARMS))


def _deepest_mj(world: World) -> float:
    """Live as the control that takes the deepest state that ends well, whatever it costs."""
    for state in sorted(world.states.values(), key=lambda each: -DEPTHS.index(each.name)):
        for alarm_s in _alarms(world, state):
            life = live(world, state, alarm_s)
            if not life.fate:
                return life.energy_mj
    raise AssertionError("waiting in `active` always ends well")


def _reckless(world: World) -> Life:
    """Live as the control that takes the deepest state there is."""
    state = max(world.states.values(), key=lambda each: DEPTHS.index(each.name))
    return live(world, state, max(world.gap_s - state.exit.time_s, 0.0))


def worlds(cases: int, rng: random.Random) -> Iterator[World]:
    """Draw worlds, the gap from a twentieth of a second to a day, even in its logarithm."""
    known = [boards.load_board(each).states for each in boards.board_ids()]
    for i in range(cases):
        states = _blurred(rng.choice(known), rng) if i % 2 else _drawn(rng)
        needs = {need for each in states.values() for need in each.requires}
        yield World(
            gap_s=math.exp(rng.uniform(math.log(0.05), math.log(MAX_NAP_S))),
            states=states,
            conditions=Conditions(
                wakers={"timer": math.inf, "gpio": math.inf} | _wakers(rng),
                holds=frozenset(need for need in needs if rng.random() < 0.7),
                refused={name: "drawn" for name in DEPTHS[1:] if rng.random() < 0.1},
                memory_is_on_disk=rng.random() < 0.8,
                clock_is_sane=rng.random() < 0.8,
            ),
        )


def _wakers(rng: random.Random) -> dict[str, float]:
    """Draw what else can end a sleep: an RTC, a controller whose timer may reach two hours only."""
    fitted = {"rtc": MAX_NAP_S * 30.0, "controller": rng.choice([7200.0, MAX_NAP_S * 28.0])}
    return {name: reach_s for name, reach_s in fitted.items() if rng.random() < 0.7}


def _blurred(states: Mapping[str, PowerState], rng: random.Random) -> Mapping[str, PowerState]:
    """Let every figure of a board be wrong by up to a factor of two."""

    def off(figure: float) -> float:
        return figure * math.exp2(rng.uniform(-1.0, 1.0))

    def moved(transition: Transition, least_mw: float) -> Transition:
        time_s = off(transition.time_s)
        return Transition(time_s=time_s, energy_mj=max(off(transition.energy_mj), time_s * least_mw))

    def state(each: PowerState) -> PowerState:
        power_mw = off(each.power_mw)
        otherwise_mw = None if each.otherwise_mw is None else max(off(each.otherwise_mw), power_mw)
        least_mw = otherwise_mw or power_mw
        enter, leave = moved(each.enter, least_mw), moved(each.exit, least_mw)
        return replace(each, power_mw=power_mw, enter=enter, exit=leave, otherwise_mw=otherwise_mw)

    return {name: state(each) for name, each in states.items()}


def _drawn(rng: random.Random) -> Mapping[str, PowerState]:
    """Draw a board, even one that no engineer would build: deeper states may draw more."""
    return {name: _state(name, rng) for name in DEPTHS if name == "active" or rng.random() < 0.7}


def _state(name: str, rng: random.Random) -> PowerState:
    waits, depth = name in {"active", "idle"}, DEPTHS.index(name)
    power_mw = math.exp(rng.uniform(math.log(2000.0), math.log(10_000.0)) - rng.uniform(0.0, 2.0) * depth)
    otherwise_mw = power_mw * rng.uniform(1.0, 100.0) if rng.random() < 0.5 else None

    def transition() -> Transition:
        time_s = 0.0 if waits else math.exp(rng.uniform(math.log(0.01), math.log(40.0)))
        return Transition(
            time_s=time_s, energy_mj=time_s * (otherwise_mw or power_mw) * math.exp(rng.uniform(0.0, 4.0))
        )

    return PowerState(
        name=name,
        power_mw=power_mw,
        quality="estimate",
        source="drawn",
        enter=transition(),
        exit=transition(),
        retains="disk" if name in {"halt", "off"} else "ram",
        wake=("timer",) if depth <= DEPTHS.index("light") else rng.choice([("rtc",), ("controller",), ("gpio",)]),
        requires=() if waits or rng.random() < 0.5 else ("eeprom:DRAWN=1",),
        otherwise_mw=otherwise_mw,
    )


def _with_progress(cases: Iterator[World], total: int) -> Iterator[World]:
    from rich.console import Console
    from rich.progress import track

    return iter(track(cases, "planner against oracle", total, console=Console(file=sys.stderr)))
