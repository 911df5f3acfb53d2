"""Level: open when a value crosses a level, with hysteresis, as an oscilloscope triggers.

It opens at the crossing only, or with `hold` for as long as the value stays beyond. After a start it opens at once if
the value is beyond already: a boiler that is too hot at power-up is news.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from node.options import option
from node.values import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from node.gate import State
    from node.values import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Which crossing is news."""

    channel: str = option("the channel to watch")
    level: float = option("the level, in the channel's unit; reaching it counts")
    edge: Literal["rising", "falling", "both"] = option("which crossing opens", default="rising")
    hysteresis: float = option("how far the value must go back before the next crossing counts", default=0.0, least=0)
    hold: bool = option("stay open for as long as the value is beyond the level", default=False)

    def __post_init__(self) -> None:
        if self.hold and self.edge == "both":
            raise ValueError("hold needs an edge, rising or falling; with both the gate would never shut")


class Level:
    """A Schmitt trigger: it is beyond at or past the level, and back when it has passed level and hysteresis."""

    def __init__(self, params: Params) -> None:
        self._params = params
        # A falling trigger is a rising one upside down. With both edges the band lies around the level.
        self._sign = -1.0 if params.edge == "falling" else 1.0
        raised = params.hysteresis / 2 if params.edge == "both" else 0.0
        self._set_at = self._sign * params.level + raised
        self._reset_at = self._set_at - params.hysteresis
        self._beyond: bool | None = None

    @property
    def channels(self) -> tuple[str, ...]:
        """The channel watched."""
        return (self._params.channel,)

    def judge(self, sample: Sample) -> Verdict:
        """Compare with the level, and with the side on which the value was."""
        value, before = sample.values[self._params.channel], self._beyond
        self._beyond = self._is_beyond(self._sign * value)
        if self._opens(before):
            return Verdict(
                Outcome.OPEN, f"{value:.6g} {self._went(before)} {self._params.level:g}", self._params.channel
            )
        return Verdict(Outcome.SHUT, f"{value:.6g} has not crossed {self._params.level:g}")

    def memory(self) -> State:
        """Return the side on which the value was; nothing where there was none yet."""
        return {} if self._beyond is None else {"beyond": float(self._beyond)}

    def recall(self, state: Mapping[str, float]) -> None:
        """Take the side back."""
        self._beyond = bool(state["beyond"]) if "beyond" in state else None

    def _is_beyond(self, upright: float) -> bool:
        if self._beyond:
            return upright >= self._reset_at
        return upright >= self._set_at

    def _opens(self, before: bool | None) -> bool:
        if self._params.edge == "both":
            return before is not None and self._beyond is not before
        return self._beyond is True and (self._params.hold or not before)

    def _went(self, before: bool | None) -> str:
        if before is self._beyond:
            return "stays beyond"
        return "rose to" if self._beyond is (self._sign > 0) else "fell to"
