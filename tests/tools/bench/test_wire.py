"""The wire benchmark: rivals are what they say, and the short form keeps its promises."""

from __future__ import annotations

import json
import struct
import zlib
from typing import TYPE_CHECKING, cast

import cbor2
import numpy as np
import pytest
import zstandard
from pcodec import standalone

from node.wire.messages import Column
from tools.bench import peers_binary, peers_text, series, wire

if TYPE_CHECKING:
    from pathlib import Path

TIMES = [1_700_000_000_000 + 1000 * i for i in range(5)]
COLUMNS = [Column(name="t", values=[20.5, 20.6, 20.7, 20.55, -1.25]), Column(name="n", values=[1, 2, 3, 40000, -5])]


def test_json_rows_are_what_a_subscriber_would_parse() -> None:
    """Plain JSON, a row an object, and the compressed one is the same."""
    text = peers_text.json_rows(TIMES, COLUMNS)
    assert json.loads(text)[3] == {"ts": TIMES[3], "t": 20.55, "n": 40000}
    assert zlib.decompress(peers_text.json_zlib(TIMES, COLUMNS)) == text


def test_json_rows_of_float32_print_few_digits() -> None:
    """A float32 is printed in the digits it has."""
    value = struct.unpack("<f", struct.pack("<f", 0.1))[0]
    assert b'"t":0.1}' in peers_text.json_rows(TIMES[:1], [Column(name="t", values=[value], width=32)])


def test_senml_resolves_to_the_same_readings() -> None:
    """Base name and base time hold for the records that follow; values are exact."""
    packed = peers_text.senml(TIMES, COLUMNS)
    records = cbor2.loads(packed)
    assert records[0][-2] + records[0][0] == "node/t"
    assert len(records) == 10
    assert [float(each[2]) for each in records[::2]] == COLUMNS[0].values
    assert [records[0][-3] + each.get(6, 0) for each in records[::2]] == [time / 1000 for time in TIMES]
    assert zstandard.ZstdDecompressor().decompress(peers_text.senml_zstd(TIMES, COLUMNS)) == packed


def test_sparkplug_holds_a_metric_a_reading() -> None:
    """Ten metrics with alias, timestamp and value, and nothing that the birth has said."""
    packed = peers_binary.sparkplug(TIMES, COLUMNS)
    assert packed.count(b"\x12") >= 10
    assert struct.pack("<d", 20.55) in packed
    assert zlib.decompress(peers_binary.sparkplug_deflate(TIMES, COLUMNS), -15) == packed


def test_float32_and_pcodec_hold_times_and_columns() -> None:
    """Packed float32 is base time, steps and columns; pcodec holds each by itself."""
    packed = peers_binary.float32(TIMES, COLUMNS)
    assert np.frombuffer(packed[-40:-20], np.float32).tolist() == pytest.approx(
        list(cast("list[float]", COLUMNS[0].values))
    )
    assert len(packed) == 8 + 4 * 2 + 2 * 5 * 4
    times = standalone.simple_decompress(peers_binary.pcodec(TIMES, []))
    assert times is not None
    assert times.tolist() == TIMES


@pytest.mark.skipif(not series.DATA.is_dir(), reason="the recordings are not beside this tree")
def test_run_short_form_brings_everything_back_and_is_smallest() -> None:
    """On two recordings every batch comes back, and no rival is smaller."""
    result = wire.run(["--series", "mote1", "--most", "2", "--jobs", "1"])
    assert result["series"] == result["smallest_on"] == 2
    assert cast("float", result["worst_ratio_to_formats"]) < 0.5
    wire.show(result)


def test_run_without_recordings_says_what_to_do(tmp_path: Path) -> None:
    """An absent folder is named, with the option that names another."""
    with pytest.raises(SystemExit, match="--data"):
        wire.run(["--data", str(tmp_path / "absent")])
