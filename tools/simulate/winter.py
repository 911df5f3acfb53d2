"""Winter: a solar station through a year of weather, living by its controller and by fixed rhythms.

Three minds live through the same sky with the same panel, battery and board: the node's own controller; a fixed rhythm
with the controller's mean rates, which takes as many samples if it never goes dark; and the fastest fixed rhythm that
does get through, found by trying. The decisions are the node's own (`node.sleep.thrift`, `guard`, `planner`), stepped
hour by hour; sensors, models and the network are not simulated, only what they draw.

Sizes follow a rule and are tuned to nothing: over the year the panel brings `--sun` times what a sample every ten
minutes draws, and the battery holds `--days` days of it. The table of sizes shows what other rules would have given. In
its last row a sample every ten minutes is the fastest that is allowed, and the battery is a tenth too small for that.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Final, cast

import boards
from boards.sim import cell
from boards.sim.solar import Panel
from node.sleep.energy import Params
from node.sleep.rhythm import Limits, Rhythm
from tools.simulate import assumed
from tools.simulate.assumed import Assumption
from tools.simulate.life import HOUR_S, Fixed, Life, Thrifty, live
from tools.simulate.station import Size, Station
from tools.simulate.weather import TYPICAL_YEAR, Hour, made_up_year, typical_year

LIMITS: Final = Limits(fastest_s=120.0, slowest_s=3600.0, eager_s=600.0, patient_s=21_600.0)
WISHED: Final = Rhythm(period_s=600.0, interval_s=3600.0)
WORK_S: Final = 2.0
SUNS: Final = (1.0, 1.5, 2.5)
DAYS: Final = (2.0, 4.0, 8.0)
LARGEST_DAYS: Final = 60.0
"""No battery larger than this is tried."""
TRIES: Final = 12
"""Halvings in the search for a rhythm or a panel that just gets through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What all minds share.

    Attributes:
        station: the board.
        sky: hour by hour.
        size: panel and battery.
        limits: of the controller, and of the search for a fixed rhythm.
    """

    station: Station
    sky: Sequence[Hour]
    size: Size
    limits: Limits = LIMITS

    def fixed(self, rhythm: Rhythm) -> Life:
        """Live by a fixed rhythm."""
        return live(self.station, self.size, self.sky, Fixed(rhythm))

    def thrifty(self, smoothing: float = Params().smoothing) -> Life:
        """Live by the controller; `smoothing` 1 is none."""
        params = replace(Params(), smoothing=smoothing)
        return live(self.station, self.size, self.sky, Thrifty(self.station, self.size, self.limits, params))

    def like(self, other: Life) -> Rhythm:
        """Return the fixed rhythm with another life's mean rates."""
        year_s = len(self.sky) * HOUR_S
        return Rhythm(period_s=year_s / other.samples, interval_s=year_s / other.sessions)

    def safe(self) -> Rhythm | None:
        """Return the fastest fixed rhythm that gets through; None where not even the slowest does."""
        if self.fixed(self.limits.at(0.0)).brownouts:
            return None
        lower, upper = 0.0, 1.0
        for _ in range(TRIES):
            middle = (lower + upper) / 2.0
            lower, upper = (lower, middle) if self.fixed(self.limits.at(middle)).brownouts else (middle, upper)
        return self.limits.at(lower)


def run(argv: Sequence[str]) -> Mapping[str, object]:
    """Live through the year.

    Args:
        argv: `--weather`, `--sun`, `--days`, `--short`, `--plot`.

    Returns:
        `brownouts` of the controller, `brownouts_fixed`, `harvest_used_ratio` (harvest used, over that of the fixed
        rhythm of equal mean rates), the same against the safe rhythm (`_safe`), and what else the table shows.
    """
    options = _parser().parse_args(argv)
    sky = made_up_year() if options.weather == "made-up" else typical_year(Path(options.weather))
    station = Station(boards.load_board("rpi-zero-2w"), WORK_S)
    world = World(station=station, sky=sky, size=_size(station, sky, options.sun, options.days))
    lives = _lives(world)
    result = {
        **_figures(world, lives),
        "unsmoothed_jitter": jitter(world.thrifty(smoothing=1.0)),
        "panel_w": world.size.panel_w,
        "battery_wh": world.size.battery_wh,
        "wished_draw_mw": station.draw_mw(WISHED),
        "hours": len(sky),
        "weather": options.weather,
        "sizes": [] if options.short else _sizes(world),
        "assumptions": _assumptions(world),
    }
    if options.plot:
        from tools.simulate.plot import draw_winter  # matplotlib takes a second, and only a plot needs it

        draw_winter(sky, lives, Path(options.plot))
    return result


def show(result: Mapping[str, object]) -> None:
    """Print what `run` returned, for people."""
    told = cast("Mapping[str, float]", result)
    print(f"Zero 2 W, panel {told['panel_w']:.2f} W, battery {told['battery_wh']:.1f} Wh, {result['weather']}\n")
    print(f"{'':26}{'controller':>12}{'fixed':>12}{'fixed, safe':>12}")
    for title, key, form in (
        ("brown-outs", "brownouts", "12.0f"),
        ("hours dark", "dark_h", "12.0f"),
        ("samples", "samples", "12.0f"),
        ("mean period, s", "period_s", "12.0f"),
        ("harvest turned away", "spilled_share", "12.1%"),
        ("least state of charge", "least_share", "12.1%"),
        ("samples, worst month", "worst_month", "12.0f"),
        ("daily rate, variation", "variation", "12.3f"),
        ("rate, from hour to hour", "jitter", "12.4f"),
    ):
        print(f"{title:26}" + "".join(_cell(told.get(key + kind), form) for kind in ("", "_fixed", "_safe")))
    print(f"\nharvest used: {told['harvest_used_ratio']:.3f} times the fixed one's", end="")
    print(f", {told['harvest_used_ratio_safe']:.3f} times the safe one's" if "harvest_used_ratio_safe" in told else "")
    print(f"from hour to hour without smoothing: {told['unsmoothed_jitter']:.4f}")
    _show_sizes(cast("Sequence[Mapping[str, float]]", result["sizes"]))
    assumed.show(cast("Sequence[Mapping[str, str]]", result["assumptions"]))


def jitter(life: Life) -> float:
    """Return the mean change of the rate from one hour to the next, as a share of the mean rate."""
    changes = [abs(after - before) for before, after in pairwise(life.rate_h)]
    return statistics.fmean(changes) / statistics.fmean(life.rate_h)


def daily(life: Life) -> list[float]:
    """Return the samples of each day."""
    return [sum(life.rate_h[i : i + 24]) for i in range(0, len(life.rate_h), 24)]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="winter", description=__doc__)
    parser.add_argument("--weather", default=str(TYPICAL_YEAR), help="an hourly year (TMY3), or `made-up`")
    parser.add_argument("--sun", type=float, default=1.5, help="the panel, in times the wished draw (default: 1.5)")
    parser.add_argument("--days", type=float, default=4.0, help="the battery, in days of it (default: 4)")
    parser.add_argument("--short", action="store_true", help="without the table of sizes")
    parser.add_argument("--plot", help="draw into this PNG file")
    return parser


def _size(station: Station, sky: Sequence[Hour], sun: float, days: float) -> Size:
    """Size by the rule."""
    wished_mw = station.draw_mw(WISHED)
    one_w_mw = statistics.fmean(Panel(peak_w=1.0).power_mw(each.irradiance_w_m2, each.air_c) for each in sky)
    return Size(panel_w=sun * wished_mw / one_w_mw, battery_wh=days * 24.0 * wished_mw / 1e3)


def _lives(world: World) -> dict[str, Life]:
    """Live each of the three lives; the safe one is left out where none is."""
    thrifty, safe = world.thrifty(), world.safe()
    lives = {"": thrifty, "_fixed": world.fixed(world.like(thrifty))}
    return lives if safe is None else lives | {"_safe": world.fixed(safe)}


def _figures(world: World, lives: Mapping[str, Life]) -> dict[str, float]:
    figures: dict[str, float] = {}
    for kind, life in lives.items():
        figures[f"brownouts{kind}"] = life.brownouts
        figures[f"dark_h{kind}"] = life.dark_h
        figures[f"samples{kind}"] = life.samples
        figures[f"period_s{kind}"] = len(world.sky) * HOUR_S / life.samples
        figures[f"spilled_share{kind}"] = life.spilled_mj / (life.used_mj + life.spilled_mj)
        figures[f"least_share{kind}"] = min(life.share)
        figures[f"worst_month{kind}"] = min(sum(life.rate_h[i : i + 720]) for i in range(0, len(life.rate_h) - 719, 24))
        figures[f"variation{kind}"] = statistics.pstdev(daily(life)) / statistics.fmean(daily(life))
        figures[f"jitter{kind}"] = jitter(life)
        if kind:
            figures[f"harvest_used_ratio{kind.removeprefix('_fixed')}"] = lives[""].used_mj / life.used_mj
    return figures


def _sizes(world: World) -> list[Mapping[str, float]]:
    """Live with other panels and batteries, and once with a battery that a fixed rhythm all but manages with."""
    from rich.console import Console
    from rich.progress import track

    sizes = [(sun, days) for sun in SUNS for days in DAYS]
    worlds = [replace(world, size=_size(world.station, world.sky, *each)) for each in sizes]
    worlds += _just_too_small(world)
    rows: list[Mapping[str, float]] = []
    for each in track(worlds, "sizes", console=Console(file=sys.stderr)):
        thrifty = each.thrifty()
        fixed = each.fixed(each.like(thrifty))
        rows.append(
            {
                **asdict(each.size),
                "fastest_s": each.limits.fastest_s,
                "brownouts": thrifty.brownouts,
                "brownouts_fixed": fixed.brownouts,
                "dark_h_fixed": fixed.dark_h,
                "harvest_used_ratio": thrifty.used_mj / fixed.used_mj,
                "least_share": min(thrifty.share),
                "period_s": len(each.sky) * HOUR_S / thrifty.samples,
            }
        )
    return rows


def _just_too_small(world: World) -> list[World]:
    """Return the world whose battery is a tenth smaller than the least that carries the wished rhythm through.

    None where no battery does: the panel is too small for it.
    """
    lower, upper = 0.0, LARGEST_DAYS
    if replace(world, size=_size(world.station, world.sky, SUNS[-1], LARGEST_DAYS)).fixed(WISHED).brownouts:
        return []
    for _ in range(TRIES):
        middle = (lower + upper) / 2.0
        tried = replace(world, size=_size(world.station, world.sky, SUNS[-1], middle))
        lower, upper = (middle, upper) if tried.fixed(WISHED).brownouts else (lower, middle)
    limits = replace(LIMITS, fastest_s=WISHED.period_s, eager_s=WISHED.interval_s)
    return [replace(world, size=_size(world.station, world.sky, SUNS[-1], 0.9 * upper), limits=limits)]


def _assumptions(world: World) -> list[dict[str, str]]:
    """Return what was taken for granted."""
    off, boot = world.station.board.states["off"], world.station.board.boot
    panel, session = Panel(peak_w=1.0), world.station.board.fittings.radio[0].session
    assert boot is not None
    rows = [
        ("off, by the power controller", f"{off.power_mw:g} mW", off.quality, off.source),
        ("a boot", f"{boot.start.energy_mj:g} mJ", boot.start.quality, boot.start.source),
        ("a shutdown", f"{boot.shutdown.energy_mj:g} mJ", boot.shutdown.quality, boot.shutdown.source),
        ("a sample", f"{WORK_S:g} s at the full draw", "estimate", "start of the node, sensing and inference"),
        ("a transmission", f"{world.station.session_mj:g} mJ", session.quality, session.source),
        ("the panel lies flat and yields", f"{panel.yielded:.0%}", "estimate", "PVWatts' losses, a small charger"),
        ("charging keeps", f"{cell.CHARGED:.0%}", "estimate", "slow charging of lithium-ion"),
        (
            "cold takes at -10 degrees",
            f"{1.0 - cell.warm_share(-10.0):.0%}",
            "estimate",
            "typical of datasheets at C/5",
        ),
        ("no charging below", f"{cell.CHARGES_FROM_C:g} degrees", "official", "JEITA; recalled"),
        ("a cut battery connects at", f"{cell.CONNECTS_AT:.0%}", "estimate", "small chargers with a load switch"),
    ]
    return assumed.told(Assumption(*row) for row in rows)


def _cell(value: float | None, form: str) -> str:
    return f"{'-':>12}" if value is None else format(value, form)


def _show_sizes(sizes: Sequence[Mapping[str, float]]) -> None:
    if not sizes:
        return
    print(
        f"\n{'panel W':>8}{'Wh':>6}{'fastest':>9}{'brown-outs':>12}{'fixed':>7}{'dark h':>8}{'used':>7}{'least':>7}",
        end="",
    )
    print(f"{'period s':>10}")
    for each in sizes:
        print(
            f"{each['panel_w']:8.2f}{each['battery_wh']:6.1f}{each['fastest_s']:9.0f}{each['brownouts']:12.0f}"
            f"{each['brownouts_fixed']:7.0f}{each['dark_h_fixed']:8.0f}{each['harvest_used_ratio']:7.3f}"
            f"{each['least_share']:7.0%}{each['period_s']:10.0f}"
        )
