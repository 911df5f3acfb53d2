"""Laws of the level: one opening a crossing, none for noise inside the hysteresis."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.node.gate.shown import gate, opened, problems, sample

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


@pytest.mark.parametrize(
    ("options", "values", "reason"),
    [
        ({}, [0.0, 12.0], "12 rose to 10"),
        ({"edge": "falling"}, [12.0, 8.0], "8 fell to 10"),
        ({"edge": "both"}, [0.0, 12.0], "12 rose to 10"),
        ({"edge": "both"}, [12.0, 8.0], "8 fell to 10"),
        ({"hold": True}, [12.0, 13.0], "13 stays beyond 10"),
        ({}, [12.0, 8.0], "8 has not crossed 10"),
    ],
)
def test_level_says_which_way_the_value_went(options: dict[str, object], values: list[float], reason: str) -> None:
    """The reason is what a person reads first."""
    rule = gate("level", channel="t", level=10.0, **options)
    assert [rule.judge(sample(t=value)).reason for value in values][-1] == reason


def test_level_beyond_at_the_start_opens() -> None:
    """A boiler that is too hot at power-up is news."""
    assert opened(gate("level", channel="t", level=10.0), [50.0, 51.0]) == [0]


def test_level_holding_on_both_sides_is_refused() -> None:
    """It would never shut."""
    assert "never shut" in problems("level", channel="t", level=1.0, edge="both", hold=True)
