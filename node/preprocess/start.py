"""Start: the first features, made of a sample: one named block, or some channels as one row.

Channels that must be together are one row, in the order in which they are named; a waveform or a picture keeps the
axes of its block. Every transform after it relies on that: axis 0 counts windows, axis 1 is time (or a picture's
rows), the last axis is channels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from node.errors import HardwareError
from node.lazy import lazy
from node.options import option
from node.values import Features

if TYPE_CHECKING:
    import numpy as np

    from node.values import Sample
else:
    np = lazy("numpy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """What of the sample the model is shown."""

    block: str = option("the block to take, such as `audio`; empty to take channels", default="")
    channels: tuple[str, ...] = option("the channels to take as one row, in the model's order", default=())

    def __post_init__(self) -> None:
        if bool(self.block) == bool(self.channels):
            raise ValueError("give either block or channels, one of the two")


class Start:
    """The step before the first transform: a `Transform`'s output without its input."""

    def __init__(self, params: Params) -> None:
        self._params = params

    def features(self, sample: Sample) -> Features:
        """Take the block, or the channels.

        Args:
            sample: with what the params name.

        Returns:
            (1, channels) for channels, with NaN for one that the sample lacks; (1, samples, channels) for a waveform,
            (1, height, width, colours) for a picture.

        Raises:
            HardwareError: the sample has no such block.
        """
        if not self._params.block:
            row = [sample.values.get(name, math.nan) for name in self._params.channels]
            return Features(data=np.array([row], np.float32))
        block = sample.blocks.get(self._params.block)
        if block is None:
            there = ", ".join(sorted(sample.blocks)) or "none"
            raise HardwareError(f"start.block: the sample has no block {self._params.block!r}; it has: {there}")
        return Features(data=block.data[np.newaxis].astype(np.float32), truth=block.truth)
