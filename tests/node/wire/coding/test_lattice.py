"""A converter's steps are found behind what it printed."""

from __future__ import annotations

import pytest

from node.wire.coding.lattice import Lattice, find
from node.wire.coding.octets import Reader
from node.wire.errors import WireError

STEP = 0.00019076972


def test_find_counts_printed_with_nine_decimals_gives_every_value_back() -> None:
    """Voltages of a counter are that counter again."""
    values = [round(cell * STEP, 9) for cell in range(21000, 21200, 3)]
    lattice = find(values, 64, 9)
    assert lattice is not None
    assert lattice.step == pytest.approx(3 * STEP, rel=1e-6)
    assert [lattice.value(lattice.cell(value)) for value in values] == values


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
