"""Readings: no judgement; the sample's own channels are the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from node.options import option
from node.values import Inference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.values import Features, Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Which channels."""

    channels: tuple[str, ...] = option("those to send, in this order; none: all", default=())


class Readings:
    """Passes readings on as they are: NaN where a sensor failed, and for a channel that the sample does not have."""

    def __init__(self, params: Params) -> None:
        """Take the options.

        Args:
            params: the channels.
        """
        self._channels = params.channels

    def infer(self, sample: Sample, features: Features | None) -> Sequence[Inference]:  # noqa: ARG002 - the sample alone is passed on
        """Return one inference: the chosen values."""
        values = sample.values
        if not self._channels:
            return (Inference(values=values),)
        return (Inference(values={name: values.get(name, float("nan")) for name in self._channels}),)

    def load(self) -> None:
        """There is no model."""

    def close(self) -> None:
        """Nothing to free."""
