"""Plot: what a cascade's budget buys, in accuracy and in bytes. Imported only where one was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from tools.bench.cascade import Line

COLOURS: Final = {"": "#0b6e4f", "_small": "#c1440e"}


def draw(tables: Mapping[str, Sequence[Line]], path: Path) -> None:
    """Draw accuracy over the share that was escalated, and over the bytes that a node sent.

    Args:
        tables: by the suffix of their figures.
        path: a PNG file; its folder must be there.
    """
    figure = Figure(figsize=(11.0, 4.6), layout="constrained")
    share, size = figure.subplots(1, 2, sharey=True)
    for suffix, lines in tables.items():
        gateway = next(line for line in lines if line.way.startswith("gateway"))
        way = [lines[0], *(line for line in lines if line.budget is not None)]
        shaken = suffix.endswith("_shaken")
        style = {"color": COLOURS[suffix.removesuffix("_shaken")], "linestyle": ":" if shaken else "-", "marker": "o"}
        label = f"{lines[0].way.rpartition(' ')[2]}{', shaken' if shaken else ''}"
        share.plot(*_points(way, "escalated_share", 100.0), label=label, **style)
        size.plot(*_points(way, "up_bytes"), **style)
        grey = {"color": "#7a7a7a", "linestyle": ":" if shaken else "-"}
        share.axhline(gateway.accuracy_percent, linewidth=0.9, **grey)
        size.plot(gateway.up_bytes, gateway.accuracy_percent, marker="s", **grey)
    share.set(xlabel="windows escalated, %", ylabel="right, %")
    share.set_title("What a budget buys; grey: the gateway alone", loc="left", fontsize=11)
    share.legend(loc="lower right", frameon=False)
    size.set(xlabel="bytes that the node sends, an inference", xscale="log")
    size.set_title("And what it costs; grey squares: every picture is sent", loc="left", fontsize=11)
    _finish([share, size])
    figure.savefig(path, dpi=110)


def _points(lines: Sequence[Line], along: str, scale: float = 1.0) -> tuple[list[float], list[float]]:
    return [scale * float(getattr(line, along)) for line in lines], [line.accuracy_percent for line in lines]


def _finish(axes: Sequence[Axes]) -> None:
    for each in axes:
        each.grid(visible=True, alpha=0.25)
        each.spines[["top", "right"]].set_visible(False)
