"""Summaries: scalars so cheap that a gate can judge a block by them before anything dear is woken.

All are taken in float64 and reported in the block's own unit, but `crest`, which is a pure number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, cast

from node.lazy import lazy
from node.values import Channel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    import numpy.typing as npt

    Numbers = npt.NDArray[np.float64]
else:
    np = lazy("numpy")

Summary = Literal["crest", "difference", "mean", "peak", "rms"]


class Summariser:
    """Summarises the blocks of one stream, remembering the last one for `difference`."""

    def __init__(self, names: Sequence[Summary], prefix: str = "") -> None:
        """Choose what is told of each block.

        Args:
            names: which, in this order.
            prefix: what their channels' names begin with, where the bare ones mean something else on the wire (`rms` is
                an acceleration there) or another sensor's.
        """
        self.channels = tuple(Channel(name=prefix + name) for name in names)
        self._names = tuple((prefix + name, name) for name in names)
        self._before: Numbers | None = None

    def of(self, data: npt.NDArray[np.float32] | npt.NDArray[np.uint8]) -> dict[str, float]:
        """Return the summaries of one block.

        `difference` is the mean absolute difference to the block before; NaN for the first, for which there is none.
        """
        if not self._names:
            return {}
        numbers: Numbers = data.astype(np.float64)
        found: dict[str, float] = {
            channel: self._difference(numbers) if name == "difference" else ONE_BLOCK[name](numbers)
            for channel, name in self._names
        }
        self._before = numbers
        return found

    def _difference(self, numbers: Numbers) -> float:
        before = self._before
        if before is None or before.shape != numbers.shape:
            return float("nan")
        return float(np.abs(numbers - before).mean())


def _rms(numbers: Numbers) -> float:
    return float(np.sqrt(np.square(numbers).mean()))


def _peak(numbers: Numbers) -> float:
    return float(np.abs(numbers).max())


def _crest(numbers: Numbers) -> float:
    """Peak over rms: 1.41 for a sine, about 4 for noise, more where something knocks; NaN for silence."""
    rms = _rms(numbers)
    return _peak(numbers) / rms if rms > 0 else float("nan")


def _mean(numbers: Numbers) -> float:
    return float(numbers.mean())


ONE_BLOCK: Final[dict[Summary, Callable[[Numbers], float]]] = cast(
    "dict[Summary, Callable[[Numbers], float]]", {"crest": _crest, "mean": _mean, "peak": _peak, "rms": _rms}
)
