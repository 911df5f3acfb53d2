"""Sound: a WAV file in blocks of equal length.

Samples are float32 in full scale: -1 to 1, exactly the file's integers over 2^(bits-1); `full_scale = 32768` gives a
16-bit file's integers back. The rest of the file after the last whole block is left out: every block has one shape.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from node.errors import HardwareError
from node.lazy import lazy
from node.options import option
from node.sense.recording.summary import Summariser, Summary
from node.values import Block, Reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from wave import Wave_read

    import numpy as np
    import numpy.typing as npt

    from node.values import Channel
else:
    np = lazy("numpy")

DTYPES: Final = {1: "u1", 2: "<i2", 4: "<i4"}
"""Bytes a sample to its type: WAV holds 8 bits unsigned, the rest signed and little-endian."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Options of a WAV file."""

    block: str = option("name of the block", default="sound", pattern=r"[a-z0-9_]{1,32}")
    block_s: float = option("length of a block in seconds; 0: the whole file", default=1.0, least=0)
    full_scale: float = option("what the loudest sample is given as", default=1.0, above=0)
    truth: str = option("label of the whole file; empty for none", default="")
    prefix: str = option("what the summaries' names begin with", default="sound_", pattern=r"[a-z0-9_]{0,20}")
    summaries: tuple[Summary, ...] = option("scalars to tell of each block", default=("rms", "peak"))


class Sound:
    """A `Recording` of a WAV file."""

    def __init__(self, path: Path, params: Params) -> None:
        """Open nothing yet."""
        self.path = path
        self.params = params
        self.summariser = Summariser(params.summaries, params.prefix)
        self.period_s = params.block_s

    @property
    def channels(self) -> Sequence[Channel]:
        """The summaries; the file need not be opened to know them."""
        return self.summariser.channels

    def takes(self) -> Iterator[Passage]:
        """Go through the blocks.

        Raises:
            HardwareError: the file is absent, no WAV, of a sample width that is not read, or shorter than a block.
        """
        import wave

        try:
            file = wave.open(str(self.path), "rb")  # noqa: SIM115 - the with below holds it
        except (OSError, EOFError, wave.Error) as error:
            raise HardwareError(f"cannot read the recording {self.path}: {error}; a PCM WAV file is needed") from error
        with file:
            yield from self._passages(file)

    def _passages(self, file: Wave_read) -> Iterator[Passage]:
        width, rate_hz = file.getsampwidth(), file.getframerate()
        if width not in DTYPES:
            raise HardwareError(f"{self.path} has {8 * width} bits a sample; 8, 16 and 32 can be read")
        frames = round(self.params.block_s * rate_hz) or file.getnframes()
        if not 0 < frames <= file.getnframes():
            raise HardwareError(f"{self.path} is shorter than a block of {self.params.block_s:g} s; lower `block_s`")
        self.period_s = frames / rate_hz
        for number in range(file.getnframes() // frames):
            yield Passage(
                self, number * self.period_s, _Pcm(file.readframes(frames), width, file.getnchannels(), rate_hz)
            )


@dataclass(frozen=True, slots=True)
class _Pcm:
    """Samples as they stand in the file."""

    frames: bytes
    width: int
    channels: int
    rate_hz: int

    def samples(self, full_scale: float) -> npt.NDArray[np.float32]:
        """Return (samples, channels)."""
        numbers: npt.NDArray[np.float64] = (
            np.frombuffer(self.frames, dtype=DTYPES[self.width]).reshape(-1, self.channels).astype(np.float64)
        )
        middle = 128.0 if self.width == 1 else 0.0
        step = full_scale / float(1 << (8 * self.width - 1))
        return ((numbers - middle) * step).astype(np.float32)


class Passage:
    """A take of a `Sound`: one block's bytes, not decoded yet."""

    __slots__ = ("_pcm", "_sound", "_time_s")

    def __init__(self, sound: Sound, time_s: float, pcm: _Pcm) -> None:
        """Hold the bytes."""
        self._sound = sound
        self._time_s = time_s
        self._pcm = pcm

    def time_s(self) -> float:
        """Where in the file the block begins."""
        return self._time_s

    def reading(self) -> Reading:
        """Decode the block."""
        params = self._sound.params
        data = self._pcm.samples(params.full_scale)
        block = Block(data=data, rate_hz=float(self._pcm.rate_hz), truth=params.truth or None)
        return Reading(values=self._sound.summariser.of(data), blocks={params.block: block})
