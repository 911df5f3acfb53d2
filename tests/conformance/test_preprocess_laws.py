"""Every transform under every law; and for every law a broken transform that it must catch."""

from collections.abc import Callable

import pytest

from tests.conformance.broken_transforms import MISTAKES, RIGHT
from tests.conformance.laws import PART_LAWS, Part, built_in_turn, crossed, heavy_after
from tests.conformance.transforms import SHAPES, TRANSFORM_LAWS, TRANSFORMS


def test_shapes_of_registered_transforms_declared() -> None:
    """A part without declared shapes would be tested with a stranger's."""
    assert set(SHAPES) == {part.name for part in TRANSFORMS}


@pytest.mark.parametrize(("part", "law"), crossed(TRANSFORMS, PART_LAWS | TRANSFORM_LAWS))
def test_transform_under_law_holds(part: Part, law: Callable[[Part], None]) -> None:
    """A registered transform keeps the law."""
    law(part)


@pytest.mark.parametrize("law", TRANSFORM_LAWS)
def test_law_on_its_broken_transform_fails(law: str) -> None:
    """A law passes the right transform, and catches the one that is right but for the mistake it is there for."""
    TRANSFORM_LAWS[law](RIGHT)
    with pytest.raises(AssertionError):
        TRANSFORM_LAWS[law](MISTAKES[law])


def test_transforms_built_import_nothing_heavy() -> None:
    """A chain may be built before the gate opens: numpy comes with the first features, not with the parts."""
    assert heavy_after(built_in_turn(TRANSFORMS)) == set()
