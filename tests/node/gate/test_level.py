"""Laws of the level: one opening a crossing, none for noise inside the hysteresis."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.node.gate.shown import gate, opened, problems

WAVE = [0.0, 5.0, 9.0, 10.0, 12.0, 10.0, 9.5, 11.0, 8.0, 10.0, 7.0]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({}, [3, 7, 9]),
        ({"hysteresis": 1.0}, [3, 9]),
        ({"hold": True}, [3, 4, 5, 7, 9]),
        ({"edge": "falling"}, [0, 5, 8]),
        ({"edge": "falling", "hysteresis": 1.5}, [0, 5]),
        ({"edge": "both"}, [3, 6, 7, 8, 9, 10]),
        ({"edge": "both", "hysteresis": 4.0}, [4, 10]),
    ],
)
def test_level_on_a_wave_opens_at_its_crossings(options: dict[str, object], found: list[int]) -> None:
    """Reaching the level crosses it; after that the value must go back past the hysteresis first."""
    assert opened(gate("level", channel="t", level=10.0, **options), WAVE) == found


@settings(deadline=None, max_examples=100)
@given(st.lists(st.floats(-10, 10), max_size=60), st.floats(0, 5))
def test_level_on_any_series_opens_only_beyond_and_not_twice(values: list[float], hysteresis: float) -> None:
    """Between two openings the value was back; at each it is beyond."""
    found = opened(gate("level", channel="t", level=1.0, hysteresis=hysteresis), values)
    assert all(values[i] >= 1.0 for i in found)
    assert all(min(values[a:b]) < 1.0 - hysteresis for a, b in itertools.pairwise(found))


def test_level_beyond_at_the_start_opens() -> None:
    """A boiler that is too hot at power-up is news."""
    assert opened(gate("level", channel="t", level=10.0), [50.0, 51.0]) == [0]


def test_level_holding_on_both_sides_is_refused() -> None:
    """It would never shut."""
    assert "never shut" in problems("level", channel="t", level=1.0, edge="both", hold=True)
