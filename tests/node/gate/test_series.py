"""Gates with their defaults on real series: how much they let through, and whether the labelled events are in it.

Motes: Suthaharan et al., "Labelled data collection for anomaly detection in wireless sensor networks" (ISSNIP 2010),
single hop: a kettle's steam is the event, humidity and temperature every 5 s.
"""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

import pytest

from tests.node.gate.shown import gate, sample

MOTES = Path(__file__).parents[3].parent / "shared/data/suthaharan_singlehop/data.csv"
DEFAULTS: list[dict[str, object]] = [
    {"part": "novelty", "channels": ["humidity", "temperature"]},
    {"part": "zscore", "channel": "humidity"},
    {"part": "zscore", "channel": "temperature"},
    {"part": "send_on_delta", "channels": ["temperature"], "delta": 0.5},
    {"part": "page_hinkley", "channel": "humidity", "delta": 0.5, "threshold": 5.0},
]


@pytest.fixture(scope="module")
def motes() -> dict[str, list[dict[str, str]]]:
    """Return the rows of each mote, in time's order."""
    if not MOTES.exists():
        pytest.skip(f"{MOTES} is not on this machine")
    with MOTES.open(encoding="ascii") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["mote_id"])
    return {name: list(group) for name, group in itertools.groupby(rows, lambda row: row["mote_id"])}


@pytest.mark.parametrize("options", DEFAULTS, ids=lambda each: f"{each['part']}")
def test_gate_with_defaults_on_real_motes_lets_few_through_and_every_event(
    options: dict[str, object], motes: dict[str, list[dict[str, str]]]
) -> None:
    """At most one sample in twenty opens on any mote, and some sample of every labelled event does."""
    events = 0
    for rows in motes.values():
        rule = gate(str(options["part"]), **{key: each for key, each in options.items() if key != "part"})
        opens = [
            rule.judge(sample(5 * i, temperature=float(row["temperature"]), humidity=float(row["humidity"]))).opens
            for i, row in enumerate(rows)
        ]
        assert sum(opens) <= 0.05 * len(rows)
        labelled = itertools.groupby(zip(rows, opens, strict=True), lambda pair: pair[0]["label"])
        for recalled in (any(opened for _, opened in run) for label, run in labelled if label == "1"):
            events += 1
            assert recalled
    assert events == 2
