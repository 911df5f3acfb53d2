"""Window: cut a stream into windows of one length, with overlap, across calls.

What does not fill a window yet waits for the next call. It does not know time: rows are taken as evenly spaced, so
whoever leaves samples out (a gate, a failed sensor) shortens the window's time, and must know it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from node.lazy import lazy
from node.options import option
from node.values import Features

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
else:
    np = lazy("numpy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """How the stream is cut."""

    size: int = option("rows in a window", least=1)
    hop: int = option("rows from one window's start to the next; 0 for size, that is no overlap", default=0, least=0)


class Window:
    """Cuts rows into windows; the remainder stays for the next call."""

    def __init__(self, params: Params) -> None:
        self._size = params.size
        self._hop = params.hop or params.size
        self._rest: npt.NDArray[np.float32] | None = None
        self._skip = 0

    def apply(self, features: Features) -> Features:
        """Cut what was kept and what is new.

        Args:
            features: (rows, channels), or (stretches, rows, channels) that follow one another in time.

        Returns:
            (windows, size, channels), or (windows, size) where there is one channel; windows may be 0. The truth is
            that of the newest features.

        Raises:
            ValueError: the number of channels changed.
        """
        rows = self._joined(features.data)
        # A hop longer than the window leaves rows out; those that have not come yet are skipped when they do.
        skipped = min(self._skip, len(rows))
        rows, self._skip = rows[skipped:], self._skip - skipped
        count = max(0, (len(rows) - self._size) // self._hop + 1)
        starts = np.arange(count)[:, np.newaxis] * self._hop
        windows = rows[starts + np.arange(self._size)]
        self._rest = rows[count * self._hop :].copy()
        self._skip += max(0, count * self._hop - len(rows))
        return Features(data=windows[..., 0] if rows.shape[1] == 1 else windows, truth=features.truth)

    def _joined(self, data: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        rows = data.reshape(-1, data.shape[-1])
        if self._rest is None:
            return rows
        if self._rest.shape[1] != rows.shape[1]:
            raise ValueError(f"window: got {rows.shape[1]} channels after {self._rest.shape[1]}; keep them the same")
        return np.concatenate([self._rest, rows])
