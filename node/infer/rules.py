"""Rules: a label by thresholds, for nodes without a model."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING, Final, Literal

from node.options import option
from node.values import Inference, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from node.values import Features, Sample

COMPARE: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """One rule."""

    channel: str = option("the channel to look at")
    op: Literal["<", "<=", ">", ">="] = option("how it compares with the value", default=">=")
    value: float = option("in the channel's unit")
    label: str = option("the answer where it holds", pattern=r"\S(.{0,62}\S)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """The rules in their order."""

    rules: tuple[When, ...] = option("the first that holds gives the label", default=())
    default: str = option("the label where none holds", default="normal")
    missing: str = option("the label where none holds and a channel of the rules has no reading", default="unknown")
    channels: tuple[str, ...] = option("readings to send beside the label", default=())


class Rules:
    """Answers `label` and the chosen readings.

    A comparison with a missing reading (NaN, or a channel that is not there) never holds; when no other rule does,
    the answer is `missing` and not `default`: silence is not normality.
    """

    def __init__(self, params: Params) -> None:
        """Take the options.

        Args:
            params: rules and labels.
        """
        self._params = params

    def infer(self, sample: Sample, features: Features | None) -> Sequence[Inference]:  # noqa: ARG002 - rules judge the sample
        """Return one inference: the label and the readings."""
        values: dict[str, Value] = {"label": self._label(sample.values)}
        values |= {name: sample.values.get(name, nan) for name in self._params.channels}
        return (Inference(values=values),)

    def load(self) -> None:
        """There is no model."""

    def close(self) -> None:
        """Nothing to free."""

    def _label(self, values: Mapping[str, float]) -> str:
        unseen = False
        for rule in self._params.rules:
            reading = values.get(rule.channel, nan)
            if COMPARE[rule.op](reading, rule.value):
                return rule.label
            unseen |= reading != reading  # noqa: PLR0124 - NaN, without a call
        return self._params.missing if unseen else self._params.default
