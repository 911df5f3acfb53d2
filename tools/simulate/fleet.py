"""Fleet: what 100,000 nodes ask of a gateway, on paper and by a sample of real nodes and a real gateway.

Each node of the sample has its own battery, panel and sky. The node's energy controller lives there for weeks, hour by
hour; with the rhythm that it has come to, the node's real code then lives days on the virtual clock. Every message that
it sends goes through a real gateway, with SQLite on a disk, squeezed in time so that commits are as large as the whole
fleet's would be. What one node and one message take is scaled up; the interval beside a figure is a 95 % bootstrap
over nodes, or over commits for the CPU, which is that of the site's thread: the connection's and the broker's own are
in `python -m tools.bench ingest`.

Connections over a day are those of every node, by the node's own function for its phase, after a power cut.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import boards
from boards.sim.solar import Panel
from gateway.config import Config
from node.sleep.energy import Params
from node.sleep.rhythm import Limits, Rhythm
from tools.simulate import assumed, fleet_gateway, fleet_paper
from tools.simulate.assumed import Assumption
from tools.simulate.courier import ROUND_S
from tools.simulate.fleet_wakes import DAY_S, Wakes, in_step, wakes
from tools.simulate.irrigation import premises
from tools.simulate.life import Life, Thrifty, live
from tools.simulate.postbag import GATES, JOIN_S, Envelope, Habit, fill
from tools.simulate.station import Size, Station
from tools.simulate.weather import made_up_year

if TYPE_CHECKING:
    from tools.simulate.fleet_gateway import Bill

LIMITS: Final = Limits(fastest_s=120.0, slowest_s=3600.0, eager_s=600.0, patient_s=21_600.0)
WISHED: Final = Rhythm(period_s=fleet_paper.PERIOD_S, interval_s=fleet_paper.INTERVAL_S)
WEEKS_H: Final = 5 * 7 * 24
BOARD: Final = "rpi-zero-2w"
WORK_S: Final = 2.0
"""What a sample computes, at the full draw: the node's start, and a little."""
SUNS: Final = (1.0, 1.5, 2.5)
"""What a panel brings over the year, in times the draw of the wished rhythm."""
DAYS: Final = (2.0, 4.0, 8.0)
"""What a battery holds, in days of that draw."""
SETTLES_S: Final = LIMITS.patient_s
"""Left out at the beginning of a node's days: its greeting."""
BUSY: Final = 0.7
"""How much of a core may be used: the rest is for the broker's bursts and for retention."""
DRAWS: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One node of the sample.

    Attributes:
        habit: its rhythm and gate.
        life: the weeks before.
        envelopes: what it sent.
    """

    habit: Habit
    life: Life
    envelopes: Sequence[Envelope]


class Watched(Thrifty):
    """The controller, with its last decision in sight."""

    last = WISHED

    def rhythm(self, wall_ms: int, share: float, drawn_mj: float) -> Rhythm:
        """Decide."""
        self.last = super().rhythm(wall_ms, share, drawn_mj)
        return self.last


def run(argv: Sequence[str]) -> Mapping[str, object]:
    """Live the sample, feed the gateway, scale up.

    Args:
        argv: `--nodes`, `--sample`, `--days`, `--seed`, `--plot`.

    Returns:
        `planned` and `sampled` figures of the fleet, the latter with their intervals; `wakes`; `fits`: what it needs;
        `assumptions`, each with its quality.
    """
    options = _parser().parse_args(argv)
    if not (1 <= options.sample <= options.nodes and options.days > 0.0):
        raise SystemExit("fleet: --sample must be 1 to --nodes, --days more than 0")
    sample = _sample(options.sample, options.days, options.seed)
    squeeze = options.nodes / options.sample
    with tempfile.TemporaryDirectory(prefix="torpor-fleet-") as folder:
        bill = fleet_gateway.feed(Path(folder) / "fleet.db", _mail(sample), squeeze)
        tick_ms = fleet_gateway.idle_tick_ms(Path(folder) / "crowd.db", options.nodes)
    intervals_s = [each.habit.interval_s for each in sample]
    spread, step = wakes(options.nodes, intervals_s), wakes(options.nodes, intervals_s, in_step)
    result = {
        "nodes": options.nodes,
        "sample": options.sample,
        "days": options.days,
        "planned": fleet_paper.planned(options.nodes),
        "sampled": _scaled(sample, bill, options.nodes, options.days * DAY_S),
        "update": fleet_paper.update(options.nodes),
        "wakes": _wakes(spread, step),
        "charge": _charge(sample),
        "cpu_us_per_message": _cpu_us(bill),
        "tick_ms": tick_ms,
        "messages_fed": sum(bill.sizes),
        "quarantined": bill.counters.get("quarantined", 0),
        "duplicates": bill.counters.get("duplicates", 0),
        "assumptions": assumed.told([*fleet_paper.assumptions(), *_assumptions()]),
    }
    result["fits"] = _fits(result)
    if options.plot:
        from tools.simulate.plot import draw_fleet  # matplotlib takes a second, and only a plot needs it

        draw_fleet(spread, step, [each.life.share[-1] for each in sample], Path(options.plot))
    return result


def _assumptions() -> list[Assumption]:
    """Return what the sample takes for granted."""
    suns, days = (", ".join(f"{each:g}" for each in several) for several in (SUNS, DAYS))
    return [
        Assumption(
            "a sampled node's panel and battery, by chance",
            f"{suns} times the draw of the wished rhythm over the year; {days} days of it",
            "estimate",
            "nobody sizes all alike: some are too small, and brown out",
        ),
        Assumption("its sky and its season", "synthetic, by chance", "estimate", "tools/simulate/weather.py"),
        Assumption("what it computes for a sample", f"{WORK_S:g} s at the full draw", "estimate", "see `agriculture`"),
        Assumption(
            "its network, joined anew for each transmission", f"{JOIN_S:g} s", "estimate", "Wi-Fi, DHCP and TLS"
        ),
        Assumption("to the gateway and back", f"{ROUND_S * 1e3:g} ms", "estimate", "a local network"),
        *premises.of_board(boards.load_board(BOARD)),
    ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fleet", description=__doc__)
    parser.add_argument("--nodes", type=int, default=100_000, help="the fleet (default: %(default)s)")
    parser.add_argument("--sample", type=int, default=200, help="nodes that really live (default: %(default)s)")
    parser.add_argument("--days", type=float, default=1.0, help="for how long (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of batteries, skies and gates (default: %(default)s)")
    parser.add_argument("--plot", help="draw into this PNG file")
    return parser


def _sample(count: int, days: float, seed: int) -> list[Node]:
    from rich.console import Console
    from rich.progress import track

    station, rng = Station(boards.load_board(BOARD), WORK_S), random.Random(seed)
    numbers = track(range(count), "nodes", console=Console(file=sys.stderr))
    return [_live(station, number, days, rng) for number in numbers]


def _live(station: Station, number: int, days: float, rng: random.Random) -> Node:
    """Let one node live: weeks by its controller alone, then days by all of its code."""
    year = made_up_year(seed=rng.randrange(1 << 30))
    start = rng.randrange(len(year) // 24) * 24
    sky = (year + year)[start : start + WEEKS_H]
    one_w_mw = statistics.fmean(Panel(peak_w=1.0).power_mw(each.irradiance_w_m2, each.air_c) for each in year)
    wished_mw = station.draw_mw(WISHED)
    size = Size(
        panel_w=rng.choice(SUNS) * wished_mw / one_w_mw,
        battery_wh=rng.choice(DAYS) * 24.0 * wished_mw / 1e3,
    )
    mind = Watched(station, size, LIMITS, Params())
    life = live(station, size, sky, mind)
    habit = Habit(
        name=f"node-{number}",
        period_s=round(mind.last.period_s),
        interval_s=round(mind.last.interval_s),
        gate=GATES[number % len(GATES)],
        seed=number,
    )
    memory = Path("/dev/shm")  # noqa: S108 - a fresh folder in it; the nodes' own disks are not what is measured
    with tempfile.TemporaryDirectory(prefix="torpor-node-", dir=memory if memory.is_dir() else None) as folder:
        sent = fill(Path(folder), habit, SETTLES_S + days * DAY_S)
    return Node(
        habit=habit, life=life, envelopes=[replace(e, at_s=e.at_s - SETTLES_S) for e in sent if e.at_s >= SETTLES_S]
    )


def _mail(sample: Sequence[Node]) -> list[Envelope]:
    return sorted((e for each in sample for e in each.envelopes), key=lambda e: e.at_s)


def _scaled(sample: Sequence[Node], bill: Bill, nodes: int, seconds: float) -> dict[str, Sequence[float]]:
    """Return the fleet's figures: (estimate, low, high) where nodes were counted one by one, else (estimate,)."""
    per_s = nodes / seconds
    counted = {
        "msgs_per_s": [float(len(each.envelopes)) for each in sample],
        "bytes_per_s": [float(sum(len(e.payload) for e in each.envelopes)) for each in sample],
        "sessions_per_s": [sum(e.kind == "presence" for e in each.envelopes) / 2.0 for each in sample],
    }
    scaled: dict[str, Sequence[float]] = {
        name: [per_s * value for value in bootstrap(values)] for name, values in counted.items()
    }
    scaled["connections"] = [value * (JOIN_S + ROUND_S) for value in scaled["sessions_per_s"]]
    squeeze = nodes / len(sample)
    whole = {
        "rows_per_s": bill.counters.get("records", 0) * squeeze / seconds,
        "commits_per_s": len(bill.sizes) * squeeze / seconds,
        "receipts_per_s": bill.receipts * squeeze / seconds,
        "downlink_bytes_per_s": bill.bytes_down * squeeze / seconds,
        "published_msgs_per_s": bill.messages_out * squeeze / seconds,
        "retained_desired_mb": bill.desired_bytes * squeeze / 1e6,
        "aggregate_rows_per_day": bill.aggregate_rows * squeeze / seconds * DAY_S,
        "store_mb_per_day": bill.store_bytes * squeeze / seconds * DAY_S / 1e6,
    }
    return scaled | {name: [value] for name, value in whole.items()}


def bootstrap(values: Sequence[float], weights: Sequence[float] | None = None) -> list[float]:
    """Return the (weighted) mean and its 95 % interval over resamples; reproducible."""
    weighed = list(weights or [1.0] * len(values))
    rng, numbers = random.Random(0), range(len(values))

    def mean(picked: Sequence[int]) -> float:
        return math.fsum(values[i] * weighed[i] for i in picked) / math.fsum(weighed[i] for i in picked)

    means = sorted(mean(rng.choices(numbers, k=len(values))) for _ in range(DRAWS))
    return [mean(numbers), means[round(0.025 * DRAWS)], means[round(0.975 * DRAWS) - 1]]


def _cpu_us(bill: Bill) -> list[float]:
    step = max(1, len(bill.sizes) // 2000)  # thousands of commits tell no more than some
    return bootstrap(bill.commit_us[::step], [float(each) for each in bill.sizes[::step]])


def _wakes(spread: Wakes, step: Wakes) -> dict[str, float]:
    return {
        "peak_per_s": spread.peak_per_s,
        "peak_per_s_in_step": step.peak_per_s,
        "peak_per_minute": int(spread.per_minute.max()),
        "peak_per_minute_in_step": int(step.per_minute.max()),
    }


def _charge(sample: Sequence[Node]) -> dict[str, float]:
    shares = sorted(each.life.share[-1] for each in sample)
    return {
        "least": shares[0],
        "median": statistics.median(shares),
        "below_a_third": sum(each < 1.0 / 3.0 for each in shares) / len(shares),
        "brownouts": sum(each.life.brownouts for each in sample),
    }


def _fits(result: Mapping[str, object]) -> dict[str, float | None]:
    """Return what the fleet needs: one thread of a gateway is what is short, then the disk."""
    sampled = cast("Mapping[str, Sequence[float]]", result["sampled"])
    cpu_s = cast("Sequence[float]", result["cpu_us_per_message"])[0] / 1e6
    rate, nodes = sampled["msgs_per_s"][0], cast("int", result["nodes"])
    ticks = cast("float", result["tick_ms"]) / 1e3 / fleet_gateway.TICK_S
    room, per_session = BUSY - ticks, rate / sampled["sessions_per_s"][0]
    return {
        "cores": rate * cpu_s + ticks,
        "core_share_messages": rate * cpu_s,
        "core_share_ticks": ticks,
        "gateways": math.ceil((rate * cpu_s + ticks) / BUSY),
        "one_gateway_interval_s": nodes * per_session * cpu_s / room if room > 0.0 else None,
        "disk_gb_per_year": sampled["store_mb_per_day"][0] * 365.0 / 1e3,
        "days_in_retain_mb": Config().store.retain_mb / sampled["store_mb_per_day"][0],
    }


def show(result: Mapping[str, object]) -> None:
    """Print what `run` returned, for people."""
    planned = cast("Mapping[str, float]", result["planned"])
    sampled = cast("Mapping[str, Sequence[float]]", result["sampled"])
    print(f"{result['nodes']:,} nodes; {result['sample']} of them lived {result['days']:g} day(s), 95 % intervals\n")
    print(f"{'':26}{'on paper':>14}{'sampled':>14}{'from':>14}{'to':>14}")
    for name, values in sampled.items():
        paper = f"{planned[name]:14,.1f}" if name in planned else f"{'-':>14}"
        print(f"{name.replace('_', ' '):26}{paper}" + "".join(f"{each:14,.1f}" for each in values))
    _show_rest(result)


def _show_rest(result: Mapping[str, object]) -> None:
    cpu, fits = cast("Sequence[float]", result["cpu_us_per_message"]), cast("Mapping[str, float]", result["fits"])
    woken, charge = cast("Mapping[str, int]", result["wakes"]), cast("Mapping[str, float]", result["charge"])
    update = cast("Mapping[str, float]", result["update"])
    print(f"\nCPU a message: {cpu[0]:.0f} us ({cpu[1]:.0f} to {cpu[2]:.0f}), over {result['messages_fed']:,} messages")
    print(f"a tick in which nothing is due: {result['tick_ms']:.3f} ms, four a second")
    print(f"after a power cut, connections in the busiest second: {woken['peak_per_s']:,}", end="")
    print(f"; in step: {woken['peak_per_s_in_step']:,}")
    print(f"state of charge: median {charge['median']:.0%}, least {charge['least']:.0%}", end="")
    print(f", below a third {charge['below_a_third']:.0%}; brown-outs {charge['brownouts']:.0f}")
    print(f"one model of {update['model_bytes']:,} B to all in a day: {update['total_gb']:.2f} GB", end="")
    print(f", {update['mean_mbit_per_s']:.2f} Mbit/s")
    print(f"\nneeds {fits['gateways']:.0f} gateway(s): {fits['core_share_messages']:.2f} core for messages", end="")
    print(f", {fits['core_share_ticks']:.2f} for ticks; {fits['disk_gb_per_year']:,.0f} GB a year")
    print(f"`[store] retain_mb` as it stands holds {fits['days_in_retain_mb']:.1f} days of it")
    interval_s = cast("float | None", fits["one_gateway_interval_s"])
    print(f"one gateway's thread carries them at {BUSY:.0%} of a core", end="")
    print(" at no rhythm: ticks alone take more" if interval_s is None else f" from an interval of {interval_s:,.0f} s")
    assumed.show(cast("Sequence[Mapping[str, str]]", result["assumptions"]))
