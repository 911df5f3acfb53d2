"""Values become cells and come back; cells that mean nothing are refused."""

from __future__ import annotations

import math

import pytest

from node.wire.coding.forms import Form, Kind, Mark, Shaped, restore
from node.wire.coding.shaping import shapes
from node.wire.errors import WireError
from tests.node.wire.coding.cases import same


@pytest.mark.parametrize(
    ("values", "width", "kind"),
    [
        ([1, 2, -3], 64, Kind.WHOLE),
        ([20.5, 20.25, -1.0], 64, Kind.DECIMAL),
        ([0.5, 0.1 + 0.2, 0.3], 64, Kind.DECIMAL),
        (["a", "b", "a"], 64, Kind.WORDS),
        ([0.5, 0.25, 100.75], 32, Kind.SINGLE),
        ([math.pi, math.e, 1e300], 64, Kind.BITS64),
    ],
)
def test_shapes_first_form_is_the_expected_one_and_all_come_back(
    values: list[float | int | str], width: int, kind: Kind
) -> None:
    """The likeliest form comes first, and every form that is offered gives the values back."""
    found = shapes(values, width)
    assert found[0].form.kind == kind
    assert all(same(restore(each), values) for each in found)


def test_shapes_float32_without_saying_so_is_seen() -> None:
    """Float32 numbers in a column of width 64 are not written as seventeen digits."""
    assert shapes([0.10000000149011612, 0.20000000298023224], 64)[0].form.kind == Kind.SINGLE


@pytest.mark.parametrize(
    "shaped",
    [
        Shaped(Form(Kind.DECIMAL, 1), [1, 2], [0, 1 << 65]),
        Shaped(Form(Kind.DECIMAL, 1), [1, 2], [0, -1]),
        Shaped(Form(Kind.WORDS, words=("a",)), [0, 1]),
        Shaped(Form(Kind.WORDS, words=("a",)), [0, -1]),
        Shaped(Form(Kind.BITS32), [1 << 40, 0]),
        Shaped(Form(Kind.BITS64), [1 << 65, 0]),
        Shaped(Form(Kind.DECIMAL, 1), [1 << 1100, 0]),
    ],
)
def test_restore_cells_that_mean_nothing_are_refused(shaped: Shaped) -> None:
    """No cell and no mark from a stranger raises anything but a WireError."""
    with pytest.raises(WireError, match="bad-body"):
        restore(shaped)


def test_marks_leave_room_for_what_comes() -> None:
    """Fixed marks are below the nudges, which are open upwards."""
    assert max(Mark) == Mark.NUDGE
