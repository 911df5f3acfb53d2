"""Log-mel: the spectrogram as an ear has it, on the mel scale, in logarithms.

Frames are not padded: the first begins with the window's first sample. The power is |FFT|^2 as it comes, the way
librosa's `melspectrogram(center=False)` has it, so that models trained on its features can be fed with these.
Source: HTK Book 3.4, section 5.4 (scale `htk`); M. Slaney, "Auditory Toolbox", Interval TR 1998-010 (scale `slaney`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal

from node.lazy import lazy
from node.options import option
from node.preprocess.taper import Taper, taper

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from node.values import Features
else:
    np = lazy("numpy")

Scale = Literal["htk", "slaney"]
Log = Literal["ln", "log10", "db"]
FACTOR: Final[dict[Log, float]] = {"ln": math.log(10.0), "log10": 1.0, "db": 10.0}
# Slaney's scale: 15 mels a kilohertz, and above 1 kHz 27 mels for a factor of 6.4.
KNEE_HZ: Final = 1000.0
KNEE_MEL: Final = 15.0
MELS_A_NEPER: Final = 27.0 / math.log(6.4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """The filter bank and its frames; they must be those of the training."""

    rate_hz: float = option("samples a second of the signal", above=0)
    frame: int = option("samples in a frame, which is the FFT's size", default=512, least=2)
    hop: int = option("samples from one frame's start to the next", default=256, least=1)
    mels: int = option("number of mel bands", default=40, least=1)
    low_hz: float = option("lower edge of the lowest band, in Hz", default=0.0, least=0)
    high_hz: float = option("upper edge of the highest band, in Hz; 0 for half the rate", default=0.0, least=0)
    scale: Scale = option("which mel scale to use", default="htk")
    equal_area: bool = option("divide each band by its width, as librosa does", default=False)
    taper: Taper = option("what each frame is multiplied with first", default="hann")
    log: Log = option("which logarithm of the power", default="ln")
    floor: float = option("least power that a logarithm is taken of", default=1e-6, above=0)

    def __post_init__(self) -> None:
        if not self.low_hz < self.top_hz <= self.rate_hz / 2:
            raise ValueError(f"high_hz must be above low_hz and at most {self.rate_hz / 2:g}, half of rate_hz")

    @property
    def top_hz(self) -> float:
        """The upper edge of the highest band."""
        return self.high_hz or self.rate_hz / 2


class LogMel:
    """Gives the logarithm of each band's power, frame by frame."""

    def __init__(self, params: Params) -> None:
        self._params = params

    def apply(self, features: Features) -> Features:
        """Cut into frames, transform, gather into bands.

        Args:
            features: (windows, size) or (windows, size, channels).

        Returns:
            (windows, frames, mels) or (windows, frames, mels, channels), frames = (size - frame) // hop + 1. A NaN
            makes all bands NaN in the frames that hold it.

        Raises:
            ValueError: size is less than a frame.
        """
        size, params = features.data.shape[1], self._params
        if size < params.frame:
            raise ValueError(f"log_mel.frame: {params.frame} samples do not fit into a window of {size}")
        every = np.lib.stride_tricks.sliding_window_view(features.data, params.frame, axis=1)
        spectra = np.fft.rfft(every[:, :: params.hop] * self._taper)
        bands = (spectra.real**2 + spectra.imag**2) @ self._bank.T
        logs = FACTOR[params.log] * np.log10(np.maximum(bands, params.floor))
        ordered = logs if logs.ndim == 3 else logs.swapaxes(2, 3)
        return replace(features, data=np.ascontiguousarray(ordered, np.float32))

    @cached_property
    def _taper(self) -> npt.NDArray[np.float64]:
        return taper(self._params.taper, self._params.frame)

    @cached_property
    def _bank(self) -> npt.NDArray[np.float64]:
        return mel_bank(self._params)


def mel_bank(params: Params) -> npt.NDArray[np.float64]:
    """Make the triangles, evenly spaced on the mel scale, each from its neighbours' peaks.

    Args:
        params: rate, frame, bands, edges and scale.

    Returns:
        (mels, frame // 2 + 1), weights of the FFT's bins.
    """
    bins_hz = np.arange(params.frame // 2 + 1) * params.rate_hz / params.frame
    low, high = (mel(each, params.scale) for each in (params.low_hz, params.top_hz))
    corners = np.array([hz(each, params.scale) for each in np.linspace(low, high, params.mels + 2).tolist()])
    left, peak, right = (each[:, np.newaxis] for each in (corners[:-2], corners[1:-1], corners[2:]))
    bank = np.maximum(0.0, np.minimum((bins_hz - left) / (peak - left), (right - bins_hz) / (right - peak)))
    return np.asarray(bank * 2.0 / (right - left) if params.equal_area else bank)


def mel(frequency_hz: float, scale: Scale) -> float:
    """Turn hertz into mels.

    >>> round(mel(1000.0, "htk")), mel(1000.0, "slaney")
    (1000, 15.0)
    """
    if scale == "htk":
        return 2595.0 * math.log10(1.0 + frequency_hz / 700.0)
    if frequency_hz < KNEE_HZ:
        return frequency_hz * KNEE_MEL / KNEE_HZ
    return KNEE_MEL + MELS_A_NEPER * math.log(frequency_hz / KNEE_HZ)


def hz(mels: float, scale: Scale) -> float:
    """Turn mels into hertz, the inverse of `mel`."""
    if scale == "htk":
        return 700.0 * (math.pow(10.0, mels / 2595.0) - 1.0)
    if mels < KNEE_MEL:
        return mels * KNEE_HZ / KNEE_MEL
    return KNEE_HZ * math.exp((mels - KNEE_MEL) / MELS_A_NEPER)
