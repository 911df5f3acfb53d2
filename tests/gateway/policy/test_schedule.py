"""The schedule: by the hour, the battery and the sun, without a word too many."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import ConfigError
from gateway.policy.schedule import Rule, Schedule, Seen, chosen, fits, local_hour, read

if TYPE_CHECKING:
    from pathlib import Path

HOUR_MS = 3_600_000
SLOW = {"sleep.period_s": 600.0}
RULES = Schedule(
    rule=(
        Rule(name="empty", charge_below=0.3, settings=SLOW),
        Rule(name="night", groups=("pumps",), from_h=22, until_h=6, settings=SLOW),
        Rule(name="sunny", charge_above=0.6, sun_above_wh=20.0, settings={"sleep.period_s": 10.0}),
        Rule(name="only", nodes=("p9",), settings=SLOW),
    )
)


@pytest.mark.parametrize(
    ("seen", "hour", "name"),
    [
        (Seen("p1"), 12, ""),
        (Seen("p1", charge=0.29), 12, "empty"),
        (Seen("p1", charge=0.3), 12, ""),
        (Seen("p1", "pumps"), 22, "night"),
        (Seen("p1", "pumps"), 5.9, "night"),
        (Seen("p1", "pumps"), 6, ""),
        (Seen("p1", "valves"), 23, ""),
        (Seen("p1", "pumps", charge=0.1), 23, "empty"),
        (Seen("p1", charge=0.7, sun_wh=25.0), 12, "sunny"),
        (Seen("p1", charge=0.7), 12, ""),
        (Seen("p1", charge=0.5, sun_wh=25.0), 12, ""),
        (Seen("p9"), 12, "only"),
    ],
)
def test_chosen_is_the_first_rule_that_fits(seen: Seen, hour: float, name: str) -> None:
    """Order decides; what a node has not told fits no rule that asks for it."""
    rule = chosen(RULES, seen, hour)
    assert (rule.name if rule else "") == name


def test_chosen_goes_by_the_sites_own_time() -> None:
    """21:00 UTC is night where the clock is an hour ahead."""
    berlin, evening_ms = ZoneInfo("Europe/Berlin"), 21 * HOUR_MS
    assert local_hour(RULES, UTC, evening_ms) == 21.0
    assert local_hour(RULES, berlin, evening_ms) == 22.0
    assert local_hour(RULES.model_copy(update={"offset_h": -3.5}), berlin, evening_ms) == 17.5
    assert local_hour(RULES.model_copy(update={"offset_h": 0.0}), berlin, evening_ms) == 21.0, "no offset is one, too"
    assert chosen(RULES, Seen("p1", "pumps"), 21.0) is None
    assert chosen(RULES, Seen("p1", "pumps"), local_hour(RULES, berlin, evening_ms)) is RULES.rule[1]


@given(st.floats(0.0, 1.0), st.booleans())
@settings(deadline=None, max_examples=200)
def test_chosen_rule_in_force_is_left_later_than_entered(charge: float, is_in_force: bool) -> None:
    """Around a threshold nothing flaps: to leave takes the hysteresis more than to enter."""
    rule = chosen(RULES, Seen("p1", charge=charge), 12.0, "empty" if is_in_force else "")
    assert (rule is RULES.rule[0]) == (charge < (0.3 + RULES.hysteresis if is_in_force else 0.3))


@given(st.floats(0.0, 24.0, exclude_max=True), st.floats(0.0, 24.0), st.floats(0.0, 24.0))
@settings(deadline=None, max_examples=300)
def test_fits_by_the_hour_is_the_way_round_the_clock(hour: float, since: float, until: float) -> None:
    """A span of hours holds an hour exactly where going round the clock from its start meets it before its end."""
    rule = Rule(name="span", from_h=since, until_h=until, settings=SLOW)
    inside = (hour - since) % 24.0 < (until - since) % 24.0 if (since, until) != (0.0, 24.0) else True
    if min(abs(hour - since), abs(hour - until)) > 1e-6 and 24.0 not in {since, until}:
        assert fits(rule, Seen("p1"), hour) == inside


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('[[rule]]\nname = "a"\nsettings = { "sleep.perod_s" = 1 }', "rule[0].settings.sleep.perod_s: no such setting"),
        ('[[rule]]\nname = "a"\nsettings = { "sleep.period_s" = 1e9 }', "a number from 0.1 to 86400 belongs there"),
        ('[[rule]]\nname = "a"\nfrom_h = 25\nsettings = {}', "rule.0.from_h"),
        ('[[rule]]\nname = "a"\nuntill_h = 2\nsettings = {}', "rule.0.untill_h"),
        ('[[rule]]\nname = "a"\nsettings = {}\n[[rule]]\nname = "a"\nsettings = {}', "also that of another rule"),
        ("[[rule]", "Expected"),
    ],
)
def test_read_of_a_wrong_schedule_says_where(tmp_path: Path, text: str, wanted: str) -> None:
    """A gateway does not start with a schedule that it could not sign."""
    (tmp_path / "schedule.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        read(tmp_path / "schedule.toml")
    assert wanted in str(caught.value)


def test_read_of_a_schedule_gives_its_rules(tmp_path: Path) -> None:
    """The file of the reference, read."""
    (tmp_path / "schedule.toml").write_text(
        'offset_h = 1\n[[rule]]\nname = "night"\nfrom_h = 22\nuntil_h = 6\nsettings = { "sleep.period_s" = 600 }\n'
    )
    schedule = read(tmp_path / "schedule.toml")
    assert schedule.offset_h == 1.0
    assert schedule.rule[0].settings == {"sleep.period_s": 600}
