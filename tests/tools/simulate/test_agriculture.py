"""The irrigation station: the real node, boot after boot, and what each technique is worth to it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tools.bench import series
from tools.simulate import agriculture, assumed
from tools.simulate.__main__ import main
from tools.simulate.irrigation import latency, motes, settings, trial
from tools.simulate.irrigation.outfit import Work
from tools.simulate.irrigation.season import Season, lived
from tools.simulate.irrigation.trial import DAY_S, Row, Trial

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

WORK = Work(invoke_s={"digits_int8": 0.00015, "digits_standard_float": 0.0006})
SEED = 15
"""A weather that brings a frost and a shower within the first half day."""
SPAN_S = 0.6 * DAY_S
EVENTS = agriculture.events(SEED, SPAN_S)
FULL = agriculture.station(SEED)


@pytest.fixture(scope="module")
def seasons() -> Mapping[str, Season]:
    """Fourteen hours with all on, with a technique off, and half a minute of the way before."""
    off = {each.name: each for each in settings.ablations(FULL)}
    names = ("gate", "batching", "dvfs", "dvfs, crawling", "sleep state", "compression, up")
    live = {name: lived(off[name], WORK, SPAN_S) for name in names}
    return live | {"after": lived(FULL, WORK, SPAN_S), "before": lived(settings.before(FULL), WORK, 30.0)}


def rows(seasons: Mapping[str, Season]) -> dict[str, Row]:
    """Sum the seasons up."""
    given = {name: Trial(name=name, setting=FULL, work=WORK, span_s=SPAN_S, events=EVENTS) for name in seasons}
    return {name: trial.row(given[name], season, 40.8) for name, season in seasons.items()}


def test_after_draws_a_small_part_of_before(seasons: Mapping[str, Season]) -> None:
    """Fifteen times less by the same books, even in its first hours, in which its gate still learns and opens often."""
    assert seasons["before"].power_mw > 15.0 * seasons["after"].power_mw
    assert seasons["before"].power_mw > 1000.0


def test_after_tells_every_event(seasons: Mapping[str, Season]) -> None:
    """The gateway has a record from each; the control, whose gate never opens, has none."""
    never = 'channel = "temperature"\nlevel = 1e9\n'
    deaf = FULL.but("deaf", "a gate that never opens", gate=f'[gate]\npart = "level"\n{never}')
    silent = lived(deaf, WORK, SPAN_S)
    assert len(EVENTS) == 2
    told = rows({"after": seasons["after"], "deaf": silent})
    assert (told["after"].recalled, told["after"].event_recall) == (len(EVENTS), 1.0)
    assert (told["deaf"].recalled, told["deaf"].delay_s) == (0, None)


def test_after_loses_nothing_and_reads_right(seasons: Mapping[str, Season]) -> None:
    """What was inferred is at the gateway, or was since the last report; nineteen pictures of twenty are read right."""
    season = seasons["after"]
    inferred, arrived = season.counters["inferences"], len(season.times_s)
    assert season.counters["records_receipted"] == arrived
    assert 0 <= inferred - arrived <= 3600.0 / settings.FAST_S
    assert season.right >= 0.95 * inferred > 10


def test_after_pays_for_every_boot(seasons: Mapping[str, Season]) -> None:
    """A boot a look but for the first, each as long as the board's file says and the node's start on top."""
    season = seasons["after"]
    assert season.seconds["boot"] == pytest.approx((season.counters["cycles"] - 1) * (12.0 + WORK.start_s))
    assert season.counters["deadlines_skipped"] == 0


def test_technique_that_is_off_costs_what_it_saves(seasons: Mapping[str, Season]) -> None:
    """Sleep is worth most by far, gate and batching something; to race is what the board's governor does anyway."""
    power = {name: each.power_mw for name, each in seasons.items()}
    assert power["sleep state"] > 4.0 * power["after"]
    assert power["batching"] > 1.1 * power["after"]
    assert seasons["gate"].counters["inferences"] == seasons["gate"].counters["cycles"]
    assert seasons["gate"].counters["gated_out"] == 0 < seasons["after"].counters["gated_out"]
    assert power["dvfs"] == power["after"]  # the same configuration lives the same life, to the last digit
    assert power["dvfs, crawling"] > 1.01 * power["after"]  # slower work at a lower draw is dearer, and that is booked
    assert 1.5 * seasons["after"].seconds["infer"] < seasons["dvfs, crawling"].seconds["infer"]


def test_compression_of_a_node_that_stays_up_saves_bytes(seasons: Mapping[str, Season]) -> None:
    """A batch is smaller with it than as it is; a node that is off between looks has no batches."""
    told = rows(seasons)
    assert told["sleep state"].record_bytes < 0.9 * told["compression, up"].record_bytes
    assert told["after"].record_bytes > 2.0 * told["sleep state"].record_bytes


def test_before_is_awake_and_says_everything(seasons: Mapping[str, Season]) -> None:
    """No second asleep, every look inferred; each picture is sent, and each answer, by itself."""
    season = seasons["before"]
    looks = season.counters["cycles"]
    assert season.seconds["sleep"] == 0.0
    assert season.counters["inferences"] == season.counters["windows_kept"] == looks
    assert season.counters["records_receipted"] == season.counters["frames_sent"] == 2 * looks
    assert season.counters["windows_refused"] == seasons["after"].counters["windows_kept"] == 0


def test_row_counts_an_event_once_and_only_in_its_time(seasons: Mapping[str, Season]) -> None:
    """A reading long before it or after its end tells nothing of it; five minutes early is early enough."""
    season = seasons["after"]
    first_s = season.times_s[0]
    spans = [(first_s + 200.0, first_s + 250.0), (first_s + 301.0, first_s + 301.5), (first_s - 50.0, first_s)]
    given = Trial(name="after", setting=FULL, work=WORK, span_s=SPAN_S, events=spans)
    alone = Season(**{**_fields(season), "times_s": [first_s]})
    assert trial.row(given, alone, 40.8).recalled == 1


def _fields(season: Season) -> dict[str, Any]:
    return {name: getattr(season, name) for name in Season.__dataclass_fields__}


def test_accuracy_falls_by_less_than_was_promised() -> None:
    """Of the pictures that no training saw, int8 loses at most 0.4 points."""
    before, after = agriculture.accuracy(latency.STANDARD), agriculture.accuracy(latency.SEPARABLE)
    assert 98.0 < after <= before
    assert before - after <= 0.4


def test_latency_of_the_board_follows_its_sources() -> None:
    """MobileNet's own multiplications take what was published, times the clocks, on one core instead of four."""
    published_ms = latency.board_ms(latency.MOBILENET_MACS, "float32")
    assert published_ms == pytest.approx(114.0 * 4.0 * 1.4)
    assert latency.macs(separable=False) > 6.0 * latency.macs(separable=True)
    taken = latency.measured()
    assert taken.before_ms / taken.after_ms == pytest.approx(taken.ratio)
    assert set(taken.here_us) == {latency.STANDARD, latency.SEPARABLE}


def test_motes_are_watched_for_as_long_as_they_are_asked_for() -> None:
    """Two of the four were steamed; what lies beyond the span is no event of it."""
    if not series.DATA.is_dir():
        pytest.skip(f"no recordings at {series.DATA}")
    assert [len(each.events) for each in motes.every(series.DATA, 7 * DAY_S)] == [1, 0, 0, 1]
    assert not any(each.events for each in motes.every(series.DATA, DAY_S))
    watch = next(iter(motes.every(series.DATA, DAY_S)))
    season = lived(watch.setting, WORK, 6 * 3600.0)
    assert season.counters["samples"] >= season.counters["cycles"] > 30


def test_main_json_is_the_last_line_and_the_plot_is_a_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One object with the figures by their names; a small PNG where one was asked for; a table for people."""
    picture = tmp_path / "station.png"
    words = ["--short", "--days", "0.26", "--jobs", "1", "--plot", str(picture)]
    assert main(["agriculture", "--json", *words]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    ratio = told["power_before_mw"] / told["power_after_mw"]
    assert told["power_ratio"] == pytest.approx(ratio)
    assert told["battery_days_after"] == pytest.approx(ratio * told["battery_days_before"])
    assert told["bytes_a_day_before"] > 1000 * told["bytes_a_day_after"]
    assert {"latency_before_ms", "latency_after_ms", "latency_ratio", "accuracy_before", "accuracy_after"} <= set(told)
    assert told["event_recall"] == 1.0
    assert [row["name"] for row in told["ablation"]] == list(settings.TECHNIQUES)
    assert all(each["quality"] and each["source"] for each in told["assumptions"])
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size < 100_000
    agriculture.show(told)
    out = capsys.readouterr().out
    assert "switched off alone" in out
    assert "the board, off: 1 mW (estimate" in out


def test_assumptions_are_told_with_quality_and_source(capsys: pytest.CaptureFixture[str]) -> None:
    """A figure without a source is not printed as if it had one."""
    assumed.show(assumed.told([assumed.Assumption("a boot", "12 s", "derived", "somewhere")]))
    assert "a boot: 12 s (derived: somewhere)" in capsys.readouterr().out
