"""A converter's steps are found behind what it printed."""

from __future__ import annotations

import pytest

from node.wire.coding import batch
from node.wire.coding.lattice import SINGLE, Lattice, find
from node.wire.coding.octets import Reader
from node.wire.errors import WireError
from node.wire.messages import Column

STEP = 0.00019076972


def test_find_counts_printed_with_nine_decimals_gives_every_value_back() -> None:
    """Voltages of a counter are that counter again."""
    values = [round(cell * STEP, 9) for cell in range(21000, 21200, 3)]
    lattice = find(values, 64, 9)
    assert lattice is not None
    assert lattice.step == pytest.approx(3 * STEP, rel=1e-6)
    assert [lattice.value(lattice.cell(value)) for value in values] == values


def test_value_just_below_zero_is_printed_without_a_sign() -> None:
    """A cell whose value rounds to zero from below is 0.0: the sensor did not say -0.0."""
    for rounding in (9, SINGLE + 6):
        lattice = Lattice(0.00019076972000237318, 0, -0.6755155787365303, rounding)
        assert str(lattice.value(3541)) == "0.0"
        assert str(lattice.nudge(lattice.value(3541), 0)) == "0.0"
    values = [0.0] * 10 + [0.000381539, 1.379455845, 0.0, -0.00019077, 0.00019077, -0.675515579]
    *_, columns = batch.unpack(batch.pack(range(16), range(16), [Column(name="x", values=values)]))
    assert [str(each) for each in columns[0].values] == [str(each) for each in values]


def test_find_averages_of_three_gives_a_divisor() -> None:
    """20.5333333333333 is told as thirtieths, exactly."""
    values = [float(f"{cell / 30:.15g}") for cell in range(600, 640)]
    lattice = find(values, 64, 13)
    assert lattice is not None
    assert lattice.divisor == 30
    assert [lattice.value(lattice.cell(value)) for value in values] == values


def test_find_plain_decimals_gives_none() -> None:
    """Values that use all of their decimals have no coarser step."""
    assert find([cell / 100 for cell in range(2000, 2040)], 64, 2) is None


@pytest.mark.parametrize("lattice", [Lattice(0.5, 0, 0.0, 3), Lattice(1 / 30, 30, 0.0, 15), Lattice(0.1, 0, 2.5, 22)])
def test_read_what_was_written_gives_it_back(lattice: Lattice) -> None:
    """Step, divisor, origin and rounding cross the air."""
    assert Lattice.read(Reader(lattice.write())) == lattice


@pytest.mark.parametrize("written", [Lattice(float("nan"), 0, 0.0, 3), Lattice(-1.0, 0, 0.0, 3)])
def test_read_a_step_that_is_none_is_refused(written: Lattice) -> None:
    """A step is a positive number."""
    with pytest.raises(WireError, match="no lattice"):
        Lattice.read(Reader(written.write()))
