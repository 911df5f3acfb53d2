"""A station in a field: what living at a rhythm draws there, by the board's file and the node's own sleep planner."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from node.hal import Conditions
from node.sleep.planner import plan
from node.sleep.rhythm import Cost, Rhythm

if TYPE_CHECKING:
    from boards.schema import BoardData


class Station:
    """A board with an external power controller that cuts it off between samples, and lets it boot for the next.

    What it draws is planned gap by gap by `node.sleep.planner`; what the node believes that it draws is a `Cost`.
    """

    def __init__(self, board: BoardData, work_s: float, link_s: float = 0.0) -> None:
        """Fit the controller.

        Args:
            board: whose figures.
            work_s: from the node's first line to its last, without the radio; the mean of all samples.
            link_s: what a transmission computes before it connects.
        """
        self.board = board
        self.work_s = work_s
        self._link_s = link_s
        self._planned_mw: dict[Rhythm, float] = {}
        needs = {need for state in board.states.values() for need in state.requires}
        self._conditions = Conditions(
            wakers={"timer": math.inf, "controller": math.inf},
            holds=frozenset(needs),
            memory_is_on_disk=True,
            clock_is_sane=True,
        )

    @cached_property
    def session_mj(self) -> float:
        """One transmission: its imports, the radio's session, and the board that waits for it."""
        session, states = self.board.fittings.radio[0].session, self.board.states
        waiting_mj = session.time_ms / 1000.0 * states["idle"].power_mw
        return session.energy_mj + waiting_mj + self._link_s * states["active"].power_mw

    @property
    def work_mj(self) -> float:
        """One sample's work, at the full draw of a busy board."""
        return self.work_s * self.board.states["active"].power_mw

    @cached_property
    def cost(self) -> Cost:
        """What the node believes: cut off between samples, a boot and a shutdown for each."""
        off = self.board.states["off"]
        sample_mj = off.enter.energy_mj + off.exit.energy_mj + self.work_mj
        return Cost(rest_mw=off.power_mw, sample_mj=sample_mj, session_mj=self.session_mj)

    def draw_mw(self, rhythm: Rhythm) -> float:
        """Return the mean draw of a rhythm, each gap slept as the planner plans it."""
        if rhythm not in self._planned_mw:
            self._planned_mw[rhythm] = self._plan_mw(rhythm)
        return self._planned_mw[rhythm]

    def _plan_mw(self, rhythm: Rhythm) -> float:
        nap = plan(rhythm.period_s - self.work_s, self.board.states, self._conditions)
        every_s = max(rhythm.interval_s, rhythm.period_s)
        return (nap.energy_mj + self.work_mj) / rhythm.period_s + self.session_mj / every_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What is bolted to the pole.

    Attributes:
        panel_w: peak power of the panel.
        battery_wh: capacity of the battery at 25 degrees.
    """

    panel_w: float
    battery_wh: float
