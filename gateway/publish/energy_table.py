"""The joules of every node as a table for people, in joules; a dash for what a node did not say. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from gateway.printed import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

STAGES: Final = ("sense", "gate", "preprocess", "infer", "compress", "transmit", "sleep", "boot")
"""Columns in the order of a cycle; a stage that only a newer node has comes after them."""
RATIOS: Final = {
    "inferences_per_joule": "inf/J",
    "latency_p50_ms": "p50 ms",
    "latency_p95_ms": "p95 ms",
    "network_mj_per_inference": "net mJ/inf",
}
"""What `energy.account` calls it, and the column's title."""


def table(accounts: Mapping[str, Mapping[str, object]]) -> list[str]:
    """Return a line of titles and a line a node.

    Args:
        accounts: by node, as `energy.account` gives them.
    """
    stages = [_stages(each) for each in accounts.values()]
    named = {name for each in stages for name in each}
    used = [name for name in (*STAGES, *sorted(named - set(STAGES))) if name in named]
    titles = ["node", "up h", *(f"{printable(name)} J" for name in used), "total J", "measured", *RATIOS.values()]
    rows = [[node, *_figures(each, used), *_words(each)] for node, each in accounts.items()]
    return _aligned([[*titles, "board", "meter"], *rows], words={0, len(titles), len(titles) + 1})


def _figures(account: Mapping[str, object], stages: Sequence[str]) -> list[str]:
    spent = _stages(account)
    measured_j, modelled_j = cast("float", account["measured_j"]), cast("float", account["modelled_j"])
    total_j = measured_j + modelled_j
    return [
        f"{cast('float', account['uptime_s']) / 3600.0:.1f}",
        *(_figure(sum(spent[name].values()) if name in spent else None) for name in stages),
        _figure(total_j),
        f"{measured_j / total_j:.0%}" if total_j else "-",
        *(_figure(cast("float | None", account.get(name))) for name in RATIOS),
    ]


def _words(account: Mapping[str, object]) -> list[str]:
    meter = cast("Mapping[str, str | None]", account["meter"] or {})
    return [printable(str(each or "-")) for each in (account["board"], meter.get("name") or meter.get("scope"))]


def _stages(account: Mapping[str, object]) -> Mapping[str, Mapping[str, float]]:
    return cast("Mapping[str, Mapping[str, float]]", account["stages"])


def _figure(value: float | None) -> str:
    """Return three digits, and no exponent that a person must undo.

    >>> _figure(12345.6), _figure(0.01234), _figure(None)
    ('12346', '0.0123', '-')
    """
    if value is None:
        return "-"
    return f"{value:.0f}" if abs(value) >= 1000.0 else f"{value:.3g}"


def _aligned(rows: Sequence[Sequence[str]], words: set[int]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if at in words else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
