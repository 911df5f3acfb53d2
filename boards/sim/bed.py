"""A bed in virtual time: every state of the board takes the seconds that its file says.

A halt is lived through: the hooks run, the clock jumps over the sleep and the boot, and the node that is built next
finds what was on disk. Whoever simulates builds that node.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from node.hal import Conditions

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from boards.sim.clock import VirtualClock, VirtualSleeper
    from node.hal import Board
    from node.values import Nap


class VirtualBed:
    """Satisfies `node.hal.Bed`: every alarm is fitted, no saving refused, and what else the board requires holds."""

    def __init__(
        self, board: Board, clock: VirtualClock, sleeper: VirtualSleeper, savings: Collection[str] = ()
    ) -> None:
        """Sleep on this clock.

        Args:
            board: whose states.
            clock: passes.
            sleeper: lets it.
            savings: what light sleep turns off.
        """
        self._savings = frozenset(f"saving:{each}" for each in savings)
        self._board = board
        self._clock = clock
        self._sleeper = sleeper

    def conditions(self, *, memory_is_on_disk: bool) -> Conditions:
        """Tell that all is well."""
        required = {need for each in self._board.states.values() for need in each.requires}
        return Conditions(
            wakers={"timer": inf, "rtc": inf, "controller": inf},
            holds=frozenset(need for need in required if not need.startswith("saving:")) | self._savings,
            memory_is_on_disk=memory_is_on_disk,
            clock_is_sane=True,
        )

    def nap(self, nap: Nap, wait: Callable[[float], float]) -> float:
        """Wait, and take the time to come back."""
        slept_s = wait(nap.duration_s)
        exit_s = self._board.states[nap.state].exit.time_s
        self._clock.advance(exit_s)
        return slept_s + exit_s

    def halt(self, nap: Nap, hooks: Sequence[Callable[[], None]]) -> None:
        """Go down, be away, and boot."""
        for hook in hooks:
            hook()
        self._sleeper.sleep(nap.duration_s)
        self._clock.advance(self._board.states[nap.state].exit.time_s)
