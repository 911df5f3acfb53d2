"""Spectrum: how much of each frequency is in a window.

It is scaled to the signal's own unit: a sine of amplitude 1 in the middle of a bin reads 1 as `amplitude`, 1/2 as
`power` (its mean square) and -3 as `db`, under every taper. With the rectangular taper the powers of all bins add up
to the window's mean square (Parseval); with another they add up to more, by its noise bandwidth.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from node.lazy import lazy
from node.options import option
from node.preprocess.taper import Taper, taper

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from node.values import Features
else:
    np = lazy("numpy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Which spectrum."""

    taper: Taper = option("what the window is multiplied with first", default="hann")
    output: Literal["amplitude", "power", "db"] = option(
        "what a bin holds; db is relative to power 1", default="amplitude"
    )
    floor_db: float = option("least value of a bin where output is db", default=-120.0)


class Spectrum:
    """Takes the real Fourier transform of each window and channel."""

    def __init__(self, params: Params) -> None:
        self._params = params

    def apply(self, features: Features) -> Features:
        """Transform along time.

        Args:
            features: (windows, size, ...).

        Returns:
            (windows, size // 2 + 1, ...), bin k at k * rate / size Hz. A NaN makes its channel's window NaN.
        """
        data = features.data.astype(np.float64)
        size = data.shape[1]
        weights = taper(self._params.taper, size)
        shaped = weights.reshape(size, *[1] * (data.ndim - 2))
        amplitude = np.abs(np.fft.rfft(data * shaped, axis=1)) / weights.sum()
        # Every bin but the first, and the last of an even size, stands for its mirror image too.
        amplitude[:, 1 : (size + 1) // 2] *= 2.0
        return replace(features, data=self._output(amplitude, size).astype(np.float32))

    def _output(self, amplitude: npt.NDArray[np.float64], size: int) -> npt.NDArray[np.float64]:
        if self._params.output == "amplitude":
            return amplitude
        power = amplitude**2
        power[:, 1 : (size + 1) // 2] /= 2.0
        if self._params.output == "power":
            return power
        return 10.0 * np.log10(np.maximum(power, 10 ** (self._params.floor_db / 10)))
