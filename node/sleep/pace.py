"""How fast the node works: the wish, what the cycles took, and the board's clocks, put together now and then.

Its own figures decide: what a cycle computed since it was last asked, at the clock that was set then. Clocks belong to
the whole machine, so nothing is touched unless the operator or a policy says so, and all is put back at the end.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from node.sleep.dvfs import Work, choose

if TYPE_CHECKING:
    from collections.abc import Mapping

    from node.hal import Mode, Throttle
    from node.sleep.dvfs import Params
    from node.sleep.ledger import Ledger

log = logging.getLogger(__name__)

COMPUTING: Final = ("preprocess", "infer", "compress")
"""Stages whose time goes with the clock; the others wait for a bus, a disk or a radio."""


class Pace:
    """Sets a mode when another is better than the one that is set."""

    def __init__(self, params: Params, throttle: Throttle) -> None:
        """Set nothing yet.

        Args:
            params: the wish.
            throttle: the board's clocks.
        """
        self._params = params
        self._throttle = throttle
        self._mode: Mode | None = None
        self._khz = throttle.points[-1].khz if throttle.points else 0
        self._seen = (0.0, 0)
        self._refused: Mapping[str, str] = {}
        self.reason = ""
        """Why the mode is what it is."""

    def follow(self, params: Params) -> None:
        """Wish for something else, from the next time that it is considered."""
        self._params = params

    def consider(self, ledger: Ledger, cycles: int, period_s: float, rest_mw: float) -> Mapping[str, str]:
        """Choose anew, and set what was chosen where it is another.

        Args:
            ledger: where the time went.
            cycles: how many there were, ever.
            period_s: from one to the next.
            rest_mw: what the board draws between two of them, as it is planned now.

        Returns:
            What could not be set for the mode that was chosen, and why; empty where all was.
        """
        computed_s = sum(ledger.accounts[stage].seconds for stage in COMPUTING)
        before_s, before = self._seen
        busy_s = (computed_s - before_s) / max(cycles - before, 1)
        self._seen = (computed_s, cycles)
        work = Work(busy_s=max(busy_s, 0.0), khz=self._khz, period_s=period_s, rest_mw=rest_mw)
        choice = choose(self._params.mode, work, self._throttle.points)
        if choice.mode != self._mode:
            self._refused = self._throttle.set(choice.mode)
            self._mode, self._khz, self.reason = choice.mode, choice.khz or self._khz, choice.reason
            log.info("clocks: %s, %s", choice.mode, choice.reason)
        return self._refused

    def busy_share(self, idle_mw: float) -> float:
        """Return what work adds to the idle board at these clocks, as a share of what it adds at the highest.

        A governor that follows the load works at the highest; so does who could not be set, and who says no figures.

        Args:
            idle_mw: the board's idle draw.
        """
        points = self._throttle.points
        if self._mode != "powersave" or "cpu" in self._refused or len(points) < 2 or points[-1].busy_mw <= idle_mw:
            return 1.0
        return (points[0].busy_mw - idle_mw) / (points[-1].busy_mw - idle_mw)

    def restore(self) -> None:
        """Put the clocks back as they were found."""
        if self._mode is not None:
            self._throttle.restore()
