"""A node's household of joules: the ledger, its books on disk, the board's meter, and the clocks.

To look for a meter takes longer than a wake that its gate turns down, so single wakes go by the board's figures unless
the operator chose a meter; their sums go on from one to the next. Clocks are touched only where that was asked for, and
then at each start, for a boot forgets them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from node.hal import Metering
from node.sleep.airtime import Airtime
from node.sleep.books import Books
from node.sleep.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from node.energy.means import Means
    from node.hal import Ports
    from node.health import Health
    from node.options import Spec
    from node.sleep.dvfs import Params
    from node.sleep.pace import Pace
    from node.sleep.thrift import Fitting
    from node.values import Nap, Traffic
    from node.wire.messages import Desired


class Economy:
    """Keeps the household; the cycle books into its ledger."""

    def __init__(
        self, ports: Ports, clocks: Params, folder: Path, *, plan: Callable[[float], Nap], meter: Spec | None = None
    ) -> None:
        """Open the accounts, and nothing else yet.

        Args:
            ports: the machine.
            clocks: how fast it is wished to run.
            folder: where the books are.
            plan: how a gap would be slept.
            meter: the one that the operator chose; None for one that the board may have.
        """
        self.metering = Metering()
        """Who measures, once that was looked for."""
        self.ledger = Ledger(ports.board.states)
        self._ports = ports
        self._clocks = clocks
        self._books = Books(folder)
        self._pace: Pace | None = None
        self._plan = plan
        self._chosen = meter
        self._open_radio = ports.open_radio
        self._halting: Nap | None = None
        self._airtime: Airtime | None = None
        self.means: Means | None = None
        """Who lives by the battery; None where the rhythm is fixed."""

    def begin(self, *, single: bool, halted: str = "") -> None:
        """Take up the books of earlier starts, and what measures and what sets clocks.

        Args:
            single: this is one wake of many, which go on counting where the last one ended.
            halted: the state that the machine booted from; empty where it was up, or nobody knows.
        """
        books = self._books.load()
        self.ledger.recall(books, go_on=single)
        if self.means is not None:
            self.means.recall(cast("Mapping[str, object]", books.get("means", {})))
        if halted:
            self.ledger.boot(halted)
        if self._ports.open_meter and (self._chosen or not single):
            self.metering = self._ports.open_meter(self._chosen)
            self.ledger.attach(self.metering.meter)
        self._wish()

    def _wish(self) -> None:
        """Take up what sets clocks, while any are wished for; who keeps them finds them as they were."""
        if self._clocks.mode == "keep":
            if self._pace is not None:
                self._pace.restore()
            self._pace = None
        elif self._pace is not None:
            self._pace.follow(self._clocks)
        elif self._ports.open_throttle:
            from node.sleep.pace import Pace

            self._pace = Pace(self._clocks, self._ports.open_throttle())

    def follow(self, clocks: Params, fitting: Fitting | None) -> None:
        """Live as configured anew.

        Args:
            clocks: how fast it is wished to run.
            fitting: battery, limits and care; None where the rhythm is fixed.
        """
        self._clocks = clocks
        self._wish()
        if self.means is not None and fitting is not None:
            self.means.follow(fitting)

    @property
    def meter_trouble(self) -> str:
        """Why the meter that the operator chose does not measure; empty where it does, or none was chosen."""
        return self.metering.silent.get(self._chosen.name, "") if self._chosen else ""

    def set_clocks(self, health: Health, period_s: float) -> None:
        """Choose the clocks anew, where that is asked for and the machine has some.

        Args:
            health: how many cycles there were; told what could not be set, and why.
            period_s: from one cycle to the next.
        """
        if self._pace is None:
            return
        nap, states = self._plan(period_s), self._ports.board.states
        rest_mw = states[nap.state].power_mw if nap.draw_mw is None else nap.draw_mw
        refused = self._pace.consider(self.ledger, health.counters["cycles"], period_s, rest_mw)
        self.ledger.works_at(self._pace.busy_share(states.get("idle", states["light"]).power_mw))
        if refused:
            health.reasons["dvfs"] = "; ".join(f"{dial}: {reason}" for dial, reason in refused.items())
        else:
            health.well("dvfs")

    def carried(self, new: Traffic) -> None:
        """Book what went over the air, inside the stage that waited for it.

        Args:
            new: since this was told last.
        """
        self.ledger.wait("transmit", new.waited_s)
        airtime = self._looked_up() if self._airtime is None else self._airtime
        if airtime is not None:
            self.ledger.charge("transmit", airtime.carried(new))
            self.ledger.joined_mw = airtime.idle_mw

    def slept(self, nap: Nap, seconds: float, *, silent: bool) -> None:
        """Book a nap.

        Args:
            nap: as it was.
            seconds: that it took.
            silent: the radio was off, and is paid for again at the next connection.
        """
        if silent:
            self._silence()
        self.ledger.sleep(nap.state, seconds, nap.draw_mw)

    def halts(self, nap: Nap) -> None:
        """Book a halt, before it begins."""
        self._silence()
        self.ledger.halt(nap.state, nap.duration_s, nap.draw_mw)
        self._halting = nap

    def stays_up(self) -> None:
        """Take back what was booked for a halt that was refused after all."""
        nap, self._halting = self._halting, None
        if nap is not None:
            self.ledger.stay_up(nap.state, nap.duration_s, nap.draw_mw)

    def _silence(self) -> None:
        if self._airtime is not None:
            self._airtime.silence()
            self.ledger.joined_mw = self._airtime.idle_mw

    def _looked_up(self) -> Airtime | None:
        """Look up the radio, once something went over it; where nobody knows its figures, traffic is free."""
        opened, self._open_radio = self._open_radio, None
        radio = opened() if opened else None
        if radio is not None:
            self._airtime = Airtime(radio)
        return self._airtime

    def heed(self, desired: Desired) -> None:
        """Take up what the gateway says of the energy to come."""
        if self.means is not None:
            self.means.hear(desired.forecast)

    def store(self) -> None:
        """Write the books.

        Raises:
            OSError: the disk is full or gone; what was written last stands.
        """
        means = {} if self.means is None else {"means": self.means.memory()}
        self._books.store(self.ledger.memory() | means)

    def close(self) -> None:
        """Let the meter rest, and put the clocks back as they were found."""
        self.ledger.rest()
        if self._pace is not None:
            self._pace.restore()
