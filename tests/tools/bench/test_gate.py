"""The gates' benchmark: its counting is right where a hand can follow, its controls fail, and the motes hold."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from node.gate import TABLE, always, level, novelty
from node.options import Spec
from node.values import Sample, TimeQuality
from tools.bench import gate, labelled, series

if TYPE_CHECKING:
    from collections.abc import Sequence

NEVER = Spec("level", TABLE["level"], level.Params(channel="t", level=math.inf))
ALWAYS = Spec("always", TABLE["always"], always.Params())


def recording(values: Sequence[float], events: Sequence[range]) -> labelled.Recording:
    """One channel, a value a second."""
    samples = [
        Sample(time_ms=1000 * i, time_quality=TimeQuality.SYNCED, values={"t": each}) for i, each in enumerate(values)
    ]
    return labelled.Recording(name="made", event="made", samples=samples, events=events, looks=[("t",)])


def wave(*spikes: int) -> list[float]:
    """A hundred small swings, and a spike at each place."""
    return [9.0 if i in spikes else math.sin(i) for i in range(100)]


def measured(made: labelled.Recording) -> gate.Line:
    """Show it to the gate that the benchmark shows it to."""
    return gate.measure(made, novelty.Params(channels=("t",)))


def test_measure_of_a_spike_in_its_event_recalls_it() -> None:
    """The spike and the step back from it are two windows of a hundred."""
    line = measured(recording(wave(60), [range(58, 63)]))
    assert (line.inferred, line.inferred_share, line.recalled, line.event_recall) == (2, 0.02, 1, 1.0)
    assert line.delay_windows == 2
    assert line.blind_recall == pytest.approx(1 - 0.98**5, abs=1e-4)
    assert line.verdict == "kept"


def test_measure_of_a_spike_beside_its_event_does_not_recall_it() -> None:
    """An opening one window too late is a miss, however quiet the gate else is."""
    line = measured(recording(wave(60), [range(55, 60)]))
    assert (line.inferred, line.recalled, line.event_recall) == (2, 0, 0.0)
    assert line.delay_windows is None
    assert line.verdict.startswith("misses 1; to recall all would open for ")


def test_measure_of_an_event_that_no_value_shows_says_so() -> None:
    """A flat line tells nothing at any threshold."""
    line = measured(recording([5.0] * 100, [range(50, 60)]))
    assert line.share_at_full_recall is None
    assert line.verdict == "misses 1; no thresholds recall all"


def test_measure_of_a_series_without_events_claims_no_recall() -> None:
    """Nothing to recall is not full recall."""
    line = measured(recording(wave(60), []))
    assert line.event_recall is None
    assert line.blind_recall is None
    assert line.verdict == "no event to recall"


@pytest.mark.parametrize(("spec", "hits", "inferred"), [(NEVER, 0, 0), (ALWAYS, 2, 100)])
def test_controls_at_both_ends_fail_the_one_or_the_other(spec: Spec, hits: int, inferred: int) -> None:
    """A gate that never opens recalls nothing; one that always opens saves nothing."""
    made = recording(wave(60, 80), [range(60, 61), range(80, 81)])
    opens = gate.opened(made, spec)
    assert gate.recalled(made, opens) == hits
    assert sum(opens) == inferred
    assert gate.controls([made]) == {"never_event_recall": 0.0, "always_inferred_share": 1.0}


def test_share_at_full_recall_is_what_the_scaled_thresholds_let_through() -> None:
    """A faint event that the defaults miss costs what it costs, and that is more than the clear one's share."""
    faint = [math.sin(i) + (0.6 if i == 70 else 0.0) for i in range(100)]
    line = measured(recording(faint, [range(70, 71)]))
    assert line.recalled == 0
    assert line.share_at_full_recall is not None
    assert line.inferred_share < line.share_at_full_recall < 1.0


def test_run_on_the_recordings_keeps_the_motes_within_the_limit_and_tells_where_it_cannot() -> None:
    """One configuration for all: few windows of any mote, every event of theirs, and occupancy by temperature told."""
    if not series.DATA.is_dir():
        pytest.skip(f"{series.DATA} is not on this machine")
    result = gate.run([])
    assert isinstance(result["mote_worst_share"], float)
    assert result["mote_worst_share"] <= 0.05
    assert (result["mote_event_recall"], result["mote_events"]) == (1.0, 2)
    assert (result["never_event_recall"], result["always_inferred_share"]) == (0.0, 1.0)
    assert isinstance(result["table"], list)
    by_temperature = next(
        line for line in result["table"] if (line["series"], line["channels"]) == ("uci/occupancy", ("temperature",))
    )
    assert by_temperature["event_recall"] < 0.1
    assert by_temperature["share_at_full_recall"] > 0.5
    assert by_temperature["verdict"].startswith("misses ")


def test_summary_of_motes_with_other_memories_keeps_the_limit() -> None:
    """The limit does not hang on the one memory that is the default."""
    if not series.DATA.is_dir():
        pytest.skip(f"{series.DATA} is not on this machine")
    motes = [each for each in labelled.every(series.DATA) if each.name.startswith(gate.MOTES)]
    for memory in (50, 100, 1000):
        params = [novelty.Params(channels=each.looks[0], memory_samples=memory) for each in motes]
        found = gate.summary([gate.measure(each, look) for each, look in zip(motes, params, strict=True)])
        assert isinstance(found["mote_worst_share"], float)
        assert 0.0 < found["mote_worst_share"] <= 0.05
        assert found["mote_event_recall"] == 1.0
