"""The schedule: which settings a node shall have now, by the time of day, its battery and the sun it expects (pure).

A table of rules, of which the first that fits wins; its settings are laid over what the operator set. A rule that is
in force is left later than it was entered, so that a battery at a threshold does not have the node told every minute.
What a node has not told lately fits no rule that asks for it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping  # noqa: TC003 - pydantic reads the annotation
from datetime import timedelta, timezone
from typing import TYPE_CHECKING, NamedTuple

from pydantic import Field, ValidationError

from gateway.config import Section
from gateway.errors import ConfigError, Problem
from gateway.policy.hours import hour_of_day
from gateway.policy.register import checked

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo
    from pathlib import Path


class Rule(Section):
    """When, for whom, and what; a condition that is not given is always met."""

    name: str = Field(min_length=1, max_length=64, description="told in the history of policies")
    nodes: tuple[str, ...] = Field(default=(), description="for these; none, and no group: for all")
    groups: tuple[str, ...] = Field(default=(), description="for the nodes of these")
    from_h: float | None = Field(default=None, ge=0, le=24, description="from this hour of the day on")
    until_h: float | None = Field(default=None, ge=0, le=24, description="up to this hour; before `from_h`: overnight")
    charge_below: float | None = Field(default=None, ge=0, le=1, description="state of charge under this, 0 to 1")
    charge_above: float | None = Field(default=None, ge=0, le=1, description="state of charge over this")
    sun_below_wh: float | None = Field(default=None, ge=0, description="expected of the coming day, in Wh, under this")
    sun_above_wh: float | None = Field(default=None, ge=0, description="expected of the coming day, in Wh, over this")
    settings: Mapping[str, float | int | str] = Field(description="as in `torpor-gateway policy set`")


class Schedule(Section):
    """A site's rules; the first that fits wins."""

    offset_h: float | None = Field(
        default=None,
        ge=-14,
        le=14,
        description="local time is UTC and this many hours, all year; none: `[site] zone`'s",
    )
    hysteresis: float = Field(
        default=0.05, ge=0, le=0.5, description="how far beyond its thresholds a rule stays in force, as a share"
    )
    hold_s: float = Field(default=1800.0, ge=0, description="a node is told another rule at most this often, s")
    valid_h: float = Field(default=48.0, gt=1, description="hours that a rule's policy holds when the gateway is gone")
    rule: tuple[Rule, ...] = Field(default=(), description="the rules, each a [[rule]]")


class Seen(NamedTuple):
    """What is known of a node; None for what it has not told lately."""

    node: str
    group: str = ""
    charge: float | None = None
    sun_wh: float | None = None


def local_hour(schedule: Schedule, zone: tzinfo, now_ms: int) -> float:
    """Return the hour of the day that rules go by: that of the site's zone, unless the schedule has an offset.

    Args:
        schedule: the table.
        zone: of the clock on the site's wall.
        now_ms: the time.
    """
    offset_h = schedule.offset_h
    return hour_of_day(timezone(timedelta(hours=offset_h)) if offset_h is not None else zone, now_ms)


def chosen(schedule: Schedule, seen: Seen, hour: float, in_force: str = "") -> Rule | None:
    """Return the rule for a node; None where none fits.

    Args:
        schedule: the table.
        seen: the node.
        hour: of the day, see `local_hour`.
        in_force: the name of the rule that is in force; empty for none.
    """
    slack = schedule.hysteresis
    return next(
        (each for each in schedule.rule if fits(each, seen, hour, slack if each.name == in_force else 0.0)), None
    )


def fits(rule: Rule, seen: Seen, hour: float, slack: float = 0.0) -> bool:
    """Whether a rule fits a node.

    Args:
        rule: with its conditions.
        seen: the node.
        hour: of the day.
        slack: by what share its thresholds are moved, to stay in force longer.
    """
    whole = not (rule.nodes or rule.groups)
    return (
        (whole or seen.node in rule.nodes or (seen.group != "" and seen.group in rule.groups))
        and _is_in(hour, rule.from_h, rule.until_h)
        and _is_between(seen.charge, rule.charge_above, rule.charge_below, slack, slack)
        and _is_between(
            seen.sun_wh,
            rule.sun_above_wh,
            rule.sun_below_wh,
            slack * (rule.sun_above_wh or 0.0),
            slack * (rule.sun_below_wh or 0.0),
        )
    )


def _is_in(hour: float, since: float | None, until: float | None) -> bool:
    begin, end = since or 0.0, 24.0 if until is None else until
    return begin <= hour < end if begin <= end else hour >= begin or hour < end


def _is_between(
    value: float | None, above: float | None, below: float | None, under_above: float, over_below: float
) -> bool:
    if above is None and below is None:
        return True
    if value is None:
        return False
    return (above is None or value > above - under_above) and (below is None or value < below + over_below)


def read(path: Path) -> Schedule:
    """Read a schedule.

    Raises:
        ConfigError: every problem of the file.
    """
    try:
        schedule = Schedule.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError([Problem(str(path), str(error))]) from error
    except ValidationError as error:
        raise ConfigError(
            [
                Problem(".".join(map(str, each["loc"])), f"{each['msg']}, got {each['input']!r}"[:200])
                for each in error.errors()
            ]
        ) from error
    problems = [
        Problem(f"rule[{at}].settings.{each.path}", each.message)
        for at, rule in enumerate(schedule.rule)
        for each in _wrong(rule)
    ]
    problems += _twice([rule.name for rule in schedule.rule])
    if problems:
        raise ConfigError(problems)
    return schedule


def _wrong(rule: Rule) -> Sequence[Problem]:
    try:
        checked(rule.settings)
    except ConfigError as error:
        return error.problems
    return ()


def _twice(names: Sequence[str]) -> list[Problem]:
    return [
        Problem(f"rule[{at}].name", f"{name!r} is also that of another rule; each needs one of its own")
        for at, name in enumerate(names)
        if name in names[:at]
    ]
