"""Gates on labelled series: the share of windows that reaches inference, and the labelled events among it.

    python -m tools.bench gate [--json] [--data DIR] [--series WORD] [--memory N]

One gate is tried on all: `novelty` with its defaults, which knows nothing of any series. `tools.bench.labelled` tells
what a window and an event is. An event is recalled where the gate opens in it at least once.

Four figures keep the recall honest. `blind_recall` is what a gate would be expected to recall that opens for as many
windows without looking: where an event lasts for weeks, recall says little. `delay_windows` is how far into an event
the gate first opens, the median of those recalled. `share_at_full_recall` is the least that
this rule could let through had somebody known the labels and scaled the thresholds by them, with hardly a warm-up;
null where no thresholds recall them all. And two controls run beside it: a gate that never opens, and one that always
does.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from bisect import bisect_left
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final, cast

from node.gate import TABLE, always, build, level, novelty
from node.options import Spec
from tools.bench import labelled, series

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tools.bench.labelled import Recording


LIMIT: Final = 0.05
"""The share of windows that may reach inference."""
MOTES: Final = "suthaharan/"
FACTORS: Final = [3.0 * 0.9**i for i in range(60)]
"""What the thresholds are scaled by in hindsight, the strictest first."""
PAUSE_S: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One series, as the gate sees it through some of its channels.

    Attributes:
        series: its name.
        channels: those that the gate looks at.
        whole: whether those are all.
        event: what counts as one.
        windows: how many there are.
        inferred: how many the gate lets through.
        inferred_share: of all windows.
        events: how many are labelled.
        recalled: how many of them the gate opens in.
        event_recall: of the labelled ones; None where there is none.
        blind_recall: expected of a gate that opens as often, at random.
        delay_windows: from an event's first window to the first opening in it, the median; None where none is recalled.
        share_at_full_recall: in hindsight; None where out of reach, or where there is no event.
        verdict: whether the gate keeps the limit at full recall, in words.
    """

    series: str
    channels: tuple[str, ...]
    whole: bool
    event: str
    windows: int
    inferred: int
    inferred_share: float
    events: int
    recalled: int
    event_recall: float | None
    blind_recall: float | None
    delay_windows: float | None
    share_at_full_recall: float | None
    verdict: str


def run(argv: Sequence[str]) -> Mapping[str, object]:
    """Show every labelled series to the gate; the result holds a table and the summary."""
    asked = _asked(argv)
    if not asked.data.is_dir():
        raise SystemExit(f"no folder {asked.data}; name the one of the recordings with --data")
    recordings = [each for each in labelled.every(asked.data) if asked.series in each.name]
    if not recordings:
        raise SystemExit(f"no labelled series named {asked.series!r} in {asked.data}")

    looks = [(each, channels) for each in recordings for channels in each.looks]
    lines = [
        measure(each, novelty.Params(channels=channels, memory_samples=asked.memory))
        for each, channels in _watched(looks)
    ]
    return {
        "gate": f"novelty, memory_samples {asked.memory}, the rest by default",
        "table": [asdict(line) for line in lines],
        "left_out": labelled.LEFT_OUT,
        **summary(lines),
        **controls(recordings),
    }


def measure(recording: Recording, params: novelty.Params) -> Line:
    """Show one series to one gate.

    Args:
        recording: the series.
        params: the gate's options; its channels are the recording's.
    """
    opens = opened(recording, _novelty(params))
    hits = recalled(recording, opens)
    windows, events, share = len(opens), len(recording.events), sum(opens) / len(opens)
    least = _hindsight(recording, params) if events else None
    return Line(
        series=recording.name,
        channels=params.channels,
        whole=params.channels == recording.looks[0],
        event=recording.event,
        windows=windows,
        inferred=sum(opens),
        inferred_share=round(share, 4),
        events=events,
        recalled=hits,
        event_recall=round(hits / events, 4) if events else None,
        blind_recall=_blind(recording, share) if events else None,
        delay_windows=_delay(recording, opens),
        share_at_full_recall=least,
        verdict=verdict(share, hits, events, least),
    )


def opened(recording: Recording, spec: Spec) -> list[bool]:
    """Return for each window whether a fresh gate opens for it."""
    gate = build(spec, {})
    return [gate.judge(each).opens for each in recording.samples]


def recalled(recording: Recording, opens: Sequence[bool]) -> int:
    """Count the events in which a gate opened at least once."""
    return sum(any(opens[i] for i in event) for event in recording.events)


def verdict(share: float, hits: int, events: int, least: float | None) -> str:
    """Say whether a gate keeps the limit at full recall, and if not, whether its rule could."""
    if not events:
        return "no event to recall" if share <= LIMIT else f"no event, but opens for {share:.1%}"
    if hits == events:
        return "kept" if share <= LIMIT else f"recalls all, but opens for {share:.1%}"
    if least is None:
        return f"misses {events - hits}; no thresholds recall all"
    if least > LIMIT:
        return f"misses {events - hits}; to recall all would open for {least:.1%}"
    return f"misses {events - hits}; thresholds chosen by the labels would not"


def summary(lines: Sequence[Line]) -> dict[str, object]:
    """Return the figures that stand for the table; the motes' are of gates that look at all channels."""
    motes = [line for line in lines if line.series.startswith(MOTES) and line.whole]
    windows, events = sum(line.windows for line in motes), sum(line.events for line in motes)
    return {
        "mote_inferred_share": round(sum(line.inferred for line in motes) / windows, 4) if motes else None,
        "mote_worst_share": max((line.inferred_share for line in motes), default=None),
        "mote_event_recall": round(sum(line.recalled for line in motes) / events, 4) if events else None,
        "mote_events": events,
        "series": sum(line.whole for line in lines),
        "kept": sum(line.whole and _keeps(line) for line in lines),
        "not_kept": [f"{line.series}: {line.verdict}" for line in lines if line.whole and not _keeps(line)],
    }


def _keeps(line: Line) -> bool:
    return line.recalled == line.events and line.inferred_share <= LIMIT


def controls(recordings: Iterable[Recording]) -> dict[str, float]:
    """Return what a gate that never opens recalls, and what share one that always opens lets through."""
    hits = windows = inferred = 0
    for each in recordings:
        never = Spec("level", TABLE["level"], level.Params(channel=each.looks[0][0], level=math.inf))
        hits += recalled(each, opened(each, never))
        inferred += sum(opened(each, Spec("always", TABLE["always"], always.Params())))
        windows += len(each.samples)
    return {"never_event_recall": float(hits), "always_inferred_share": inferred / windows}


def show(result: Mapping[str, object]) -> None:
    """Print a line per series and set of channels, then the summary."""
    heads = f"{'windows':>8}{'share':>8}{'events':>7}{'recall':>8}{'blind':>7}{'delay':>7}"
    print(f"{'series':42}{'gate looks at':32}{heads}  limit {LIMIT:.0%}")
    for line in cast("list[dict[str, object]]", result["table"]):
        looks = ", ".join(cast("tuple[str, ...]", line["channels"]))
        print(
            f"{line['series']!s:42}{looks:32}{line['windows']:>8}{line['inferred_share']:>8.2%}{line['events']:>7}"
            f"{_percent(line['event_recall']):>8}{_percent(line['blind_recall']):>7}"
            f"{_plain(line['delay_windows']):>7}  {line['verdict']}"
        )
    print("\nrecall: events in which the gate opened; blind: what as many openings at random would recall;")
    print("delay: windows from an event's start to the first opening in it, the median")
    events = {str(line["series"]): line["event"] for line in cast("list[dict[str, object]]", result["table"])}
    print("\nan event is:")
    for name, event in events.items():
        print(f"  {name:40}{event}")
    print()
    for name, value in result.items():
        if name != "table":
            print(f"{name:24}{value}")


def _percent(share: object) -> str:
    return "-" if share is None else f"{cast('float', share):.0%}"


def _plain(number: object) -> str:
    return "-" if number is None else f"{cast('float', number):g}"


def _blind(recording: Recording, share: float) -> float:
    """Return the recall to expect of a gate that opens for each window with the same probability."""
    return round(sum(1.0 - (1.0 - share) ** len(event) for event in recording.events) / len(recording.events), 4)


def _delay(recording: Recording, opens: Sequence[bool]) -> float | None:
    delays = [next((i - event.start for i in event if opens[i]), None) for event in recording.events]
    return median(found) if (found := [each for each in delays if each is not None]) else None


def _hindsight(recording: Recording, params: novelty.Params) -> float | None:
    """Return the share at the strictest thresholds that recall all.

    What the gate learns does not depend on its thresholds, so lower ones open for every window that higher ones do,
    and the search may halve.
    """

    def scaled(factor: float) -> Spec:
        value, step = factor * params.threshold, factor * params.step_threshold
        return _novelty(replace(params, threshold=value, step_threshold=step, warmup=2))

    def recalls_all(factor: float) -> bool:
        return recalled(recording, opened(recording, scaled(factor))) == len(recording.events)

    first = bisect_left(FACTORS, True, key=recalls_all)
    if first == len(FACTORS):
        return None
    return round(sum(opened(recording, scaled(FACTORS[first]))) / len(recording.samples), 4)


def _novelty(params: novelty.Params) -> Spec:
    return Spec("novelty", TABLE["novelty"], params)


def _asked(argv: Sequence[str]) -> argparse.Namespace:
    defaults = novelty.Params(channels=("any",))
    parser = argparse.ArgumentParser(prog="python -m tools.bench gate", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, default=series.DATA, help="folder of recordings")
    parser.add_argument("--series", default="", help="only those whose name holds this word")
    parser.add_argument("--memory", type=int, default=defaults.memory_samples, help="the gate's, in samples")
    return parser.parse_args(argv)


def _watched(looks: Sequence[tuple[Recording, tuple[str, ...]]]) -> Iterator[tuple[Recording, tuple[str, ...]]]:
    """Tell on stderr how far it is, every few seconds."""
    told_s = time.monotonic()
    for done, look in enumerate(looks):
        if time.monotonic() - told_s > PAUSE_S:
            told_s = time.monotonic()
            print(f"{done} of {len(looks)}: {look[0].name}", file=sys.stderr, flush=True)
        yield look
