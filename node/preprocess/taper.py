"""Tapers: what a stretch of signal is multiplied with before its spectrum is taken.

All are periodic (DFT-even), as scipy and librosa make them for spectra.
Source: F. J. Harris, "On the use of windows for harmonic analysis with the DFT", Proc. IEEE 66 (1978) 51-83, table 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from node.lazy import lazy

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
else:
    np = lazy("numpy")

Taper = Literal["rectangular", "hann", "hamming", "blackman"]
COSINES: Final[dict[Taper, tuple[float, ...]]] = {
    "rectangular": (1.0,),
    "hann": (0.5, 0.5),
    "hamming": (0.54, 0.46),
    "blackman": (0.42, 0.5, 0.08),
}


def taper(name: Taper, size: int) -> npt.NDArray[np.float64]:
    """Make one.

    Args:
        name: which.
        size: samples.

    Returns:
        (size,), the sum of cosines with alternating signs.

    >>> taper("hann", 4).round(3).tolist()
    [0.0, 0.5, 1.0, 0.5]
    """
    turns = 2 * np.pi * np.arange(size) / size
    parts = [(-1) ** k * weight * np.cos(k * turns) for k, weight in enumerate(COSINES[name])]
    return np.asarray(np.sum(parts, axis=0))
