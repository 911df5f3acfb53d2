"""Detrend: take the mean, or the straight line of least squares, out of every window."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from node.lazy import lazy
from node.options import option

if TYPE_CHECKING:
    import numpy as np

    from node.values import Features
else:
    np = lazy("numpy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """What is taken out."""

    kind: Literal["constant", "linear"] = option("what is taken out: the mean, or a straight line", default="constant")


class Detrend:
    """Takes the trend along time out of each window and channel on its own."""

    def __init__(self, params: Params) -> None:
        self._params = params

    def apply(self, features: Features) -> Features:
        """Subtract the trend.

        Args:
            features: (windows, size, ...).

        Returns:
            The same shape; each window's mean is 0. A NaN makes its channel's window NaN.
        """
        # In float64: a pressure's mean is 100,000 times its noise.
        data = features.data.astype(np.float64)
        data -= data.mean(axis=1, keepdims=True)
        if self._params.kind == "linear":
            size = data.shape[1]
            time = (np.arange(size) - (size - 1) / 2).reshape(1, size, *[1] * (data.ndim - 2))
            # With its mean taken out of both, the line goes through 0 and only its slope is left to find.
            data -= time * (time * data).sum(axis=1, keepdims=True) / max((time * time).sum(), 1.0)
        return replace(features, data=data.astype(np.float32))
