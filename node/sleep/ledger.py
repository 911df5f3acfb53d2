"""Where the joules went: seconds and millijoules by stage.

A stage's seconds times the draw of the board's state are booked at once, as modelled. Where a meter counts, its joules
then take the place of what was modelled for the same time, shared out among the stages of the interval by that time;
two stages of one interval cannot be told apart by a meter that is read at its ends. Measured and modelled are never
added up into one number without saying so.

Naps are measured by meters that count on while nobody reads. One that is sampled saw the machine awake at both ends,
which says nothing of the nap between them: it stays modelled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from node.sleep.quantiles import Quantiles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from node.hal import EnergyReading, Meter, PowerState

STAGES: Final = ("sense", "gate", "preprocess", "infer", "compress", "transmit", "sleep", "boot")
ANSWERING: Final = ("sense", "gate", "preprocess", "infer", "compress")
"""From the first sensor's reading to the answer in the outbox: a node's own latency, end to end."""
WHOLE: Final = frozenset({"input", "module"})
"""Scopes that leave nothing of the board for the model to answer for."""


@dataclass(slots=True)
class Account:
    """One stage's sums.

    Attributes:
        seconds: spent in the stage.
        measured_mj: counted by a meter.
        modelled_mj: computed from the board's states.
    """

    seconds: float = 0.0
    measured_mj: float = 0.0
    modelled_mj: float = 0.0


class Ledger:
    """Adds up. It decides nothing and forgets nothing until it is asked to start anew."""

    def __init__(self, states: Mapping[str, PowerState], meter: Meter | None = None) -> None:
        """Open an account for each stage.

        Args:
            states: the board's; an unknown state counts as `active`.
            meter: who measures; None leaves everything modelled.
        """
        self.accounts = {stage: Account() for stage in STAGES}
        self.naps_s: dict[str, float] = {}
        self.latency = Quantiles()
        self.answers = 0
        self.life_mj = 0.0
        """What earlier starts drew."""
        self.uncertainty_mj = 0.0
        """How far the measured share may be off, after its meter."""
        self.scope = ""
        """What the meter counts; empty until one has counted."""
        self.quality = ""
        """How well it does."""
        self._states = states
        self._active_mw = states["active"].power_mw
        self._idle_mw = states.get("idle", states["active"]).power_mw
        self.joined_mw = 0.0
        """What being joined to a network draws beside every state, until it is set anew."""
        self._answering = [self.accounts[stage] for stage in ANSWERING]
        self._answered_s = 0.0
        self.attach(meter)

    def attach(self, meter: Meter | None) -> None:
        """Take a meter from here on; what was booked before stays modelled.

        Args:
            meter: who measures; None leaves everything modelled.
        """
        self._meter = meter
        self._begin(meter.read() if meter else None)
        if meter is not None:
            meter.watch(closely=True)

    def rest(self) -> None:
        """Be told that a nap follows, or the end; `sleep` is told when it is over."""
        if self._meter is not None:
            self._meter.watch(closely=False)

    def spend(self, stage: str, seconds: float) -> None:
        """Book time awake; a stage's draw is the board's `active` one until a meter says better."""
        account = self.accounts[stage]
        account.seconds += seconds
        account.modelled_mj += seconds * self._active_mw
        if self.joined_mw:
            self.charge("transmit", seconds * self.joined_mw)

    def works_at(self, share: float) -> None:
        """Be told the clocks.

        Args:
            share: of what work adds to the idle board at the highest clock; 1 is what the board's `active` means.
        """
        self._active_mw = self._idle_mw + share * (self._states["active"].power_mw - self._idle_mw)

    def wait(self, stage: str, seconds: float) -> None:
        """Be told how much of a stage's time was waiting, in which the board draws what it does at idle."""
        self.accounts[stage].modelled_mj -= seconds * (self._active_mw - self._idle_mw)

    def charge(self, stage: str, energy_mj: float) -> None:
        """Book energy that takes no time of the processor's, such as what a radio takes for each packet.

        A meter of the board or of its rails has counted it, and takes its place; neither a meter of the processor nor
        a better model of it has.
        """
        self.accounts[stage].modelled_mj += energy_mj
        self._charged[stage] = self._charged.get(stage, 0.0) + energy_mj

    def sleep(self, state: str, seconds: float, draw_mw: float | None = None) -> None:
        """Book a nap in one of the board's states, going there and coming back included.

        Args:
            state: which.
            seconds: from the decision until the node runs again. A nap that something ended before both transitions
                were over is booked as so much of them.
            draw_mw: what it draws here; None for the board's figure.
        """
        slept = self._state(state)
        moving_s = slept.enter.time_s + slept.exit.time_s
        moving_mj = slept.enter.energy_mj + slept.exit.energy_mj
        moved = min(seconds / moving_s, 1.0) if moving_s else float(seconds > 0.0)
        stayed_s = max(seconds - moving_s, 0.0)
        self._rest(state, seconds, moved * moving_mj + stayed_s * _draw_mw(slept, draw_mw))
        if self._meter is not None:
            self._look_back(self._meter)

    def halt(self, state: str, seconds: float, draw_mw: float | None = None) -> None:
        """Book a halt before it begins, the shutdown with it: who wakes from it can only look back on its `boot`.

        Args:
            state: one of the board's that loses the memory.
            seconds: until the alarm, the shutdown's included.
            draw_mw: what it draws here; None for the board's figure.
        """
        if self._meter is not None:
            self._share(self._meter.read())  # what was counted so far is no part of what is to come
        self._rest(state, seconds, self._down_mj(state, seconds, draw_mw))

    def stay_up(self, state: str, seconds: float, draw_mw: float | None = None) -> None:
        """Take back a halt that was booked, and refused after all; the arguments are those of `halt`."""
        self._rest(state, -seconds, -self._down_mj(state, seconds, draw_mw))
        self.naps_s[state] = max(self.naps_s[state], 0.0)  # what a rounding left

    def _down_mj(self, state: str, seconds: float, draw_mw: float | None) -> float:
        halted = self._state(state)
        down_s = max(seconds - halted.enter.time_s, 0.0)
        return halted.enter.energy_mj + down_s * _draw_mw(halted, draw_mw)

    def _rest(self, state: str, seconds: float, energy_mj: float) -> None:
        account = self.accounts["sleep"]
        account.seconds += seconds
        account.modelled_mj += energy_mj
        if self.joined_mw:
            self.charge("transmit", seconds * self.joined_mw)
        self.naps_s[state] = self.naps_s.get(state, 0.0) + seconds

    def _look_back(self, meter: Meter) -> None:
        """Take the meter's word on a nap that is over, where it has one."""
        reading = meter.read()
        meter.watch(closely=True)
        last = reading or self._before
        if last is not None and last.counted and last.quality != "estimate":
            self._share(reading)
        else:
            self._begin(reading)

    def boot(self, state: str) -> None:
        """Book how the machine came back from a state that it was halted in; no meter of the node's saw it."""
        start = self._state(state).exit
        account = self.accounts["boot"]
        account.seconds += start.time_s
        account.modelled_mj += start.energy_mj

    def _state(self, name: str) -> PowerState:
        return self._states.get(name, self._states["active"])

    def settle(self, answers: int = 0) -> None:
        """Close a cycle, before the nap after it: its latency, and the meter's word on it.

        Args:
            answers: inferences that the cycle made; a cycle without one has no latency.
        """
        answered_s = sum(each.seconds for each in self._answering)
        if answers > 0:
            self.answers += answers
            self.latency.add(answered_s - self._answered_s)
        self._answered_s = answered_s
        if self._meter is not None:
            self._share(self._meter.read())

    def energy_mj(self) -> dict[str, tuple[float, float]]:
        """Return (measured, modelled) millijoules by stage since this start, for the health message."""
        return {stage: (each.measured_mj, each.modelled_mj) for stage, each in self._used()}

    def _used(self) -> list[tuple[str, Account]]:
        return [(stage, each) for stage, each in self.accounts.items() if each.seconds or each.modelled_mj]

    def total_mj(self) -> float:
        """Return all of it since this start; mW times s is mJ."""
        return sum(each.measured_mj + each.modelled_mj for each in self.accounts.values())

    def awake_s(self) -> float:
        """Return the seconds that were not slept."""
        return sum(each.seconds for stage, each in self.accounts.items() if stage != "sleep")

    def snapshot(self) -> dict[str, float]:
        """Return the figures that a person asks for, as gauges of the health message; unknown ones are left out."""
        total_mj, network = self.total_mj(), self.accounts["transmit"]
        told = {"energy_life_mj": self.life_mj + total_mj, "awake_s": self.awake_s()}
        told |= {f"nap_{state}_s": seconds for state, seconds in self.naps_s.items()}
        if self.scope:
            told["energy_uncertainty_mj"] = self.uncertainty_mj
        if total_mj > 0.0:
            told["energy_measured_share"] = sum(each.measured_mj for each in self.accounts.values()) / total_mj
            told["inferences_per_joule"] = self.answers / (total_mj / 1e3)
        if self.answers:
            told["network_mj_per_inference"] = (network.measured_mj + network.modelled_mj) / self.answers
            told["latency_p50_ms"] = self.latency.at(0.50) * 1e3
            told["latency_p95_ms"] = self.latency.at(0.95) * 1e3
        return told

    def memory(self) -> dict[str, object]:
        """Return what must survive a restart, for `recall`."""
        sums = {stage: [each.seconds, each.measured_mj, each.modelled_mj] for stage, each in self.accounts.items()}
        return {
            "accounts": sums,
            "naps_s": self.naps_s,
            "answers": self.answers,
            "latency": self.latency.memory(),
            "life_mj": self.life_mj,
            "meter": [self.uncertainty_mj, self.scope, self.quality],
        }

    def recall(self, memory: Mapping[str, object], *, go_on: bool) -> None:
        """Take up what an earlier start left.

        Args:
            memory: what `memory` returned; empty for a first start.
            go_on: this start is the same life, one wake of many, and its sums go on; else theirs count as earlier
                joules, and the sums begin at zero.
        """
        if not memory:
            return
        sums = cast("Mapping[str, tuple[float, float, float]]", memory["accounts"])
        self.life_mj = cast("float", memory["life_mj"])
        if not go_on:
            self.life_mj += sum(measured_mj + modelled_mj for _, measured_mj, modelled_mj in sums.values())
            return
        for stage, (seconds, measured_mj, modelled_mj) in sums.items():
            self.accounts[stage] = Account(seconds, measured_mj, modelled_mj)
        self._answering = [self.accounts[stage] for stage in ANSWERING]
        self.naps_s = dict(cast("Mapping[str, float]", memory["naps_s"]))
        self.answers = cast("int", memory["answers"])
        self.latency = Quantiles.recalled(cast("Mapping[str, int]", memory["latency"]))
        self._answered_s = sum(each.seconds for each in self._answering)
        if "meter" in memory:  # an older version left it out
            self.uncertainty_mj, self.scope, self.quality = cast("tuple[float, str, str]", memory["meter"])
        self._begin(self._before)

    def _begin(self, reading: EnergyReading | None) -> None:
        """Open an interval of the meter's."""
        self._before = reading
        self._opened = {stage: (each.seconds, each.modelled_mj) for stage, each in self.accounts.items()}
        self._charged: dict[str, float] = {}

    def _share(self, reading: EnergyReading | None) -> None:
        """Share out what the meter counted since the interval opened, and open the next.

        A reading that failed leaves the interval open, and so does a coarse count that has not moved: it will.
        """
        before = self._before
        if reading is None or before is None:
            if reading is not None:
                self._begin(reading)
            return
        energy_mj = reading.energy_mj - before.energy_mj
        booked_s = sum(each.seconds - self._opened[stage][0] for stage, each in self.accounts.items())
        if booked_s <= 0.0 or (reading.counted and energy_mj <= 0.0):
            return
        covered = min((reading.covered_s - before.covered_s) / booked_s, 1.0)
        if covered > 0.0:
            self.scope, self.quality = reading.scope, reading.quality
            self.uncertainty_mj += reading.uncertainty_mj - before.uncertainty_mj
            self._book(reading, energy_mj, covered)
        self._begin(reading)

    def _book(self, reading: EnergyReading, energy_mj: float, covered: float) -> None:
        """Put what was counted in the place of what was modelled for the time that is covered.

        Time is weighed by the draw of its state, so that an interval that holds a nap and some work gives each its
        due; among stages awake that is time alone, and what was charged. What counts only a part of the board leaves
        the model to answer for the rest. The processor's share and a better model know nothing of charges.
        """
        saw_charges = reading.scope != "cpu" and reading.quality != "estimate"
        modelled_mj = {stage: each.modelled_mj - self._opened[stage][1] for stage, each in self.accounts.items()}
        if not saw_charges:
            modelled_mj = {stage: mj - self._charged.get(stage, 0.0) for stage, mj in modelled_mj.items()}
        sum_mj = sum(mj for mj in modelled_mj.values() if mj > 0.0)
        for stage, model_mj in modelled_mj.items():
            if model_mj <= 0.0:
                continue
            account, share_mj = self.accounts[stage], energy_mj * model_mj / sum_mj
            replaced_mj = model_mj * covered
            if reading.scope not in WHOLE:
                replaced_mj = min(replaced_mj, share_mj)
            account.modelled_mj = max(account.modelled_mj - replaced_mj, 0.0)
            if reading.quality == "estimate":
                account.modelled_mj += share_mj
            else:
                account.measured_mj += share_mj


def _draw_mw(state: PowerState, told_mw: float | None) -> float:
    return state.power_mw if told_mw is None else told_mw
