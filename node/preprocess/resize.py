"""Resize: bring pictures to the model's size.

Pixels are areas, not points: the centre of pixel i lies at i + 1/2, as OpenCV and TensorFlow 2 have it. Each
axis is one product with a matrix of weights, because all three methods are separable.
"""

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

Method = Literal["area", "bilinear", "nearest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """To which size, and how."""

    height: int = option("rows of the new picture", least=1)
    width: int = option("columns of the new picture", least=1)
    method: Method = option("area averages what it shrinks; bilinear is smooth, nearest keeps values", default="area")


class Resize:
    """Resamples every picture and colour alike. Bilinear does not smooth before it shrinks; area does."""

    def __init__(self, params: Params) -> None:
        self._params = params

    def apply(self, features: Features) -> Features:
        """Resample rows, then columns.

        Args:
            features: (windows, height, width) or (windows, height, width, colours).

        Returns:
            The same with the new height and width. A NaN spreads along its row and column.
        """
        data = features.data
        pictures = data if data.ndim == 4 else data[..., np.newaxis]
        windows, height, width, colours = pictures.shape
        down = weights(height, self._params.height, self._params.method)
        across = weights(width, self._params.width, self._params.method)
        rows = (down @ pictures.reshape(windows, height, width * colours)).reshape(windows, len(down), width, colours)
        resized = across @ rows
        return replace(features, data=resized if data.ndim == 4 else resized[..., 0])


def weights(old: int, new: int, method: Method) -> npt.NDArray[np.float32]:
    """Say how much of each old pixel is in each new one, along one axis.

    Args:
        old: pixels before.
        new: pixels after.
        method: how.

    Returns:
        (new, old); each row adds up to 1.

    >>> weights(4, 2, "area").tolist()
    [[0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.5, 0.5]]
    """
    step, pixels = old / new, np.arange(old)
    starts = np.arange(new)[:, np.newaxis] * step
    if method == "area":
        shared = np.minimum(starts + step, pixels + 1) - np.maximum(starts, pixels)
        return np.asarray(np.maximum(shared, 0.0) / step, np.float32)
    # At the rim there is no second neighbour: the outermost pixel stands for it.
    centres = np.clip(starts + step / 2 - 0.5, 0, old - 1)
    if method == "nearest":
        return np.asarray(pixels == np.floor(centres + 0.5), np.float32)
    return np.asarray(np.maximum(0.0, 1.0 - np.abs(centres - pixels)), np.float32)
