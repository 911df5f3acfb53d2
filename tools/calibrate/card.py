"""Card: a temperature put into its place in a model's card, and nothing else of it changed (pure).

The file is edited as text: a card may hold comments and an order of its own, which a parser would lose.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Final

from node.errors import ConfigError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

_TABLE: Final = re.compile(r"^\s*\[+\s*([^\]]+?)\s*\]+", re.MULTILINE)


def with_temperature(text: str, temperature: float, figures: Mapping[str, float]) -> str:
    """Return a card with `head.temperature` set, and a `[calibration]` table that says how it was found.

    Raises:
        ConfigError: the card has no `[head]` table to put it into, or it is written in a way that cannot be edited.
    """
    before = tomllib.loads(text)
    edited = _calibrated(_set(text, temperature), figures)
    after = tomllib.loads(edited)
    if _without(before) != _without(after) or after.get("head", {}).get("temperature") != temperature:
        raise ConfigError(
            [Problem("head", f"write it as a table of its own, [head], with temperature = {temperature}")]
        )
    return edited


def _set(text: str, temperature: float) -> str:
    start, end = _span(text, "head")
    if start < 0:
        raise ConfigError(
            [Problem("head", "the card has no [head] table; give it one that says how to read the output")]
        )
    line, head = f"temperature = {temperature}\n", text[start:end]
    edited, count = re.subn(r"^temperature[ \t]*=.*\n?", line, head, flags=re.MULTILINE)
    kept = edited if count else head.rstrip("\n") + f"\n{line}" + "\n" * (len(head) - len(head.rstrip("\n")) - 1)
    return text[:start] + kept + text[end:]


def _calibrated(text: str, figures: Mapping[str, float]) -> str:
    start, end = _span(text, "calibration")
    rest = text if start < 0 else text[:start] + text[end:]
    return rest.rstrip("\n") + "\n\n[calibration]\n" + "".join(f"{name} = {value}\n" for name, value in figures.items())


def _span(text: str, table: str) -> tuple[int, int]:
    """Return where a table begins and where the next one does; -1 where there is none."""
    heads = [(each.start(), each.group(1)) for each in _TABLE.finditer(text)]
    for at, (start, name) in enumerate(heads):
        if name == table:
            return start, heads[at + 1][0] if at + 1 < len(heads) else len(text)
    return -1, -1


def _without(card: Mapping[str, object]) -> dict[str, object]:
    head = card.get("head")
    rest = {name: value for name, value in card.items() if name not in {"head", "calibration"}}
    return rest | {"head": {k: v for k, v in head.items() if k != "temperature"} if isinstance(head, dict) else head}
