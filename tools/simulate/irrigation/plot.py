"""The irrigation station as a picture. Imported only where one was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from tools.simulate.irrigation.season import Season

STAGES: Final = {
    "boot": ("boot", "#3b4a6b"),
    "sleep": ("off, and shutting down", "#8fa3c8"),
    "transmit": ("transmit", "#c1440e"),
    "infer": ("infer, loading included", "#0b6e4f"),
    "sense": ("sense", "#e0a100"),
}
"""What each is called, and its colour; the other stages are too small to see."""
GREEN: Final = "#0b6e4f"
RED: Final = "#c1440e"
GREY: Final = "#b9b9b9"
HOUR_MJ_A_MW: Final = 3600.0


def draw(result: Mapping[str, object], after: Season, events: Sequence[tuple[float, float]], path: Path) -> None:
    """Draw what each technique is worth, where the joules go, the season hour by hour, and the battery.

    Args:
        result: as `agriculture.run` returns it.
        after: the season that Torpor's way made.
        events: what happened in it, in seconds from its start.
        path: a PNG or SVG file; its folder must be there.
    """
    told = cast("Mapping[str, Any]", result)
    figure = Figure(figsize=(11.0, 7.2), layout="constrained")
    (worth, stages), (hours, battery) = figure.subplots(2, 2)
    title = f"An irrigation station on a Zero 2 W: {told['power_before_mw']:.0f} mW before, "
    title += f"{told['power_after_mw']:.1f} mW after"
    if told["events"]:
        title += f"; {told['event_recall']:.0%} of {told['events']} events told"
    figure.suptitle(title, x=0.01, ha="left", fontsize=13)
    _draw_worth(worth, told)
    _draw_stages(stages, told)
    _draw_hours(hours, after, events)
    _draw_battery(battery, told)
    for each in (worth, stages, hours, battery):
        each.spines[["top", "right"]].set_visible(False)
        each.title.set_fontsize(10.5)
    figure.savefig(path, dpi=85)


def _draw_worth(axes: Axes, told: Mapping[str, Any]) -> None:
    """Draw a bar for each technique that is off, on a logarithmic scale."""
    against_all = [row for row in told["ablation"] if "," not in row["name"]]  # the others are variants
    off = sorted(against_all, key=lambda row: row["power_mw"])
    rows = [told["after"], *off, told["before"]]
    names = ["all on", *(f"without {row['name']}" for row in off), "before"]
    colours = [GREEN, *[GREY] * len(off), RED]
    values = [row["power_mw"] for row in rows]
    axes.barh(names, values, color=colours, height=0.7)
    axes.set_xscale("log")
    axes.set_xlim(20.0, 4500.0)
    axes.set_xticks([30.0, 100.0, 300.0, 1000.0], ["30", "100", "300", "1000 mW"])
    axes.xaxis.set_minor_formatter(NullFormatter())
    for place, value in enumerate(values):
        axes.text(value * 1.06, place, f"{value:.0f}" if value >= 100.0 else f"{value:.1f}", va="center", fontsize=8.5)
    axes.tick_params(axis="y", labelsize=8.5, length=0)
    axes.set_title("Mean power with one technique switched off", loc="left")


def _draw_stages(axes: Axes, told: Mapping[str, Any]) -> None:
    """Stack the stages of what fits on one scale: all but waiting in light sleep."""
    stages_mw = told["stages_mw"]
    names = ("after", "gate", "batching", "adaptive rate")
    lefts = [0.0] * len(names)
    labels = ["all on" if name == "after" else f"without {name}" for name in names]
    for stage, (called, colour) in STAGES.items():
        widths = [stages_mw[name].get(stage, 0.0) for name in names]
        axes.barh(labels, widths, left=lefts, color=colour, label=called, height=0.6)
        lefts = [left + width for left, width in zip(lefts, widths, strict=True)]
    axes.set_xlabel("mW")
    axes.tick_params(axis="y", labelsize=8.5, length=0)
    axes.legend(fontsize=8.5, frameon=False, loc="lower right")
    axes.set_title("Where it goes", loc="left")


def _draw_hours(axes: Axes, after: Season, events: Sequence[tuple[float, float]]) -> None:
    """Stack the stages hour by hour; what happened is marked behind."""
    steps = list(zip([{}, *after.trace], after.trace, strict=False))
    days = [(hour + 0.5) / 24.0 for hour in range(len(steps))]
    drawn = [[(now.get(stage, 0.0) - then.get(stage, 0.0)) / HOUR_MJ_A_MW for then, now in steps] for stage in STAGES]
    axes.stackplot(days, drawn, colors=[colour for _, colour in STAGES.values()], step="mid", linewidth=0.0, zorder=2)
    for number, (start_s, stop_s) in enumerate(events):
        label = "something happens" if number == 0 else None
        axes.axvspan(
            start_s / 86_400.0,
            max(stop_s, start_s + 3600.0) / 86_400.0,
            color="#4a90d9",
            alpha=0.3,
            zorder=1,
            lw=0.0,
            label=label,
        )
    axes.set_xlim(0.0, len(steps) / 24.0)
    axes.set_ylim(0.0, 1.3 * max(map(sum, zip(*drawn, strict=True)), default=1.0))
    axes.set_ylabel("mW, by the hour")
    axes.set_xlabel("day")
    if events:
        axes.legend(fontsize=8.5, frameon=False, loc="upper right")
    axes.set_title("Fast when something happens, slow when nothing does", loc="left")


def _draw_battery(axes: Axes, told: Mapping[str, Any]) -> None:
    """Draw how long the battery lasts."""
    light = next(row for row in told["ablation"] if row["name"] == "sleep state")
    lives = (("before", told["before"], RED), ("only light sleep", light, "#7a7a7a"), ("all on", told["after"], GREEN))
    for name, row, colour in lives:
        days = row["battery_days"]
        axes.plot([0.0, days], [1.0, 0.0], color=colour, linewidth=2.0, label=f"{name}: {days:.1f} days")
    axes.set_xlim(left=0.0)
    axes.set_ylim(0.0, 1.0)
    axes.set_yticks([0.0, 0.5, 1.0], ["empty", "half", "full"])
    axes.set_xlabel("day")
    axes.grid(visible=True, alpha=0.25)
    axes.legend(fontsize=8.5, frameon=False)
    axes.set_title(f"A battery of {told['battery_wh']:g} Wh, without sun", loc="left")
