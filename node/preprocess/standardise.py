"""Standardise: bring values to mean 0 and deviation 1, by each window's own, or by what the training saw."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from node.lazy import lazy
from node.options import option

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from node.values import Features
else:
    np = lazy("numpy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """By which mean and scale; both given, or neither."""

    mean: tuple[float, ...] = option("mean of the training data, one for all or one a channel", default=())
    scale: tuple[float, ...] = option(
        "deviation of the training data, one for all or one a channel", default=(), above=0
    )
    over: Literal["time", "window"] = option("without mean: take it a channel over time, or over all", default="time")
    least_scale: float = option("without scale: smallest deviation to divide by, in real units", default=1e-6, above=0)

    def __post_init__(self) -> None:
        if bool(self.mean) != bool(self.scale):
            raise ValueError("give both mean and scale, or neither to take each window's own")


class Standardise:
    """Gives (x - mean) / scale. A window that never moves becomes zeros, never NaN."""

    def __init__(self, params: Params) -> None:
        self._params = params

    def apply(self, features: Features) -> Features:
        """Subtract and divide.

        Args:
            features: (windows, ..., channels); (windows, size, ...) where each window's own mean is taken.

        Returns:
            The same shape, without a unit.

        Raises:
            ValueError: mean or scale are neither one nor as many as there are channels.
        """
        # In float64: a pressure's mean is 100,000 times its noise.
        data = features.data.astype(np.float64)
        mean, scale = self._given(data) if self._params.mean else self._own(data)
        return replace(features, data=((data - mean) / scale).astype(np.float32))

    def _given(self, data: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        mean, scale = np.array(self._params.mean), np.array(self._params.scale)
        for name, numbers in (("mean", mean), ("scale", scale)):
            if len(numbers) not in {1, data.shape[-1]}:
                raise ValueError(
                    f"standardise.{name}: {len(numbers)} given for {data.shape[-1]} channels; give 1 or all"
                )
        return mean, scale

    def _own(self, data: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        axes = 1 if self._params.over == "time" else tuple(range(1, data.ndim))
        deviation = data.std(axis=axes, keepdims=True)
        return data.mean(axis=axes, keepdims=True), np.maximum(deviation, self._params.least_scale)
