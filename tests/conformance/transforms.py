"""What is law for transforms: the checks, the least options of each part, and shapes that it must map so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import numpy as np

from node.preprocess import TABLE, Transform
from node.values import Features
from tests.conformance import laws

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

    from tests.conformance.laws import Part

    Floats = npt.NDArray[np.float32]

GIVEN: Final[Mapping[str, Mapping[str, object]]] = {
    "crop": {"height": 6, "width": 4, "top": 3},
    "detrend": {"kind": "linear"},
    "log_mel": {"rate_hz": 8000.0, "frame": 64, "hop": 32, "mels": 10, "log": "db"},
    "resize": {"height": 6, "width": 9},
    "spectrum": {"output": "db"},
    "window": {"size": 16, "hop": 8},
}
SHAPES: Final[Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]]] = {
    "crop": ((3, 12, 10, 3), (3, 6, 4, 3)),
    "detrend": ((3, 100, 2), (3, 100, 2)),
    "log_mel": ((3, 160, 2), (3, 4, 10, 2)),
    "resize": ((3, 12, 10, 3), (3, 6, 9, 3)),
    "spectrum": ((3, 100, 2), (3, 51, 2)),
    "standardise": ((3, 100, 2), (3, 100, 2)),
    "window": ((3, 40, 2), (14, 16, 2)),
}
TRANSFORMS: Final = laws.parts(TABLE, GIVEN)


def applied(part: Part, data: Floats, truth: str | None = None) -> Features:
    """Send features through a new one."""
    return cast("Transform", part.build()).apply(Features(data=data, truth=truth))


def example(part: Part, seed: int = 0) -> Floats:
    """Make noise of the shape that the part is declared for; unknown parts get a waveform's."""
    shape, _ = SHAPES.get(part.name, ((3, 100, 2), ()))
    return np.random.default_rng(seed).normal(20.0, 3.0, shape).astype(np.float32)


def check_input_kept(part: Part) -> None:
    """The array that came in is not written to: others may hold it."""
    data = example(part)
    before = data.copy()
    applied(part, data)
    assert np.array_equal(data, before)


def check_float32(part: Part) -> None:
    """What comes out is float32, as the engines take it."""
    assert applied(part, example(part)).data.dtype == np.float32


def check_shape(part: Part) -> None:
    """What comes out has the shape declared, windows first, and one answer for each window that fits."""
    _, declared = SHAPES.get(part.name, ((), (3, 100, 2)))
    assert applied(part, example(part)).data.shape == declared


def check_no_windows(part: Part) -> None:
    """No windows in, no windows out, of the shape that some would have had."""
    done = applied(part, example(part)[:0]).data
    assert done.shape == (0, *applied(part, example(part)).data.shape[1:])


def check_one_by_one(part: Part) -> None:
    """All windows at once or one after the other is the same: neither batching nor order has a say."""
    data, transform = example(part), cast("Transform", part.build())
    pieces = [transform.apply(Features(data=each[np.newaxis])).data for each in data]
    assert np.allclose(np.concatenate(pieces), applied(part, data).data, rtol=1e-5, atol=1e-5)


def check_deterministic(part: Part) -> None:
    """The same input gives the same output, bit for bit."""
    assert np.array_equal(applied(part, example(part)).data, applied(part, example(part)).data)


def check_truth(part: Part) -> None:
    """The label that came with recorded data goes on."""
    assert applied(part, example(part), truth="seven").truth == "seven"
    assert applied(part, example(part)).truth is None


def check_nan_kept(part: Part) -> None:
    """A NaN never turns into a number: all NaN gives none, one NaN shows, and other windows do not suffer."""
    data = example(part)
    assert np.isnan(applied(part, np.full_like(data, np.nan)).data).all()
    middle = tuple(size // 2 for size in data.shape[1:])
    data[(1, *middle)] = np.nan
    done = applied(part, data).data
    assert np.isnan(done).any()
    assert np.isfinite(done[0]).all()
    assert np.isfinite(done[-1]).all()


def check_flat(part: Part) -> None:
    """Nothing but zeros, a channel that never moves or a huge one gives finite numbers."""
    for level in (0.0, 101_325.0, -1e9):
        assert np.isfinite(applied(part, np.full_like(example(part), level)).data).all(), level


TRANSFORM_LAWS: Final[dict[str, Callable[[Part], None]]] = {
    "input_kept": check_input_kept,
    "float32": check_float32,
    "shape": check_shape,
    "no_windows": check_no_windows,
    "one_by_one": check_one_by_one,
    "deterministic": check_deterministic,
    "truth": check_truth,
    "nan_kept": check_nan_kept,
    "flat": check_flat,
}
