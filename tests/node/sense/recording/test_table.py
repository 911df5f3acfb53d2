"""Tables: every number exactly, every layout found out, every fault counted."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.errors import HardwareError
from node.sense.recording.layout import Params, channel_name
from node.sense.recording.table import Table

if TYPE_CHECKING:
    from pathlib import Path


def put(folder: Path, text: str) -> Path:
    """Write a table."""
    path = folder / "table.csv"
    path.write_bytes(text.encode())
    return path


def rows(folder: Path, text: str, params: Params | None = None) -> list[dict[str, float]]:
    """Return the values of every take."""
    return [dict(take.reading().values) for take in Table(put(folder, text), params or Params()).takes()]


def test_table_with_a_header_names_its_numeric_columns(tmp_path: Path) -> None:
    """Words and times are left out; names are made fit for the wire."""
    text = "timestamp,Temp (C),room,RH\n2024-01-01 00:00:00,21.5,kitchen,40\n2024-01-01 00:01:00,21.25,hall,41\n"
    assert rows(tmp_path, text) == [{"temp_c": 21.5, "rh": 40.0}, {"temp_c": 21.25, "rh": 41.0}]


def test_table_without_a_header_numbers_its_columns(tmp_path: Path) -> None:
    """As accelerometers log it: fixed width, no names."""
    assert rows(tmp_path, "  -15,     0,  1039\r\n  -14,    -1,  1036\r\n")[1] == {
        "c1": -14.0,
        "c2": -1.0,
        "c3": 1036.0,
    }


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", " ", "   "])
def test_table_of_any_delimiter_is_parted(tmp_path: Path, delimiter: str) -> None:
    """The first rows give it away."""
    text = "\n".join(delimiter.join(row) for row in (["a", "b"], ["1", "2"], ["3", "4"]))
    assert rows(tmp_path, text) == [{"a": 1.0, "b": 2.0}, {"a": 3.0, "b": 4.0}]


def test_table_quoted_is_unquoted_across_lines(tmp_path: Path) -> None:
    """A quoted cell may hold the delimiter, a quote, and a line break."""
    text = '"name","value, in V"\n"a, ""b""\nc",1.5\n"d","2.5"\n'
    assert rows(tmp_path, text) == [{"value_in_v": 1.5}, {"value_in_v": 2.5}]


def test_table_written_by_r_has_one_more_column_than_names(tmp_path: Path) -> None:
    """R numbers the rows and does not name the numbers."""
    assert rows(tmp_path, '"t","x"\n"1","2015-02-04 17:51:00",23.18\n') == [{"row": 1.0, "x": 23.18}]


def test_table_with_gaps_gives_nan_and_counts_only_nonsense(tmp_path: Path) -> None:
    """What the file says is missing is missing; what it garbles, or cuts short, is a fault. Nothing becomes zero."""
    table = Table(put(tmp_path, "a,b\n1,2\n,NA\n3,x4\n5\n6,7\n"), Params())
    values = [take.reading().values for take in table.takes()]
    assert [math.isnan(each["a"]) for each in values] == [False, True, False, True, False]
    assert [math.isnan(each["b"]) for each in values] == [False, True, True, True, False]
    assert table.faults == 2
    assert values[4] == {"a": 6.0, "b": 7.0}


def test_table_with_a_first_gap_still_has_the_column(tmp_path: Path) -> None:
    """A column is numeric where one of the first rows has a number in it."""
    assert set(rows(tmp_path, "a,b\n1,\n2,3\n")[0]) == {"a", "b"}


def test_table_of_chosen_channels_renames_them(tmp_path: Path) -> None:
    """By header, by number, under another name, in the order asked for."""
    params = Params(channels=("humidity=RH", "T", "co2=3"))
    assert list(rows(tmp_path, "T,RH,x\n1,2,3\n", params)[0].items()) == [
        ("humidity", 2.0),
        ("t", 1.0),
        ("co2", 3.0),
    ]


def test_table_of_given_columns_takes_their_names(tmp_path: Path) -> None:
    """A file without names, or with odd ones, is told them."""
    assert rows(tmp_path, "1,2\n", Params(columns=("x", "y"))) == [{"x": 1.0, "y": 2.0}]
    assert rows(tmp_path, "?,!\n1,2\n", Params(columns=("x", "y"))) == [{"x": 1.0, "y": 2.0}]


def test_table_with_numbers_for_names_is_told_so(tmp_path: Path) -> None:
    """A header of 0, 1, 2 looks like a row: `header` decides."""
    text = "0,1\n5,6\n"
    assert len(rows(tmp_path, text)) == 2
    assert rows(tmp_path, text, Params(header="yes")) == [{"0": 5.0, "1": 6.0}]


def test_table_with_equal_names_keeps_every_column(tmp_path: Path) -> None:
    """Names that become equal are numbered."""
    assert rows(tmp_path, "T [C],T (C),T C\n1,2,3\n") == [{"t_c": 1.0, "t_c_2": 2.0, "t_c_3": 3.0}]


def test_table_with_a_decimal_comma_is_read(tmp_path: Path) -> None:
    """As a German logger writes it."""
    assert rows(tmp_path, "a;b\n1,5;-2,25\n", Params(decimal=",")) == [{"a": 1.5, "b": -2.25}]


def test_table_with_a_preamble_and_a_bom_is_read(tmp_path: Path) -> None:
    """Lines before the header are skipped; Excel's mark is no part of the first name; blank lines are none."""
    assert rows(tmp_path, "\ufeffa,b\n\n1,2\n") == [{"a": 1.0, "b": 2.0}]
    assert rows(tmp_path, "station 7\na,b\n1,2\n", Params(skip_lines=1)) == [{"a": 1.0, "b": 2.0}]


def test_sentinels_of_a_table_ride_with_its_channels(tmp_path: Path) -> None:
    """-200 is a number here; that it means nothing is said to the gate, which judges it."""
    table = Table(put(tmp_path, "CO\n-200\n"), Params(sentinels=(-200.0,)))
    assert table.channels[0].sentinels == (-200.0,)
    assert next(table.takes()).reading().values == {"co": -200.0}


@pytest.mark.parametrize(
    ("text", "params", "said"),
    [
        ("", Params(), "is empty"),
        ("a,b\n1,2\n", Params(channels=("c",)), "no column 'c'"),
        ("a,b\n1,2\n", Params(time=("when",)), "no column 'when'"),
        ("a,b\n1,2\n", Params(block="w", block_columns="a:z"), "no column 'z'"),
        ("a,b\n1,2\n", Params(truth="kind"), "no column 'kind'"),
    ],
)
def test_table_that_cannot_serve_says_why(tmp_path: Path, text: str, params: Params, said: str) -> None:
    """The message names the file and, for a column, those that there are."""
    with pytest.raises(HardwareError, match=said) as caught:
        next(Table(put(tmp_path, text), params).takes())
    assert "table.csv" in str(caught.value)


def test_table_that_is_absent_says_where(tmp_path: Path) -> None:
    """Constructing opens nothing; the first look does, and names the path and the option."""
    table = Table(tmp_path / "absent.csv", Params())
    with pytest.raises(HardwareError, match=r"absent\.csv: No such file.*`path`"):
        next(table.takes())


def test_channels_of_an_absent_table_are_those_that_the_options_name(tmp_path: Path) -> None:
    """A node boots without its file, and reports NaN for what it was told to expect."""
    params = Params(channels=("humidity=RH", "T"), block="w", summaries=("peak",))
    table = Table(tmp_path / "absent.csv", params)
    assert [channel.name for channel in table.channels] == ["humidity", "t", "block_peak"]
    assert Table(tmp_path / "absent.csv", Params()).channels == ()


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.lists(st.floats(width=64), min_size=3, max_size=3), min_size=1, max_size=8),
    st.sampled_from(["%r", "%.3f", "%.9g", "%.17e"]),
)
def test_numbers_are_what_float_makes_of_their_text(
    tmp_path_factory: pytest.TempPathFactory, numbers: list[list[float]], form: str
) -> None:
    """Scalars are float(text), blocks are float32 of float(text), by whichever way they are parsed."""
    texts = [[form % number for number in row] for row in numbers]
    path = put(tmp_path_factory.mktemp("table"), "a,b,c\n" + "\n".join(",".join(row) for row in texts) + "\n")
    with np.errstate(over="ignore"):
        expected = [np.array([float(text) for text in row]).astype(np.float32) for row in texts]
        for params in (Params(block="w"), Params(block="w", block_columns="a:b"), Params(block="w", block_rows=1)):
            found = [take.reading().blocks["w"].data for take in Table(path, params).takes()]
            for row, data in zip(expected, found, strict=True):
                np.testing.assert_array_equal(data.ravel(), row[: data.size])
    scalars = [take.reading().values for take in Table(path, Params(channels=("a", "b", "c"))).takes()]
    for words, values in zip(texts, scalars, strict=True):
        np.testing.assert_array_equal(list(values.values()), [float(word) for word in words])


def test_block_of_a_row_is_a_waveform(tmp_path: Path) -> None:
    """A row of many columns is one waveform of one channel, float32, with its rate."""
    params = Params(block="w", rate_hz=16.0)
    block = next(Table(put(tmp_path, "1,2,3\n4,5,6\n"), params).takes()).reading().blocks["w"]
    assert block.data.shape == (3, 1)
    assert block.data.dtype == np.float32
    assert block.rate_hz == 16.0


def test_block_of_some_columns_leaves_the_rest_as_channels(tmp_path: Path) -> None:
    """The block's columns, its label and its summaries beside the other numbers."""
    params = Params(block="w", block_columns="x1:x3", truth="kind", summaries=("peak", "mean"))
    reading = next(Table(put(tmp_path, "t,x1,x2,x3,kind\n20.5,1,-4,3,bad\n"), params).takes()).reading()
    assert reading.values == {"t": 20.5, "block_peak": 4.0, "block_mean": 0.0}
    assert reading.blocks["w"].truth == "bad"
    assert reading.blocks["w"].data.ravel().tolist() == [1.0, -4.0, 3.0]


def test_block_of_rows_groups_them_and_drops_the_rest(tmp_path: Path) -> None:
    """Each take is so many rows, (rows, columns), with the last one's scalars; an incomplete group is none."""
    params = Params(block="w", block_rows=2, channels=("last=c1",))
    takes = [take.reading() for take in Table(put(tmp_path, "1,2\n3,4\n5,6\n7,8\n9,10\n"), params).takes()]
    assert [each.blocks["w"].data.tolist() for each in takes] == [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]
    assert [each.values for each in takes] == [{"last": 3.0}, {"last": 7.0}]


@pytest.mark.parametrize("row", ["1,x,3", "1,2", "1,,3"])
def test_block_with_a_broken_cell_is_nan_there_alone(tmp_path: Path, row: str) -> None:
    """A garbled, missing or absent number spoils no neighbour and no later row."""
    table = Table(put(tmp_path, f"7,8,9\n{row}\n4,5,6\n"), Params(block="w"))
    blocks = [take.reading().blocks["w"].data.ravel() for take in table.takes()]
    assert [len(each) for each in blocks] == [3, 3, 3]
    assert np.isnan(blocks[1]).sum() == 1
    assert blocks[1][0] == 1.0
    assert blocks[2].tolist() == [4.0, 5.0, 6.0]
    assert table.faults == (row != "1,,3")


def test_block_with_decimal_commas_is_read(tmp_path: Path) -> None:
    """The quick way knows points only; the other way gives the same."""
    block = next(Table(put(tmp_path, "1,5;2,5\n"), Params(block="w", decimal=",")).takes()).reading().blocks["w"]
    assert block.data.ravel().tolist() == [1.5, 2.5]


def test_time_of_a_row_is_its_columns_or_its_number(tmp_path: Path) -> None:
    """ISO columns are found, joined columns and formats are told, and without any the rows are a period apart."""
    iso = Table(put(tmp_path, "when,x\n2024-01-01 00:00:10,1\n2024-01-01T00:00:30Z,2\n"), Params())
    times = [take.time_s() for take in iso.takes()]
    assert times[1] - times[0] == 20.0
    told = Params(time=("day", "hour"), time_format="%d/%m/%Y %H.%M.%S")
    split = Table(put(tmp_path, "day,hour,x\n10/03/2004,18.00.00,1\n10/03/2004,19.00.00,2\n"), told)
    times = [take.time_s() for take in split.takes()]
    assert times[1] - times[0] == 3600.0
    counted = Table(put(tmp_path, "x\n1\n2\n"), Params(period_s=5.0))
    assert [take.time_s() for take in counted.takes()] == [0.0, 5.0]


def test_time_that_is_none_says_what_to_give(tmp_path: Path) -> None:
    """The message shows the text and names the option."""
    table = Table(put(tmp_path, "day,x\n10/03/2004,1\n"), Params(time=("day",)))
    with pytest.raises(HardwareError, match=r"'10/03/2004' is no time; give `time_format`"):
        next(table.takes()).time_s()


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=60))
def test_channel_name_of_anything_fits_the_wire(text: str) -> None:
    """Whatever stands in a header, the channel's name is one."""
    name = channel_name(text)
    assert 1 <= len(name) <= 32
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789_")
