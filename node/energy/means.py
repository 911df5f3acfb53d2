"""A node within its means: the battery looked at, the controller stepped once an hour, and the tempo bent by it.

What is decided, and why, is the business of `node.sleep.thrift` and `guard`, which are pure; here they are fed with
what the ledger, the gauge and the gateway's forecast say. It is built only where there is an `[energy]`.
"""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

from node.errors import HardwareError
from node.options import Spec
from node.sleep import guard, thrift
from node.sleep.battery import UNKNOWN, gauged, rested
from node.sleep.harvest import Harvest
from node.sleep.ledger import ANSWERING
from node.sleep.rhythm import Cost
from node.sleep.sun import SLOT_S, SLOTS, forecast_mj, slot_at

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from node.config import Config
    from node.hal import Gauge, GaugeReading, Panel, Ports
    from node.sleep.battery import Charge
    from node.sleep.ledger import Ledger
    from node.sleep.tempo import Tempo
    from node.values import Nap
    from node.wire.messages import Forecast

log = logging.getLogger(__name__)

DAY_MS: Final = 86_400_000
KNOWN_CYCLES, KNOWN_SESSIONS = 10, 3
"""From so many on the ledger knows better than the board's figures."""


LIGHTER: Final = "lighter"
"""The variant that answers at the lower levels, `[infer.lighter]`."""


def fitting(config: Config) -> thrift.Fitting:
    """Fit the controller to a node with an `[energy]`.

    Raises:
        ValueError: it does not go with the rest of the configuration; the message says why.
    """
    if config.energy is None or config.node.battery_wh is None:
        raise ValueError("needs `node.battery_wh`, what the battery holds")
    wish = thrift.Wish(
        period_s=config.sleep.period_s,
        interval_s=config.transmit.interval_s,
        even=config.fills_windows,
        models=(LIGHTER, "") if config.lighter else ("",),
    )
    return thrift.fitted(config.energy, config.node.battery_wh, wish)


@dataclass(slots=True)
class _Kept:
    """What this file itself remembers, beside the controller's state.

    Attributes:
        life_mj: what the ledger had counted at the last step.
        cell_mv: what the cell showed then; None where nobody looked.
        forecast: from the gateway: the first day, and what it and those after it bring.
        reason: of the last decision.
        harvest: what the panel's meter has seen of this hour.
        harvest_mj: what it saw of the one before; None where it saw too little, or there is none.
    """

    life_mj: float = 0.0
    cell_mv: float | None = None
    forecast: tuple[int, tuple[float, ...]] = (0, ())
    reason: str = ""
    harvest: Harvest = field(default_factory=Harvest)
    harvest_mj: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """Which meters the operator fitted.

    Attributes:
        meter: of the board, which may be a gauge; None for none.
        harvest: at the solar panel; None for none.
    """

    meter: Spec | None = None
    harvest: Spec | None = None


class Means:
    """Looks, decides, and bends the tempo."""

    def __init__(
        self,
        fitting: thrift.Fitting,
        ports: Ports,
        ledger: Ledger,
        tempo: Tempo,
        plan: Callable[[float], Nap],
        fitted: Fitted | None = None,
    ) -> None:
        """Know nothing yet, and open nothing.

        Args:
            fitting: battery, limits, care.
            ports: the machine, with its gauge.
            ledger: what was drawn.
            tempo: what is bent, where the operator lets it.
            plan: how a gap would be slept.
            fitted: the meters that the operator fitted; None for none.
        """
        self.waits = 0
        """How often this start was put off."""
        self.trouble = ""
        """Why the panel's meter did not answer the last time; empty where it did, or there is none."""
        self._fitting = fitting
        self._ports = ports
        self._ledger = ledger
        self._tempo = tempo
        self._plan = plan
        self._fitted = fitted or Fitted()
        self._panel: Panel | None = None
        self._gauge: Gauge | None = None
        self._opened = False
        self._state = thrift.first(fitting.params)
        self._kept = _Kept()

    def start(self, *, browned_out: bool) -> guard.Start:
        """Say whether the battery bears a start; each refusal makes the next wait longer.

        Args:
            browned_out: the last life ended without a goodbye.
        """
        known = self._known_lately() and not (browned_out or self.waits)
        charge = self._state.charge if known else self._first_look(browned_out=browned_out)
        start = guard.start(charge, waits=self.waits, browned_out=browned_out, params=self._fitting.params.guard)
        self.waits = 0 if start.goes else self.waits + 1
        return start

    def consider(self, counters: Mapping[str, int]) -> None:
        """Step the controller, if an hour is over.

        Args:
            counters: the node's, of the same time as the ledger's sums.
        """
        wall_ms = self._ports.clock.wall_ms()
        last_ms = self._state.wall_ms
        self._kept.harvest = self._looked(wall_ms)
        if last_ms is not None and 0 <= wall_ms - last_ms < (SLOT_S - self._tempo.steady_s / 2.0) * 1000:
            return  # the cycle nearest to the hour steps, as only a cycle can
        seen = self._seen(wall_ms)
        self._state, decision = thrift.step(self._state, seen, self._fitting, self.cost(counters))
        self._kept.reason = decision.reason
        self._live()
        log.debug("energy: level %.2f, %s", decision.level, decision.reason)

    def hear(self, forecast: Forecast | None) -> None:
        """Take up what the gateway expects of the coming days; each day is forgotten when it is over."""
        if forecast is not None:
            self._kept.forecast = (forecast.start_ms, tuple(forecast.wh_m2))

    def follow(self, fitting: thrift.Fitting) -> None:
        """Live inside other limits from now on; what is known of battery and sun stands."""
        self._fitting = fitting
        self._live()

    def gauges(self) -> dict[str, float]:
        """Return the figures of the last decision, for health."""
        charge, control, wall_ms = self._state.charge, self._state.control, self._state.wall_ms
        if wall_ms is None:
            return {}
        sun_mj = self._state.sun.expect((slot_at(wall_ms) + 1) % SLOTS, 1, self._forecast_mj(wall_ms))
        known = {} if charge.witness == "none" else {"battery_charge": charge.share, "battery_error": charge.error}
        metered = {} if self._kept.harvest_mj is None else {"sun_measured_mj": self._kept.harvest_mj}
        return (
            known
            | metered
            | {
                "sun_expected_mj": sum(sun_mj),
                "energy_budget_mw": control.budget_mw or 0.0,
                "energy_level": control.level,
            }
        )

    @property
    def reason(self) -> str:
        """Why the node lives as it does, for a person; empty before the first decision."""
        return self._kept.reason

    @property
    def sure(self) -> float:
        """What the battery holds for sure, as a share; 0 where nobody knows."""
        return self._state.charge.sure

    def memory(self) -> dict[str, object]:
        """Return what must survive a restart, for `recall`."""
        return {"thrift": thrift.memory(self._state), "kept": asdict(self._kept)}

    def recall(self, memory: Mapping[str, object]) -> None:
        """Take up what an earlier start left, and live on by it; what is of another shape is left where it is."""
        if not memory:
            return
        try:
            state = thrift.recall(cast("Mapping[str, object]", memory["thrift"]))
            asked = cast("dict[str, Any]", memory["kept"])
            kept = _Kept(**asked)
            start_ms, wh_m2 = kept.forecast
            kept.forecast = (int(start_ms), tuple(map(float, wh_m2)))
            kept.harvest = Harvest(**cast("dict[str, Any]", asked.get("harvest", {})))
        except (KeyError, TypeError, ValueError) as error:
            log.warning("the energy budget starts anew: what was left of it is of another version (%r)", error)
            return
        self._state, self._kept = state, kept
        self._live()

    def _live(self) -> None:
        if self._fitting.params.adaptive and self._state.wall_ms is not None:
            self._tempo.live(self._fitting.limits.at(self._state.control.level))

    def _seen(self, wall_ms: int) -> thrift.Seen:
        """Gather what the hour brought."""
        life_mj, reading = self._ledger.life_mj + self._ledger.total_mj(), self._read()
        span_s = 0.0 if self._state.wall_ms is None else (wall_ms - self._state.wall_ms) / 1e3
        self._kept.harvest_mj, self._kept.harvest = self._kept.harvest.over(span_s), self._kept.harvest.anew()
        seen = thrift.Seen(
            wall_ms=wall_ms,
            drawn_mj=max(life_mj - self._kept.life_mj, 0.0) if self._state.wall_ms is not None else 0.0,
            gauge=None if reading is None else reading.share,
            harvest_mj=self._kept.harvest_mj,
            rest_mv=self._rest_mv(reading),
            forecast_mj=self._forecast_mj(wall_ms),
        )
        self._kept.life_mj = life_mj
        self._kept.cell_mv = None if reading is None else reading.cell_mv
        return seen

    def _looked(self, wall_ms: int) -> Harvest:
        """Look at the panel, where it has a meter."""
        if self._fitted.harvest is None or self._ports.open_panel is None:
            return self._kept.harvest
        self._panel = self._panel or self._ports.open_panel(self._fitted.harvest)
        try:
            power_mw, self.trouble = self._panel.power_mw(), ""
        except HardwareError as error:
            power_mw, self.trouble = None, str(error)
        return self._kept.harvest.look(wall_ms, power_mw)

    def _rest_mv(self, reading: GaugeReading | None) -> float | None:
        """Return the cell's voltage where it is one at rest: it fell, so nothing charges it."""
        if reading is None or reading.cell_mv is None or self._kept.cell_mv is None:
            return None
        told = self._fitting.params.chemistry != "other" and reading.cell_mv <= self._kept.cell_mv
        return reading.cell_mv if told else None

    def _forecast_mj(self, wall_ms: int) -> tuple[float, ...]:
        """Return what the panel will bring, the day of the coming hour first; days that are over are gone.

        A step may come somewhat before its hour, so what counts is where that hour is half over.
        """
        params, (start_ms, wh_m2) = self._fitting.params, self._kept.forecast
        today = (wall_ms + SLOT_S * 500) // DAY_MS - start_ms // DAY_MS
        if params.panel_w is None or not 0 <= today < len(wh_m2):
            return ()
        return tuple(forecast_mj(each, panel_w=params.panel_w, yielded=params.yielded) for each in wh_m2[today:])

    def cost(self, counters: Mapping[str, int]) -> Cost:
        """Return what a life draws: by the board's figures at first, by the ledger's sums as soon as there are some.

        Rest is that of the slowest life, where the planner goes deepest; what going there and back takes is part of
        each sample. At a faster period the planner may choose better, never worse.

        Args:
            counters: the node's, of the same time as the ledger's sums.
        """
        from node.energy.plan import ASSUMED  # a wake within the hour weighs nothing

        gap_s, states = self._fitting.limits.slowest_s, self._ports.board.states
        nap, active_mw = self._plan(gap_s), states["active"].power_mw
        rest_mw = states[nap.state].power_mw if nap.draw_mw is None else nap.draw_mw
        awake_mj, session_mj = ASSUMED.awake_s * active_mw, ASSUMED.session_s * active_mw
        if counters["cycles"] >= KNOWN_CYCLES:
            awake_mj = sum(map(self._spent_mj, ANSWERING)) / counters["cycles"]
        if counters["transmissions"] >= KNOWN_SESSIONS:
            session_mj = self._spent_mj("transmit") / counters["transmissions"]
        switching_mj = max(nap.energy_mj - rest_mw * gap_s, 0.0)
        return Cost(rest_mw=rest_mw, sample_mj=awake_mj + switching_mj, session_mj=session_mj)

    def _spent_mj(self, stage: str) -> float:
        account = self._ledger.accounts[stage]
        return account.measured_mj + account.modelled_mj

    def _known_lately(self) -> bool:
        """Whether the last step was lately and saw plenty: a wake within the hour need not open a gauge again."""
        last_ms = self._state.wall_ms
        if last_ms is None or not 0 <= self._ports.clock.wall_ms() - last_ms < 2 * SLOT_S * 1000:
            return False
        return self._state.charge.sure >= self._fitting.params.guard.recovered

    def _first_look(self, *, browned_out: bool) -> Charge:
        """Ask the gauge; without one, the count that was left, unless it led into a brown-out."""
        reading = self._read()
        charge = gauged(UNKNOWN, None if reading is None else reading.share)
        if charge.witness == "none" and reading is not None and reading.cell_mv is not None:
            charge = rested(charge, self._fitting.cell, reading.cell_mv)
        if charge.witness == "none" and not browned_out and self._state.charge.witness == "count":
            return self._state.charge
        return charge

    def _read(self) -> GaugeReading | None:
        if not self._opened:
            self._opened = True
            self._gauge = self._ports.open_gauge(self._fitted.meter) if self._ports.open_gauge else None
        try:
            return self._gauge.read() if self._gauge else None
        except HardwareError as error:
            log.debug("the gauge: %s", error)
            return None
