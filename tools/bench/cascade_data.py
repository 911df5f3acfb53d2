"""The pictures of the cascade's bench: those to calibrate by, and those to judge by; no picture is in both."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

ZOO: Final = Path(__file__).resolve().parents[1] / "zoo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """Some pictures with their digits.

    Attributes:
        windows: float32 (n, 8, 8, 1), as a node's model is shown them.
        labels: the digit of each, as a word.
    """

    windows: npt.NDArray[np.float32]
    labels: list[str]


def calibration() -> Pictures:
    """Return those by which temperature and thresholds are found."""
    return _read("digits_calibration.npz")


def held_out() -> Pictures:
    """Return those by which everything is judged, and nothing is chosen."""
    return _read("digits_eval.npz")


def _read(name: str) -> Pictures:
    with np.load(ZOO / name) as found:
        windows = np.asarray(found["images"][..., None], np.float32)
        return Pictures(windows=windows, labels=[str(each) for each in found["labels"].tolist()])
