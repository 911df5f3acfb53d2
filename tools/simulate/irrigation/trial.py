"""A season that is to be lived, and the line of the table that becomes of it; many of them, on as many processors."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from statistics import median
from typing import TYPE_CHECKING, Final

from tools.simulate.irrigation.outfit import Work
from tools.simulate.irrigation.season import lived
from tools.simulate.irrigation.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.simulate.irrigation.season import Season

DAY_S: Final = 86_400.0
EARLY_S: Final = 300.0
"""An alarm that comes so much before its event is no miss: at freezing point a sensor's noise crosses it first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A season that is to be lived.

    Attributes:
        name: of its row.
        setting: the node's configuration.
        work: what the board computes.
        span_s: how long.
        events: when something happens in it, in seconds from its start.
    """

    name: str
    setting: Setting
    work: Work
    span_s: float
    events: Sequence[tuple[float, float]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What became of it.

    Attributes:
        name: what was lived, or which technique was off.
        switch: how it was switched off.
        power_mw: mean draw.
        battery_days: how long the battery lasts at that.
        bytes_a_day: sent over the air, handshakes and state messages among them.
        record_bytes: payload of one record.
        inferences_per_joule: after the ledger.
        answer_ms: from the first sensor's reading to the answer in the outbox, the ledger's median; None for no answer.
        looks_a_day: times the weather was read.
        inferred_share: of those, how many reached the model.
        right_share: of the pictures, how many were read right; None where there was none.
        events: labelled ones.
        recalled: how many of them the gateway has a record from.
        event_recall: the same as a share; None where there is none.
        delay_s: from an event's start to the reading that told of it, the median.
    """

    name: str
    switch: str
    power_mw: float
    battery_days: float
    bytes_a_day: float
    record_bytes: float
    inferences_per_joule: float
    answer_ms: float | None
    looks_a_day: float
    inferred_share: float
    right_share: float | None
    events: int
    recalled: int
    event_recall: float | None
    delay_s: float | None


def row(trial: Trial, season: Season, battery_wh: float) -> Row:
    """Sum a season up."""
    days, counters = season.span_s / DAY_S, season.counters
    delays = [each for event in trial.events if (each := _delay_s(season.times_s, event)) is not None]
    return Row(
        name=trial.name,
        switch=trial.setting.switch,
        power_mw=season.power_mw,
        battery_days=battery_wh * 1e3 / season.power_mw / 24.0,
        bytes_a_day=counters["air_bytes_sent"] / days,
        record_bytes=counters["bytes_published"] / max(counters["records_receipted"], 1),
        inferences_per_joule=season.gauges["inferences_per_joule"],
        answer_ms=season.gauges.get("latency_p50_ms"),
        looks_a_day=counters["cycles"] / days,
        inferred_share=counters["inferences"] / counters["cycles"],
        right_share=season.right / counters["inferences"] if counters["inferences"] else None,
        events=len(trial.events),
        recalled=len(delays),
        event_recall=len(delays) / len(trial.events) if trial.events else None,
        delay_s=median(delays) if delays else None,
    )


def every(trials: Sequence[Trial], jobs: int) -> dict[str, Season]:
    """Live through all of them, with a bar on stderr.

    Args:
        trials: the longest first.
        jobs: how many processes; 1 is this one.

    Returns:
        The seasons by the names of their trials.
    """
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(file=sys.stderr)) as progress:
        bar = progress.add_task("seasons", total=sum(each.span_s for each in trials))
        seasons = {}
        for trial, season in _lived(trials, jobs):
            seasons[trial.name] = season
            progress.advance(bar, trial.span_s)
        return seasons


def _lived(trials: Sequence[Trial], jobs: int) -> Iterator[tuple[Trial, Season]]:
    if jobs == 1:
        for each in trials:
            yield each, lived(each.setting, each.work, each.span_s)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(lived, each.setting, each.work, each.span_s): each for each in trials}
        for done in as_completed(waiting):
            yield waiting[done], done.result()


def _delay_s(times_s: Sequence[float], event: tuple[float, float]) -> float | None:
    """Return how far into an event the first reading that the gateway has was taken; None where there is none."""
    start_s, stop_s = event
    return next((max(each - start_s, 0.0) for each in times_s if start_s - EARLY_S <= each < stop_s), None)
