"""The recorded series that `tools.bench gate` is measured on: what a node would be shown, and where the events are.

A window is what one cycle judges: a row of a slow series, or a second of motion, told to the gate by the summaries
that the node's own sensors take of a block. Where a source marks a stretch, the stretch is the event. Where it gives
a state (occupied, walking), an event is a change of state, and lasts five windows or until the next change.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, groupby, zip_longest
from typing import TYPE_CHECKING, Final

import numpy as np

from node.sense.recording.summary import ONE_BLOCK, Summariser
from node.values import Sample, TimeQuality
from tools.bench import series

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy.typing as npt

    from tools.bench.series import Series

CHANGE_WINDOWS: Final = 5
"""How many windows after a change of state a gate may take to open for it."""
LEFT_OUT: Final[Mapping[str, str]] = {
    "aeon/GunPoint": "a label for each whole movement, no event in time",
    "aeon/ItalyPowerDemand": "a label for each whole day, no event in time",
    "battery, ecg, solar, uci/airquality": "no labels",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One device's labelled recording.

    Attributes:
        name: folder and file.
        event: what counts as one, for people.
        samples: one a window.
        events: the windows of each.
        looks: the sets of channels that a gate is tried on; the first is all of them.
    """

    name: str
    event: str
    samples: Sequence[Sample]
    events: Sequence[range]
    looks: Sequence[tuple[str, ...]]


def every(data: Path) -> Iterator[Recording]:
    """Read every labelled series of a folder."""
    known = {each.name: each for each in series.every(data)}
    yield from motes(data)
    yield from _marked(data, known)
    yield _occupancy(known)
    yield _motion(known)
    yield _activities(data, known)


def stretches(labels: Sequence[object]) -> list[range]:
    """Return the stretches of equal labels, in order.

    >>> stretches(["0", "0", "1", "0"])
    [range(0, 2), range(2, 3), range(3, 4)]
    """
    found, start = [], 0
    for _, group in groupby(labels):
        stop = start + len(list(group))
        found.append(range(start, stop))
        start = stop
    return found


def changes(states: Sequence[object]) -> list[range]:
    """Return the first windows of each state but the first.

    >>> changes(["still"] * 3 + ["walking"] * 9 + ["still"])
    [range(3, 8), range(12, 13)]
    """
    return [each[:CHANGE_WINDOWS] for each in stretches(states)[1:]]


def motes(data: Path) -> Iterator[Recording]:
    """Four motes on a table; a kettle steams beside two of them (Suthaharan et al., ISSNIP 2010)."""
    known = {each.name: each for each in series.motes(data)}
    with (data / "suthaharan_singlehop" / "data.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for mote in sorted({row["mote_id"] for row in rows}):
        labels = [row["label"] for row in rows if row["mote_id"] == mote]
        yield _rows(
            known[f"suthaharan/mote{mote}"],
            "a stretch labelled 1: steam",
            [each for each in stretches(labels) if labels[each.start] == "1"],
        )


def _marked(data: Path, known: Mapping[str, Series]) -> Iterator[Recording]:
    """An office's temperature and a road's occupancy, with the benchmark's windows of what went wrong (NAB)."""
    marks = json.loads((data / "nab_ambient" / "combined_windows.json").read_text())
    for folder, stem in (("realKnownCause", "ambient_temperature_system_failure"), ("realTraffic", "occupancy_6005")):
        recording = known[f"nab/{stem}"]
        spans = [_between(recording.times_ms, *span) for span in marks[f"{folder}/{stem}.csv"]]
        yield _rows(recording, "a span of combined_windows.json", spans)


def _between(times_ms: Sequence[int], first: str, last: str) -> range:
    first_ms, last_ms = (datetime.fromisoformat(each).replace(tzinfo=UTC).timestamp() * 1000 for each in (first, last))
    inside = [i for i, time_ms in enumerate(times_ms) if first_ms <= time_ms <= last_ms]
    return range(inside[0], inside[-1] + 1)


def _occupancy(known: Mapping[str, Series]) -> Recording:
    """An office each minute; somebody comes or goes (UCI 357)."""
    recording = known["uci/occupancy"]
    columns = {each.name: each for each in recording.columns}
    seen = [columns[name] for name in ("temperature", "humidity", "light", "co2")]
    shown = series.Series(name=recording.name, times_ms=recording.times_ms, columns=seen)
    return _rows(shown, "somebody came, or the last one left", changes(columns["occupancy"].values))


def _rows(recording: Series, event: str, events: Sequence[range]) -> Recording:
    """Make a window of each row."""
    names = tuple(each.name for each in recording.columns)
    rows = zip(recording.times_ms, zip(*(each.values for each in recording.columns), strict=True), strict=True)
    return Recording(
        name=recording.name,
        event=event,
        samples=[_sample(time_ms, dict(zip(names, map(float, row), strict=True))) for time_ms, row in rows],
        events=events,
        looks=[names, *((name,) for name in names if len(names) > 1)],
    )


def _motion(known: Mapping[str, Series]) -> Recording:
    """A wrist at 26 Hz (ST): its recordings one after the other, an activity after another as long as they last."""
    parts = [each for name, each in known.items() if name.startswith("stm_har/")]
    by_activity = [list(group) for _, group in groupby(parts, _activity)]
    turns = [each for each in chain.from_iterable(zip_longest(*by_activity)) if each is not None]
    blocks = [(block, _activity(each)) for each in turns for block in _seconds(each, 26)]
    return _blocks("stm_har", [block for block, _ in blocks], [activity for _, activity in blocks])


def _activity(recording: Series) -> str:
    return recording.name.removeprefix("stm_har/").partition("_")[0]


def _activities(data: Path, known: Mapping[str, Series]) -> Recording:
    """A watch at 10 Hz: standing, running, walking, badminton (UEA BasicMotions), in the file's order."""
    text = (data / "aeon_ts" / "BasicMotions_TRAIN.ts").read_text()
    labels = [line.rpartition(":")[2] for line in text.split("@data", 1)[1].split()]
    blocks = _seconds(known["aeon/BasicMotions"], 10)
    each_case = len(blocks) // len(labels)
    return _blocks("aeon/BasicMotions", blocks, [labels[i // each_case] for i in range(len(blocks))])


def _seconds(recording: Series, rate_hz: int) -> list[npt.NDArray[np.float32]]:
    """Cut the three axes of acceleration into seconds, shape (rate, 3); a rest is left out."""
    axes = np.array([each.values for each in recording.columns[:3]], dtype=np.float32).T
    return [axes[i : i + rate_hz] for i in range(0, len(axes) - rate_hz + 1, rate_hz)]


def _blocks(name: str, blocks: Sequence[npt.NDArray[np.float32]], states: Sequence[str]) -> Recording:
    """Make a window of each second; blocks are of shape (rate, 3)."""
    summaries = Summariser(tuple(ONE_BLOCK))
    return Recording(
        name=name,
        event="another activity began",
        samples=[_sample(series.START_MS + 1000 * i, summaries.of(block)) for i, block in enumerate(blocks)],
        events=changes(states),
        looks=[tuple(ONE_BLOCK)],
    )


def _sample(time_ms: int, values: Mapping[str, float]) -> Sample:
    return Sample(time_ms=time_ms, time_quality=TimeQuality.SYNCED, values=values)
