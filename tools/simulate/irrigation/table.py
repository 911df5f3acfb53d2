"""The irrigation station's table, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from tools.simulate import assumed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COLUMNS: Final = (
    ("mW", "power_mw", ".1f"),
    ("days", "battery_days", ".1f"),
    ("bytes/day", "bytes_a_day", ".0f"),
    ("B/record", "record_bytes", ".0f"),
    ("inf/J", "inferences_per_joule", ".3f"),
    ("answer ms", "answer_ms", ".0f"),
    ("looks/day", "looks_a_day", ".0f"),
    ("inferred", "inferred_share", ".1%"),
    ("right", "right_share", ".1%"),
    ("events", "events", "d"),
    ("recall", "event_recall", ".0%"),
    ("delay s", "delay_s", ".0f"),
)


def show(result: Mapping[str, object]) -> None:
    """Print what the scenario returned.

    Args:
        result: as `agriculture.run` returns it.
    """
    told = cast("Mapping[str, Any]", result)
    print(f"Zero 2 W with a power controller, {told['battery_wh']} Wh, {told['days']:g} days\n")
    print(f"{'':26}{'before':>14}{'after':>14}")
    for title, key, form in (
        ("mean power, mW", "power", "mw"),
        ("battery, days", "battery_days", ""),
        ("sent, bytes a day", "bytes_a_day", ""),
        ("a picture's inference, ms", "latency", "ms"),
        ("reading to answer, ms", "answer", "ms"),
        ("accuracy, %", "accuracy", ""),
    ):
        values = [told["_".join(filter(None, (key, when, form)))] for when in ("before", "after")]
        print(f"{title:26}" + "".join(f"{value:14,.{_digits(value)}f}" for value in values))
    print(f"\npower: {told['power_ratio']:.1f} times less, in the worst weather {told['power_ratio_worst']:.1f}")
    print(f"inference: {told['latency_ratio']:.2f} times faster")
    print(f"labelled events: {_cell(told['event_recall'], '.1%')} of {told['events']} recalled")
    _show_rows([told["before"], told["after"]], "the whole")
    _show_rows(told["ablation"], "switched off alone")
    _show_rows(told["others"], "other weathers, and motes")
    print()
    for each in told["sensitivity"]:
        print(f"if {each['if']}: {each['power_before_mw']:.0f} to {each['power_after_mw']:.1f} mW", end="")
        print(f", {each['power_ratio']:.1f} times less")
    assumed.show(told["assumptions"])


def _show_rows(rows: Sequence[Mapping[str, Any]], title: str) -> None:
    if not rows:
        return
    print(f"\n{title:26}" + "".join(f"{head:>10}" for head, _, _ in COLUMNS))
    for each in rows:
        cells = (_cell(each[key], form) for _, key, form in COLUMNS)
        print(f"{each['name']:26}" + "".join(f"{cell:>10}" for cell in cells) + f"  {each['switch']}".rstrip())


def _cell(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def _digits(value: float) -> int:
    return 3 if value < 1.0 else 1 if value < 1000.0 else 0
