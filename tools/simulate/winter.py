"""Winter: a solar station through a year of weather, living by its controller and by fixed rhythms.

Three lives under the same sky, with the same panel, battery and board: a node with `[energy]`; one without, by a fixed
rhythm of the same mean rates, which takes as many samples if it never goes dark; and the fastest fixed rhythm that does
get through. The first two are the real node (`node.app`), some 60,000 boots each, side by side on two processors: where
the air has moved, its camera reads a water meter, through the shipped int8 model (`tools.simulate.outpost`).

What must be searched for, the third life and the table of sizes, steps the node's controller alone hour by hour, a
thousand times as fast; its words on the first two stand beside theirs. It also says beforehand what the mean rates will
be, and takes each sample for the mean one: how many of them open the gate, the node's own gate says of that sky.

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
from typing import TYPE_CHECKING, Final

import boards
from boards.sim import cell
from boards.sim.solar import Panel
from node.gate.send_on_delta import Params as GateParams
from node.gate.send_on_delta import SendOnDelta
from node.sleep.energy import Params
from node.sleep.rhythm import Limits, Rhythm
from node.values import Sample, TimeQuality
from tools.simulate import assumed, outpost, winter_table
from tools.simulate.assumed import Assumption
from tools.simulate.irrigation import latency, premises
from tools.simulate.irrigation.outfit import Work
from tools.simulate.life import HOUR_S, Fixed, Life, Thrifty, live
from tools.simulate.outpost import BOARD, Pole
from tools.simulate.station import Size, Station
from tools.simulate.weather import TYPICAL_YEAR, Hour, made_up_year, typical_year

if TYPE_CHECKING:
    from collections import Counter

LIMITS: Final = Limits(fastest_s=120.0, slowest_s=3600.0, eager_s=600.0, patient_s=21_600.0)
WISHED: Final = Rhythm(period_s=600.0, interval_s=3600.0)
WORK: Final = Work(invoke_s={outpost.MODEL.stem: latency.board_ms(latency.macs(separable=False), "float32") / 1e3})
"""What the irrigation station computes; a picture takes as long as through standard convolutions, at the most."""
SUNS: Final = (1.0, 1.5, 2.5)
DAYS: Final = (2.0, 4.0, 8.0)
LARGEST_DAYS: Final = 60.0
"""No battery larger than this is tried."""
MONTH_H: Final = 30 * 24
SHORT_H: Final = 5 * 7 * 24
TRIES: Final = 12
"""Halvings in the search for a rhythm or a panel that just gets through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What all minds share.

    Attributes:
        station: the board.
        sky: hour by hour.
        size: panel and battery.
        open_share: how many samples open the node's gate, 0 to 1.
        limits: of the controller, and of the search for a fixed rhythm.
    """

    station: Station
    sky: Sequence[Hour]
    size: Size
    open_share: float
    limits: Limits = LIMITS

    def fixed(self, rhythm: Rhythm) -> Life:
        """Live by a fixed rhythm."""
        return live(self.station, self.size, self.sky, Fixed(rhythm))

    @property
    def pole(self) -> Pole:
        """What the real node hangs on here."""
        return Pole(size=self.size, sky=self.sky, work=WORK)

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
        rhythm of equal mean rates), of real nodes; the safe rhythm's (`_safe`) and all of `stepped` are of lives that
        were stepped hour by hour; and what else the table shows. With `--short` the real nodes live some weeks at the
        year's mean rates, and their figures are over those weeks alone.
    """
    options = _parser().parse_args(argv)
    sky = made_up_year() if options.weather == "made-up" else typical_year(Path(options.weather))
    here = world(BOARD, sky, sun=options.sun, days=options.days)
    stepped = _stepped(here)
    asked, first = here.like(stepped[""]), 0
    if options.short:
        first = hardest(stepped["_fixed"], SHORT_H)
        sky = sky[first : first + SHORT_H]
    lives, counted = _lived(replace(here, sky=sky), asked)
    result = {
        **{name: figure for name, figure in _figures(stepped).items() if name.endswith("_safe")},
        **_figures(lives),
        "asked_period_s_fixed": asked.period_s,
        "stepped": _figures(stepped),
        "jitter": jitter(stepped[""]),
        "unsmoothed_jitter": jitter(here.thrifty(smoothing=1.0)),
        "boots": sum(each["cycles"] for each in counted),
        "inferences": sum(each["inferences"] for each in counted),
        "right_share": sum(each["right"] for each in counted) / max(sum(each["inferences"] for each in counted), 1),
        "open_share": here.open_share,
        "records": sum(each["records_committed"] for each in counted),
        "receipted": sum(each["records_receipted"] for each in counted),
        "panel_w": here.size.panel_w,
        "battery_wh": here.size.battery_wh,
        "wished_draw_mw": here.station.draw_mw(WISHED),
        "first_hour": first,
        "hours": len(sky),
        "weather": options.weather,
        "sizes": [] if options.short else _sizes(here),
        "assumptions": _assumptions(here),
    }
    if options.plot:
        from tools.simulate.plot import draw_winter  # matplotlib takes a second, and only a plot needs it

        last = first + len(sky)
        safe = {kind: life.between(first, last) for kind, life in stepped.items() if kind == "_safe"}
        draw_winter(sky, lives | safe, Path(options.plot))
    return result


def world(board: str, sky: Sequence[Hour], *, sun: float, days: float) -> World:
    """Return a board under a sky, with a panel and a battery by the rule."""
    share = open_share(sky)
    station = Station(boards.load_board(board), mean_work_s(share), WORK.link_s)
    return World(station=station, sky=sky, size=_size(station, sky, sun, days), open_share=share)


def mean_work_s(open_share: float) -> float:
    """Return what a sample takes to compute, in the mean of those that open the gate and those that do not."""
    return WORK.start_s + open_share * (WORK.look_s + WORK.load_s + WORK.invoke_s[outpost.MODEL.stem])


def open_share(sky: Sequence[Hour]) -> float:
    """Return how many samples at the wished rhythm open the node's gate under a sky, as a share."""
    gate = SendOnDelta(GateParams(channels=("temperature",), delta=outpost.DELTA_C))
    times_s = range(0, round(len(sky) * HOUR_S), round(WISHED.period_s))
    return sum(gate.judge(_felt(sky, at_s)).opens for at_s in times_s) / len(times_s)


def _felt(sky: Sequence[Hour], at_s: int) -> Sample:
    felt = {"temperature": outpost.air_c(sky, at_s)}
    return Sample(time_ms=at_s * 1000, time_quality=TimeQuality.SYNCED, values=felt)


def show(result: Mapping[str, object]) -> None:
    """Print what `run` returned, for people."""
    winter_table.show(result)


def hardest(fixed: Life, hours: int) -> int:
    """Return the hour at which the days begin in which a fixed rhythm is dark for longest."""
    return min(_spans(fixed, hours), key=lambda at: sum(fixed.rate_h[at : at + hours]))


def _spans(life: Life, hours: int) -> range:
    """Return where spans of so many hours may begin: at midnights."""
    return range(0, len(life.rate_h) - hours + 1, 24)


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
    parser.add_argument("--short", action="store_true", help="five hard weeks of it, without the table of sizes")
    parser.add_argument("--plot", help="draw into this PNG file")
    return parser


def _size(station: Station, sky: Sequence[Hour], sun: float, days: float) -> Size:
    """Size by the rule."""
    wished_mw = station.draw_mw(WISHED)
    one_w_mw = statistics.fmean(Panel(peak_w=1.0).power_mw(each.irradiance_w_m2, each.air_c) for each in sky)
    return Size(panel_w=sun * wished_mw / one_w_mw, battery_wh=days * 24.0 * wished_mw / 1e3)


def _stepped(world: World) -> dict[str, Life]:
    """Step through three lives hour by hour; the safe one is left out where none is."""
    thrifty, safe = world.thrifty(), world.safe()
    lives = {"": thrifty, "_fixed": world.fixed(world.like(thrifty))}
    return lives if safe is None else lives | {"_safe": world.fixed(safe)}


def _lived(world: World, rhythm: Rhythm) -> tuple[dict[str, Life], list[Counter[str]]]:
    """Let two real nodes live, by the controller and by a fixed rhythm, and return what they counted, too."""
    asked = [(world.pole, WISHED, world.limits), (world.pole, rhythm, None)]
    (thrifty, thrifty_counted), (fixed, fixed_counted) = outpost.every(asked)
    return {"": thrifty, "_fixed": fixed}, [thrifty_counted, fixed_counted]


def _figures(lives: Mapping[str, Life]) -> dict[str, float]:
    figures: dict[str, float] = {}
    for kind, life in lives.items():
        figures[f"brownouts{kind}"] = life.brownouts
        figures[f"dark_h{kind}"] = life.dark_h
        figures[f"samples{kind}"] = life.samples
        figures[f"sessions{kind}"] = life.sessions
        figures[f"period_s{kind}"] = len(life.rate_h) * HOUR_S / life.samples
        figures[f"spilled_share{kind}"] = life.spilled_mj / (life.used_mj + life.spilled_mj)
        figures[f"least_share{kind}"] = min(life.share)
        figures[f"worst_month{kind}"] = min(sum(life.rate_h[at : at + MONTH_H]) for at in _spans(life, MONTH_H))
        figures[f"variation{kind}"] = statistics.pstdev(daily(life)) / statistics.fmean(daily(life))
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
    panel, session = Panel(peak_w=1.0), world.station.board.fittings.radio[0].session
    rows = [
        (
            "a sample, stepped hour by hour",
            f"{world.station.work_s:.2f} s at the full draw",
            "derived",
            f"the node's start, and camera and model in {world.open_share:.1%} of them, by its gate over this sky",
        ),
        ("the pictures", "360 held out, one a look", "measured", "UCI optical digits, tools/zoo"),
        ("a transmission", f"{world.station.session_mj:g} mJ", session.quality, f"with its imports; {session.source}"),
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
    board = premises.of_board(world.station.board)
    return assumed.told([*board, *premises.of_work(WORK), *(Assumption(*row) for row in rows)])
