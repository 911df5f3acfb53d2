"""Every gate under every law; and for every law a broken gate that it must catch."""

from collections.abc import Callable

import pytest

from tests.conformance.broken_gates import MISTAKES, RIGHT
from tests.conformance.broken_part import BROKEN
from tests.conformance.gates import GATE_LAWS, GATES
from tests.conformance.laws import PART_LAWS, Part, built_in_turn, crossed, heavy_after


@pytest.mark.parametrize(("part", "law"), crossed(GATES, PART_LAWS | GATE_LAWS))
def test_gate_under_law_holds(part: Part, law: Callable[[Part], None]) -> None:
    """A registered gate keeps the law."""
    law(part)


@pytest.mark.parametrize("law", GATE_LAWS)
def test_law_on_its_broken_gate_fails(law: str) -> None:
    """A law passes the right gate, and catches the one that is right but for the mistake it is there for."""
    GATE_LAWS[law](RIGHT)
    with pytest.raises(AssertionError):
        GATE_LAWS[law](MISTAKES[law])


@pytest.mark.parametrize("law", PART_LAWS)
def test_law_on_broken_part_fails(law: str) -> None:
    """The laws of all rooms catch a part that breaks them."""
    with pytest.raises(AssertionError):
        PART_LAWS[law](BROKEN)


def test_gates_built_import_nothing_heavy() -> None:
    """A wake that the gate turns down pays neither for numpy nor for the runtimes."""
    assert heavy_after(built_in_turn(GATES)) == set()


def test_heavy_after_import_of_numpy_names_it() -> None:
    """The check above can fail."""
    assert heavy_after("import numpy") == {"numpy"}
