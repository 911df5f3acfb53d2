"""Where the joules went: seconds and millijoules by stage.

Where a meter counts, its joules are shared out by time and marked measured; where none does, a stage's seconds times
the draw of the board's state are marked modelled. The two are never added up into one number without saying so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from node.hal import PowerState

STAGES: Final = ("sense", "gate", "preprocess", "infer", "compress", "transmit", "sleep", "boot")


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

    def __init__(self, states: Mapping[str, PowerState]) -> None:
        """Open an account for each stage.

        Args:
            states: the board's; an unknown state counts as `active`.
        """
        self.accounts = {stage: Account() for stage in STAGES}
        self._power_mw = {name: state.power_mw for name, state in states.items()}
        self._active_mw = self._power_mw["active"]

    def spend(self, stage: str, seconds: float) -> None:
        """Book time awake; a stage's draw is the board's `active` one until a meter says better."""
        account = self.accounts[stage]
        account.seconds += seconds
        account.modelled_mj += seconds * self._active_mw

    def sleep(self, state: str, seconds: float) -> None:
        """Book a nap in one of the board's states."""
        account = self.accounts["sleep"]
        account.seconds += seconds
        account.modelled_mj += seconds * self._power_mw.get(state, self._active_mw)

    def energy_mj(self) -> dict[str, tuple[float, float]]:
        """Return (measured, modelled) millijoules by stage, for the health message."""
        return {stage: (each.measured_mj, each.modelled_mj) for stage, each in self.accounts.items() if each.seconds}

    def total_mj(self) -> float:
        """Return all of it; mW times s is mJ."""
        return sum(each.measured_mj + each.modelled_mj for each in self.accounts.values())

    def awake_s(self) -> float:
        """Return the seconds that were not slept."""
        return sum(each.seconds for stage, each in self.accounts.items() if stage != "sleep")

    def memory(self) -> dict[str, tuple[float, float, float]]:
        """Return what must survive a halt: (seconds, measured, modelled) by stage."""
        return {
            stage: (each.seconds, each.measured_mj, each.modelled_mj)
            for stage, each in self.accounts.items()
            if each.seconds
        }

    def recall(self, memory: Mapping[str, object]) -> None:
        """Go on from what `memory` gave; what is not of its making is left alone."""
        for stage, sums in memory.items():
            if stage in self.accounts and isinstance(sums, list) and len(sums) == 3:
                self.accounts[stage] = Account(*(float(each) for each in sums))
