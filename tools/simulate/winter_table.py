"""Winter's table for people: the real node's year beside the stepped ones, other sizes, and what was assumed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from tools.simulate import assumed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SAFE: Final = "harvest_used_ratio_safe"


def show(result: Mapping[str, object]) -> None:
    """Print what `run` returned, for people."""
    told, stepped = cast("Mapping[str, float]", result), cast("Mapping[str, float]", result["stepped"])
    print(
        f"Zero 2 W, panel {told['panel_w']:.2f} W, battery {told['battery_wh']:.1f} Wh, {result['weather']}, ", end=""
    )
    print(f"{told['hours'] / 24.0:.0f} days\n")
    print(f"{'':26}{'the real node':>24}{'the year stepped hour by hour':>36}")
    print(f"{'':26}{'controller':>12}{'fixed':>12}{'controller':>12}{'fixed':>12}{'fixed, safe':>12}")
    for title, key, form in (
        ("brown-outs", "brownouts", "12.0f"),
        ("hours dark", "dark_h", "12.0f"),
        ("samples", "samples", "12.0f"),
        ("transmissions", "sessions", "12.0f"),
        ("mean period, s", "period_s", "12.0f"),
        ("harvest turned away", "spilled_share", "12.1%"),
        ("least state of charge", "least_share", "12.1%"),
        ("samples, worst month", "worst_month", "12.0f"),
        ("daily rate, variation", "variation", "12.3f"),
    ):
        real = "".join(_cell(told.get(key + kind), form) for kind in ("", "_fixed"))
        print(f"{title:26}{real}" + "".join(_cell(stepped.get(key + kind), form) for kind in ("", "_fixed", "_safe")))
    _show_rest(told, stepped)
    _show_sizes(cast("Sequence[Mapping[str, float]]", result["sizes"]))
    assumed.show(cast("Sequence[Mapping[str, str]]", result["assumptions"]))


def _show_rest(told: Mapping[str, float], stepped: Mapping[str, float]) -> None:
    print(f"\nthe real node's harvest used: {told['harvest_used_ratio']:.3f} times the fixed one's", end="")
    print(f"; stepped {stepped['harvest_used_ratio']:.3f}", end="")
    print(f", and {stepped['harvest_used_ratio_safe']:.3f} times the safe one's" if SAFE in stepped else "")
    print(f"the fixed one was asked for a sample every {told['asked_period_s_fixed']:.0f} s, and was dark for the rest")
    print(f"{told['boots']:,} boots; {told['inferences']:,} pictures, {told['right_share']:.1%} read right", end="; ")
    print(f"of {told['records']:,} records {told['receipted']:,} were receipted by their ends")
    print(f"rate, from hour to hour, stepped: {told['jitter']:.4f}; unsmoothed {told['unsmoothed_jitter']:.4f}")


def _cell(value: float | None, form: str) -> str:
    return f"{'-':>12}" if value is None else format(value, form)


def _show_sizes(sizes: Sequence[Mapping[str, float]]) -> None:
    if not sizes:
        return
    print(
        f"\n{'panel W':>8}{'Wh':>6}{'fastest':>9}{'brown-outs':>12}{'fixed':>7}{'dark h':>8}{'used':>7}{'least':>7}",
        end="",
    )
    print(f"{'period s':>10}")
    for each in sizes:
        print(
            f"{each['panel_w']:8.2f}{each['battery_wh']:6.1f}{each['fastest_s']:9.0f}{each['brownouts']:12.0f}"
            f"{each['brownouts_fixed']:7.0f}{each['dark_h_fixed']:8.0f}{each['harvest_used_ratio']:7.3f}"
            f"{each['least_share']:7.0%}{each['period_s']:10.0f}"
        )
