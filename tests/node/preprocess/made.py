"""Transforms as their tests make them, from what a configuration would hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from node.options import Reader
from node.preprocess import TABLE
from node.values import Features

if TYPE_CHECKING:
    import numpy.typing as npt

    from node.preprocess import Transform


def transform(part: str, /, **options: object) -> Transform:
    """Build a transform from its options, as an application does."""
    reader = Reader(Path())
    spec = reader.spec(TABLE, {"part": part, **options}, part)
    assert spec is not None, [str(problem) for problem in reader.problems]
    return cast("Transform", spec.build())


def problems(part: str, /, **options: object) -> str:
    """Return what a configuration's reader complains of."""
    reader = Reader(Path())
    reader.spec(TABLE, {"part": part, **options}, part)
    return "\n".join(str(problem) for problem in reader.problems)


def applied(made: Transform, data: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """Send an array through a transform."""
    return made.apply(Features(data=np.asarray(data, np.float32))).data


def sines(*cycles: float, size: int, amplitude: float = 1.0) -> npt.NDArray[np.float64]:
    """Make a sum of sines, each with so many cycles in `size` samples."""
    time = np.arange(size) / size
    return np.asarray(amplitude * np.sin(2 * np.pi * np.outer(cycles, time) + 0.4).sum(axis=0))
