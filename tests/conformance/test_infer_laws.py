"""Every engine and every head under every law; and for every law an engine that it must catch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from node.infer.heads import TABLE as HEADS
from tests.conformance.broken_engines import broken
from tests.conformance.engines import ENGINE_LAWS, ENGINES
from tests.conformance.laws import PART_LAWS, Part, built_in_turn, crossed, heavy_after, parts

if TYPE_CHECKING:
    from collections.abc import Callable

ALL_HEADS: Final = parts(HEADS, {"anomaly": {"threshold": 1.0}})


@pytest.mark.parametrize(("part", "law"), crossed(ENGINES, PART_LAWS | ENGINE_LAWS))
def test_engine_under_law_holds(part: Part, law: Callable[[Part], None]) -> None:
    """A registered engine keeps the law."""
    law(part)


@pytest.mark.parametrize(("part", "law"), crossed(ALL_HEADS, PART_LAWS))
def test_head_under_law_holds(part: Part, law: Callable[[Part], None]) -> None:
    """A registered head keeps the laws of all rooms."""
    law(part)


@pytest.mark.parametrize("law", ENGINE_LAWS)
def test_law_on_its_broken_engine_fails(law: str) -> None:
    """A law passes the right engine, and catches the one that is right but for the mistake it is there for."""
    ENGINE_LAWS[law](broken(""))
    with pytest.raises(AssertionError):
        ENGINE_LAWS[law](broken(law))


@pytest.mark.parametrize("built", [ENGINES, ALL_HEADS], ids=["engines", "heads"])
def test_parts_built_import_nothing_heavy(built: list[Part]) -> None:
    """Construction pays neither for numpy nor for the runtime; the first window does."""
    assert heavy_after(built_in_turn(built)) == set()
