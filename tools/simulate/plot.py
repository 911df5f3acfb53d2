"""Plots: what a simulation lived through, as a picture. Imported only where one was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from tools.simulate.fleet_wakes import Wakes
    from tools.simulate.life import Life
    from tools.simulate.weather import Hour

NAMED: Final = {"": "controller", "_fixed": "fixed, equal mean rate", "_safe": "fixed, safe"}
COLOURS: Final = {"": "#0b6e4f", "_fixed": "#c1440e", "_safe": "#7a7a7a"}


def draw_winter(sky: Sequence[Hour], lives: Mapping[str, Life], path: Path) -> None:
    """Draw harvest, state of charge and rate over the year, one below the other.

    Args:
        sky: the weather, hour by hour.
        lives: by the suffix of their figures.
        path: a PNG file; its folder must be there.
    """
    figure = Figure(figsize=(11.0, 8.0), layout="constrained")
    sun, charge, rate = figure.subplots(3, 1, sharex=True)
    first = next(iter(lives.values()))
    sun.fill_between(_days(len(sky)), _mean(first.harvest_mw, 24), color="#e0a100", linewidth=0.0)
    sun.set_ylabel("harvest offered, mW\n(daily mean)")
    for kind, life in lives.items():
        style = {"color": COLOURS[kind], "label": NAMED[kind], "linewidth": 1.1}
        charge.plot(_days(len(sky)), _least(life.share, 24), **style)
        rate.plot(_days(len(sky)), [24.0 * each for each in _mean(life.rate_h, 24)], **style)
    charge.set_ylabel("state of charge\n(day's least)")
    charge.set_ylim(0.0, 1.02)
    rate.set_ylabel("samples a day")
    rate.set_xlabel("day of the year")
    rate.set_xlim(0.0, len(sky) / 24.0)
    _finish([sun, charge, rate], lives)
    figure.savefig(path, dpi=110)


def draw_fleet(spread: Wakes, step: Wakes, shares: Sequence[float], path: Path) -> None:
    """Draw a fleet's connections over the day of a power cut, by phases and in step, and its states of charge.

    Args:
        spread: by the nodes' phases.
        step: without them.
        shares: state of charge of each sampled node, 0 to 1.
        path: a PNG file; its folder must be there.
    """
    figure = Figure(figsize=(11.0, 8.0), layout="constrained")
    load, charge = figure.subplots(2, 1)
    hours = [minute / 60.0 for minute in range(len(spread.per_minute))]
    load.plot(hours, step.per_minute.clip(0.5), color=COLOURS["_fixed"], linewidth=0.8, label="in step")
    load.plot(hours, spread.per_minute.clip(0.5), color=COLOURS[""], linewidth=1.4, label="by the nodes' phases")
    load.set(
        yscale="log", ylabel="connections a minute", xlabel="hour of the day; power is back at 8", xlim=(0.0, 24.0)
    )
    load.legend(loc="upper left", frameon=False)
    charge.hist(shares, bins=25, range=(0.0, 1.0), color=COLOURS[""])
    charge.set(ylabel="sampled nodes", xlabel="state of charge", xlim=(0.0, 1.0))
    for each in (load, charge):
        each.grid(visible=True, alpha=0.25)
        each.spines[["top", "right"]].set_visible(False)
    title = f"A fleet after a power cut; busiest second: {spread.peak_per_s:,} connections, in step {step.peak_per_s:,}"
    load.set_title(title, loc="left", fontsize=11)
    charge.set_title(
        "How full the sampled nodes' batteries are, after weeks of their own suns", loc="left", fontsize=11
    )
    charge.yaxis.get_major_locator().set_params(integer=True)
    figure.savefig(path, dpi=110)


def _finish(axes: Sequence[Axes], lives: Mapping[str, Life]) -> None:
    for each in axes:
        each.grid(visible=True, alpha=0.25)
        each.spines[["top", "right"]].set_visible(False)
    told = "; ".join(f"{life.brownouts} {NAMED[kind]}" for kind, life in lives.items())
    axes[0].set_title(f"A solar station through a year. Brown-outs: {told}", loc="left", fontsize=11)
    axes[1].legend(loc="lower center", ncols=3, frameon=False)


def _days(hours: int) -> list[int]:
    return list(range(hours // 24))


def _mean(values: Sequence[float], width: int) -> list[float]:
    return [sum(values[i : i + width]) / width for i in range(0, len(values), width)]


def _least(values: Sequence[float], width: int) -> list[float]:
    return [min(values[i : i + width]) for i in range(0, len(values), width)]
