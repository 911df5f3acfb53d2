"""Arrays: an npz file whose first axis counts the takes: pictures or waveforms, with labels where there are some.

uint8 stays uint8, all else becomes float32. A picture is (height, width, colours), a waveform (samples, channels); a
last axis of one is added where it lacks. One long series is cut into blocks of `samples`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from node.errors import HardwareError
from node.lazy import lazy
from node.options import option
from node.sense.recording.summary import Summariser, Summary
from node.values import Block, Reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from node.values import Channel
else:
    np = lazy("numpy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Options of an npz file."""

    data: str = option("name of the array in the file; empty: the first", default="")
    labels: str = option("name of the array of labels; empty for none", default="")
    block: str = option("name of the block", default="image", pattern=r"[a-z0-9_]{1,32}")
    samples: int = option("cut a series of one dimension into blocks of so many", default=0, least=0)
    rate_hz: float = option("sampling rate in Hz; 0 for pictures", default=0.0, least=0)
    period_s: float = option("seconds from take to take", default=1.0, above=0)
    prefix: str = option("what the summaries' names begin with", default="", pattern=r"[a-z0-9_]{0,20}")
    summaries: tuple[Summary, ...] = option("scalars to tell of each block", default=("difference", "mean"))


class Arrays:
    """A `Recording` of an npz file."""

    def __init__(self, path: Path, params: Params) -> None:
        """Open nothing yet."""
        self.path = path
        self.params = params
        self.summariser = Summariser(params.summaries, params.prefix)
        self.period_s = params.period_s

    @property
    def channels(self) -> Sequence[Channel]:
        """The summaries; the file need not be opened to know them."""
        return self.summariser.channels

    def takes(self) -> Iterator[Slice]:
        """Go through the first axis.

        Raises:
            HardwareError: the file is absent or no npz, or lacks an array that the options name.
        """
        data, labels = self._load()
        for number, item in enumerate(data):
            truth = None if labels is None else str(labels[number])
            yield Slice(self, number, item, truth)

    def _load(self) -> tuple[npt.NDArray[np.generic], npt.NDArray[np.generic] | None]:
        from zipfile import BadZipFile

        try:
            with self.path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
                data = self._series(file[self.params.data or file.files[0]])
                labels = file[self.params.labels] if self.params.labels else None
        except (OSError, EOFError, ValueError, LookupError, AttributeError, TypeError, BadZipFile) as error:
            reason = str(error) or type(error).__name__
            raise HardwareError(f"cannot read the recording {self.path}: {reason}; see `npz.data`") from error
        if labels is not None and len(labels) != len(data):
            raise HardwareError(f"{self.path} has {len(data)} takes and {len(labels)} labels; see `npz.labels`")
        return data, labels

    def _series(self, data: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        """Cut one long series; its rest after the last whole block is left out."""
        if data.ndim > 1:
            return data
        samples = self.params.samples
        if not 0 < samples <= data.size:
            raise ValueError(f"a series of {data.size} numbers needs `npz.samples`, at most that many")
        return data[: data.size // samples * samples].reshape(-1, samples)


class Slice:
    """A take of `Arrays`: one item of the first axis."""

    __slots__ = ("_arrays", "_item", "_number", "_truth")

    def __init__(self, arrays: Arrays, number: int, item: npt.NDArray[np.generic], truth: str | None) -> None:
        """Hold a view of the item."""
        self._arrays = arrays
        self._number = number
        self._item = item
        self._truth = truth

    def time_s(self) -> float:
        """The takes are a period apart."""
        return self._number * self._arrays.params.period_s

    def reading(self) -> Reading:
        """Shape the item."""
        params = self._arrays.params
        data = shaped(self._item, is_picture=params.rate_hz == 0)
        block = Block(data=data, rate_hz=params.rate_hz, truth=self._truth)
        return Reading(values=self._arrays.summariser.of(data), blocks={params.block: block})


def shaped(item: npt.NDArray[np.generic], *, is_picture: bool) -> npt.NDArray[np.float32] | npt.NDArray[np.uint8]:
    """Give one item a block's shape and type: (samples, channels), or three axes for a picture that has two."""
    if item.ndim == 1 or (is_picture and item.ndim == 2):
        item = item[..., np.newaxis]
    return item.astype(np.uint8) if item.dtype == np.uint8 else item.astype(np.float32)
