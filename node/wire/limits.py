"""Hard limits: what no policy can ask of a node, however well it is signed.

A gateway can be stolen with its key. What a thief can then do to a node is what stands between these bounds: it may
waste its battery at a known rate, it can never make it sleep for a year. A number outside is brought to the nearest
bound, so that most of a policy still counts; what is no number, no word or not known is left out; both are told.

Settings are named as in `node.toml`: `sleep.period_s`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from node.wire.messages import Value  # noqa: TC004 - annotations only: importing it costs a cold wake 15 ms


@dataclass(frozen=True, slots=True)
class Span:
    """A number from `least` to `most`."""

    least: float
    most: float
    whole: bool = False
    """Whether it has to be an integer; a fraction is then cut off."""

    def bring(self, value: Value) -> Value:
        """Return the nearest number inside; None where it is no number."""
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            return None
        held = min(max(value, self.least), self.most)
        return int(held) if self.whole else held


@dataclass(frozen=True, slots=True)
class Words:
    """One of some words."""

    words: frozenset[str]

    def bring(self, value: Value) -> Value:
        """Return the word; None where it is none of them."""
        return value if isinstance(value, str) and value in self.words else None


Limit = Span | Words

HARD: Final[Mapping[str, Limit]] = {
    "sleep.period_s": Span(0.1, 86_400.0),
    "transmit.interval_s": Span(1.0, 86_400.0),
    "outbox.batch_records": Span(1, 600, whole=True),
    "gate.max_silence_s": Span(1.0, 86_400.0),
    "alertness.speedup": Span(1.0, 100.0),
    "transmit.quiet_from_h": Span(0.0, 24.0),
    "transmit.quiet_h": Span(0.0, 16.0),
    "infer.variant": Words(frozenset({"auto", "usual", "lighter"})),
    "cascade.threshold": Span(0.0, 1.0),
    "cascade.daily": Span(0, 10_000, whole=True),
    "energy.reserve": Span(0.05, 0.9),
    "dvfs.mode": Words(frozenset({"auto", "performance", "balanced", "powersave"})),
}
"""The widest that a node can be asked; its own configuration is narrower, and adds the numbers of its gate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clamped:
    """What is left of some settings.

    Attributes:
        settings: all inside their limits.
        told: by setting, what was changed or left out, and why; for `Reported.refused`.
    """

    settings: Mapping[str, Value]
    told: Mapping[str, str]


def clamp(settings: Mapping[str, Value], limits: Mapping[str, Limit] = HARD) -> Clamped:
    """Bring settings inside the limits.

    >>> done = clamp({"sleep.period_s": 31_536_000, "outbox.batch_records": 60, "root.password": "x"})
    >>> dict(done.settings)
    {'sleep.period_s': 86400.0, 'outbox.batch_records': 60}
    >>> dict(done.told)
    {'sleep.period_s': '31536000 became 86400; a number from 0.1 to 86400', 'root.password': 'no such setting'}
    """
    held: dict[str, Value] = {}
    told: dict[str, str] = {}
    for name, asked in settings.items():
        limit = limits.get(name)
        value = limit.bring(asked) if limit else None
        if value is not None:
            held[name] = value
        if limit is None:
            told[name] = "no such setting"
        elif value is None or value != asked:
            told[name] = _told(limit, asked, value)
    return Clamped(settings=held, told=told)


def _told(limit: Limit, asked: Value, value: Value) -> str:
    if isinstance(limit, Words):
        return f"{str(asked)[:40]!r} is none of {', '.join(sorted(limit.words))}; left out"
    if value is None:
        return f"{str(asked)[:40]!r} is no number; left out"
    kind = "a whole number" if limit.whole else "a number"
    return f"{asked} became {value:g}; {kind} from {limit.least:g} to {limit.most:g}"
