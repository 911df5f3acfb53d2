"""A gap, planned and slept: the planner's choice, carried out by the board's bed.

A state that is refused after all (the alarm did not read back, a wake-up was pending) is left out for some minutes, and
the gap is planned again without it: the next best state is never worse than staying awake.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from node.errors import HardwareError
from node.hal import Bedding, Conditions
from node.sleep.airtime import silent_states
from node.sleep.planner import draw_mw, plan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from node.hal import Bed, Ports
    from node.sleep.planner import Params
    from node.values import Nap

log = logging.getLogger(__name__)

AGAIN_AFTER_S: Final = 600.0
"""A refused state is tried again after this: what was busy, or unplugged, may have passed."""


class Rest:
    """Knows what was refused, and until when. The bed is opened for the first gap, not before."""

    def __init__(self, params: Params, ports: Ports) -> None:
        """Open nothing yet.

        Args:
            params: how deep, and with what.
            ports: whose bed.
        """
        self._params = params
        self._ports = ports
        self._opened = False
        self._bed: Bed | None = None
        self._refused: dict[str, tuple[str, float]] = {}
        self.unsaved: Mapping[str, str] = {}
        """What light sleep did without, with the reason; for health."""

    @property
    def refused(self) -> Mapping[str, str]:
        """The states that were refused lately, with the reason; for health."""
        now_s = self._ports.clock.monotonic_s()
        return {state: reason for state, (reason, until_s) in self._refused.items() if now_s < until_s}

    def recall(self, refused: Mapping[str, str]) -> None:
        """Leave out for a while what was refused before this start, which may have come of just that.

        Args:
            refused: states with the reason; those that the board does not have are forgotten.
        """
        until_s = self._ports.clock.monotonic_s() + AGAIN_AFTER_S
        known = {state: reason for state, reason in refused.items() if state in self._ports.board.states}
        self._refused |= {state: (reason, until_s) for state, reason in known.items()}

    def plan(self, gap_s: float, *, memory_is_on_disk: bool = False) -> Nap:
        """Choose how to spend a gap, as things are now.

        Args:
            gap_s: until the next deadline, in seconds.
            memory_is_on_disk: whether all that must outlive the memory is on disk, or will be by the hooks of `halt`.
        """
        if gap_s <= 0.0:
            return plan(gap_s, self._ports.board.states)
        conditions = self._conditions(memory_is_on_disk=memory_is_on_disk)
        self.unsaved = conditions.unsaved
        conditions = replace(conditions, refused={**conditions.refused, **self.refused})
        return plan(gap_s, self._ports.board.states, conditions, deepest=self._params.deepest)

    def nap(self, nap: Nap, wait: Callable[[Nap], float]) -> float:
        """Sleep in a state that keeps the memory.

        Args:
            nap: what was planned.
            wait: waits for its seconds or until woken, and returns the seconds.

        Returns:
            Seconds until the node runs again; 0 where the state was refused: plan again.
        """
        bed = self._open()
        if bed is None:
            return wait(nap)
        try:
            return bed.nap(nap, lambda duration_s: wait(replace(nap, duration_s=duration_s)))
        except HardwareError as error:
            self._refuse(nap.state, error)
            return 0.0

    def as_slept(self, nap: Nap) -> Nap:
        """Return a nap as it was: a saving that was refused in it lowered no draw."""
        if not self._params.savings:
            return nap
        conditions = self._conditions(memory_is_on_disk=False)
        self.unsaved = conditions.unsaved
        return replace(nap, draw_mw=draw_mw(self._ports.board.states[nap.state], conditions))

    def silences(self, state: str) -> bool:
        """Whether the radio is off in a state: in light sleep where that saves Wi-Fi, and was not refused."""
        saved = [each for each in self._params.savings if each not in self.unsaved]
        return state in silent_states(self._ports.board.states.values(), saved)

    def halt(self, nap: Nap, hooks: Sequence[Callable[[], None]]) -> bool:
        """Go into a state that loses the memory.

        Args:
            nap: what was planned.
            hooks: put on disk what must survive, in this order.

        Returns:
            True where the machine is going down, and the node should end; False where it was refused: plan again.
        """
        bed = self._open()
        if bed is None:
            return False
        try:
            bed.halt(nap, hooks)
        except HardwareError as error:
            self._refuse(nap.state, error)
            return False
        return True

    def loses_memory(self, nap: Nap) -> bool:
        """Whether a nap is one for `halt`."""
        return self._ports.board.states[nap.state].retains != "ram"

    def _conditions(self, *, memory_is_on_disk: bool) -> Conditions:
        bed = self._open()
        return Conditions() if bed is None else bed.conditions(memory_is_on_disk=memory_is_on_disk)

    def _open(self) -> Bed | None:
        if not self._opened:
            self._opened = True
            self._bed = self._opened_bed()
        return self._bed

    def _opened_bed(self) -> Bed | None:
        params = self._params
        if self._ports.open_bed is None:
            return None
        bedding = Bedding(savings=params.savings, controller=params.controller, timer_s=params.timer_s)
        try:
            return self._ports.open_bed(bedding)
        except HardwareError as error:
            log.warning("no sleep but waiting: %s", error)
            return None

    def _refuse(self, state: str, error: HardwareError) -> None:
        """Leave a state out for a while; told once, until it is another reason."""
        said = self._refused.get(state, ("", 0.0))[0]
        if said != str(error):
            log.warning("%s is refused: %s", state, error)
        self._refused[state] = (str(error), self._ports.clock.monotonic_s() + AGAIN_AFTER_S)
