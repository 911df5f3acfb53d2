"""Agriculture: an irrigation station before and after, and what each technique is worth to it.

A Zero 2 W whose power an external controller cuts off between readings looks at the weather of an orchard every ten
minutes, and more often while something happens; when the gate opens, its camera reads the water meter (the shipped
handwritten digits, by their real labels), and once an hour it reports. The node is the real one, boot after boot on the
virtual clock, with its real models, outbox and encodings; joules are its own ledger's, from the board's figures.

*Before* is the same node with everything off: awake all the time, one picture after another through standard
convolutions in float32, each picture and each answer sent at once. Then each technique is switched off alone, by its
own switch. Nothing is tuned to a series: gate and rhythm have their defaults, the weather is made some times over by
chance, and where the recordings of four real motes are at hand, the same configuration watches those too.

The latency is that of one picture through the model. From the first sensor's reading to the answer in the outbox it is
`answer_..._ms`: a node that was switched off must load its ML runtime first, and that is what its sleep costs.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from boards.sim.climate import CHANNELS
from boards.sim.clock import START_MS
from boards.sim.weather import Orchard
from tools.bench import series
from tools.simulate import assumed
from tools.simulate.irrigation import latency, motes, premises, settings, table, trial
from tools.simulate.irrigation.outfit import Work
from tools.simulate.irrigation.premises import BATTERY_WH
from tools.simulate.irrigation.trial import DAY_S, Trial
from tools.train.judge import answers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tools.simulate.irrigation.settings import Setting
    from tools.simulate.irrigation.trial import Row

BEFORE_S: Final = 300.0
"""The way before is the same at any time: nothing in it depends on the weather."""
TUNED_BOOT_S: Final = 3.5
"""kittenlabs.de 2024-09-01, with a kernel and a user space of its own; derived."""


def run(argv: Sequence[str]) -> Mapping[str, object]:
    """Live through all of it.

    Args:
        argv: `--days`, `--seeds`, `--data`, `--jobs`, `--short`, `--plot`.

    Returns:
        The figures before and after, a row for each technique, each other weather and each mote, what changes if the
        assumptions do, and the assumptions.
    """
    asked = _asked(argv)
    taken = latency.measured()
    trials = _trials(asked, Work(invoke_s=taken.invoke_s))
    seasons = trial.every(trials, asked.jobs)
    rows = {each.name: trial.row(each, seasons[each.name], BATTERY_WH) for each in trials}
    before, after = rows["before"], rows["after"]
    held = premises.assumptions(trials[0].work, seasons["before"], seasons["after"])
    result: dict[str, object] = {
        "power_before_mw": before.power_mw,
        "power_after_mw": after.power_mw,
        "power_ratio": before.power_mw / after.power_mw,
        "power_ratio_worst": before.power_mw / max(each.power_mw for each in _watched(rows)),
        "battery_days_before": before.battery_days,
        "battery_days_after": after.battery_days,
        "bytes_a_day_before": before.bytes_a_day,
        "bytes_a_day_after": after.bytes_a_day,
        "latency_before_ms": taken.before_ms,
        "latency_after_ms": taken.after_ms,
        "latency_ratio": taken.ratio,
        "answer_before_ms": before.answer_ms,
        "answer_after_ms": after.answer_ms,
        "accuracy_before": accuracy(latency.STANDARD),
        "accuracy_after": accuracy(latency.SEPARABLE),
        **_recall(rows),
        "before": asdict(before),
        "after": asdict(after),
        "ablation": [asdict(rows[name]) for name in settings.TECHNIQUES],
        "others": [asdict(each) for name, each in rows.items() if name.startswith(("weather", "mote"))],
        "sensitivity": _sensitivity(rows),
        "stages_mw": {name: each.stages_mw for name, each in seasons.items()},
        "days": asked.days,
        "battery_wh": BATTERY_WH,
        "assumptions": assumed.told([*latency.assumptions(taken), *held]),
    }
    if asked.plot:
        from tools.simulate.irrigation.plot import draw  # matplotlib takes a second, and only a plot needs it

        draw(result, seasons["after"], events(0, asked.days * DAY_S), Path(asked.plot))
    return result


def show(result: Mapping[str, object]) -> None:
    """Print what `run` returned, for people."""
    table.show(result)


def accuracy(model: str) -> float:
    """Return how many of the held-out pictures a model reads right, in per cent, through the engine that nodes use."""
    with np.load(settings.ZOO / "digits_eval.npz") as held_out:
        pictures, labels = held_out["images"].astype(np.float32)[..., np.newaxis], held_out["labels"]
    said = [int(str(each.values["label"])) for each in answers(settings.ZOO / f"{model}.tflite", pictures)]
    return 100.0 * float(np.mean(np.array(said) == labels))


def station(seed: int = 0) -> Setting:
    """Return Torpor's way in the weather of a seed."""
    return settings.after(settings.AIR.format(seed=seed), [each.name for each in CHANNELS])


def events(seed: int, span_s: float) -> list[tuple[float, float]]:
    """Return when something happens in the weather of a seed, in seconds from the season's start."""
    start_s = START_MS / 1e3
    found = Orchard(seed).events(start_s, start_s + span_s)
    return [(each.start_s - start_s, each.stop_s - start_s) for each in found]


def _trials(asked: argparse.Namespace, work: Work) -> list[Trial]:
    """List what is to be lived, the longest first."""
    span_s = asked.days * DAY_S
    full = Trial(name="after", setting=station(), work=work, span_s=span_s, events=events(0, span_s))
    before_s = BEFORE_S / 10.0 if asked.short else BEFORE_S
    before = Trial(name="before", setting=settings.before(full.setting), work=work, span_s=before_s)
    off = [replace(full, name=each.name, setting=each) for each in settings.ablations(full.setting)]
    if asked.short:
        return [*off, full, before]
    weathers = [
        replace(full, name=f"weather {seed}", setting=station(seed), events=events(seed, span_s))
        for seed in range(1, asked.seeds)
    ]
    watched = [
        Trial(name=each.name, setting=each.setting, work=work, span_s=each.span_s, events=each.events)
        for each in motes.every(asked.data, span_s)
    ]
    doubted = [
        replace(each, name=f"{each.name}, {doubt}", work=other)
        for doubt, other in _doubts(work).items()
        for each in (full, before)
    ]
    return [*off, full, *weathers, *watched, *doubted, before]


def _doubts(work: Work) -> dict[str, Work]:
    """Return what else might be assumed."""
    return {
        "one busy core draws no more than that": replace(work, active_mw=premises.one_core_mw()),
        "the node starts and loads half as fast": work.slowed(2.0),
        "an image that boots in 3.5 s": replace(work, boot_s=TUNED_BOOT_S),
    }


def _sensitivity(rows: Mapping[str, Row]) -> list[dict[str, object]]:
    """Pair the rows of each doubt."""
    found: list[dict[str, object]] = []
    for doubt in _doubts(Work()):
        if f"after, {doubt}" in rows:
            before_mw, after_mw = rows[f"before, {doubt}"].power_mw, rows[f"after, {doubt}"].power_mw
            ratio = before_mw / after_mw
            found.append({"if": doubt, "power_before_mw": before_mw, "power_after_mw": after_mw, "power_ratio": ratio})
    return found


def _recall(rows: Mapping[str, Row]) -> dict[str, float | None]:
    """Count the events of all weathers and motes together; where nothing happened there is nothing to recall."""
    watched = _watched(rows)
    count, recalled = sum(each.events for each in watched), sum(each.recalled for each in watched)
    return {"events": count, "event_recall": recalled / count if count else None}


def _watched(rows: Mapping[str, Row]) -> list[Row]:
    """Return Torpor's way in every weather and with every mote."""
    return [each for name, each in rows.items() if name == "after" or name.startswith(("weather", "mote"))]


def _asked(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.simulate agriculture")
    parser.add_argument("--days", type=float, default=7.0, help="how long each season is")
    parser.add_argument("--seeds", type=int, default=4, help="weathers that are made by chance")
    parser.add_argument("--data", type=Path, default=series.DATA, help="folder of recordings, for the motes")
    parser.add_argument("--jobs", type=int, default=min(os.cpu_count() or 1, 8), help="processes")
    parser.add_argument("--short", action="store_true", help="one weather, no motes, no doubts")
    parser.add_argument("--plot", default="", help="a PNG file to draw to")
    return parser.parse_args(argv)
