"""Pictures: a folder of image files, in the order of their names.

PGM and PPM are read here, as cameras and test benches write them; every other kind by Pillow, which is asked for only
when such a file comes (`pip install torpor[images]`). Pillow was chosen over imageio and OpenCV: it has wheels for
every board and is a tenth of OpenCV's size.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from node.errors import HardwareError
from node.lazy import lazy
from node.options import option
from node.sense.recording.player import Pacing
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

NETPBM: Final = {b"P5": 1, b"P6": 3}
"""Magic number to colours, netpbm's pgm(5) and ppm(5)."""
HEADER: Final = re.compile(rb"(P[56])" + rb"(?:\s+(?:#[^\n]*\n\s*)*(\d+))" * 3 + rb"\s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(Pacing):
    """What is to be known of a folder of pictures beside where it is."""

    files: str = option("which files, as a glob pattern", default="*")
    label: str = option("regular expression whose first group is the label in a file's name", default="")
    colours: Literal[0, 1, 3] = option("3 for RGB, 1 for grey; 0: as the file has it", default=0)
    block: str = option("name of the block", default="image", pattern=r"[a-z0-9_]{1,32}")
    period_s: float = option("seconds from picture to picture", default=1.0, above=0)
    prefix: str = option("what the summaries' names begin with", default="", pattern=r"[a-z0-9_]{0,20}")
    summaries: tuple[Summary, ...] = option("scalars to tell of each picture", default=("difference", "mean"))

    def __post_init__(self) -> None:
        """Refuse a pattern that cannot find a label."""
        try:
            groups = re.compile(self.label).groups
        except re.error as error:
            raise ValueError(f"label {self.label!r} is no regular expression: {error}") from error
        if self.label and groups < 1:
            raise ValueError(f"label {self.label!r} has no group; put the label's part in parentheses")


class Pictures:
    """A `Recording` of a folder."""

    def __init__(self, path: Path, options: Options) -> None:
        """Open nothing yet."""
        self.path = path
        self.options = options
        self.summariser = Summariser(options.summaries, options.prefix)
        self.period_s = options.period_s

    @property
    def channels(self) -> Sequence[Channel]:
        """The summaries; the folder need not be opened to know them."""
        return self.summariser.channels

    def takes(self) -> Iterator[Picture]:
        """Go through the files.

        Raises:
            HardwareError: there is no such folder, or nothing in it.
        """
        paths = sorted(each for each in self.path.glob(self.options.files) if each.is_file())
        if not paths:
            raise HardwareError(f"no file {self.options.files!r} in {self.path}; see `path` and `files`")
        for number, path in enumerate(paths):
            yield Picture(self, number, path)


class Picture:
    """A take of `Pictures`: a file, not opened yet."""

    __slots__ = ("_number", "_path", "_pictures")

    def __init__(self, pictures: Pictures, number: int, path: Path) -> None:
        """Know where it is."""
        self._pictures = pictures
        self._number = number
        self._path = path

    def time_s(self) -> float:
        """The pictures are a period apart."""
        return self._number * self._pictures.options.period_s

    def reading(self) -> Reading:
        """Decode the file.

        Raises:
            HardwareError: it is no picture, or one that Pillow is needed for and not there.
        """
        options = self._pictures.options
        data = with_colours(decode(self._path), options.colours)
        found = re.search(options.label, self._path.name) if options.label else None
        block = Block(data=data, truth=found[1] if found else None)
        return Reading(values=self._pictures.summariser.of(data), blocks={options.block: block})


def decode(path: Path) -> npt.NDArray[np.uint8]:
    """Decode an image file into uint8 (height, width, 1 or 3).

    Raises:
        HardwareError: it cannot be read, or not without Pillow.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise HardwareError(f"cannot read the picture {path}: {error.strerror}") from error
    if content[:2] in NETPBM:
        return _netpbm(content, path)
    try:
        from PIL import Image, UnidentifiedImageError
    except ImportError as error:
        raise HardwareError(
            f"{path.name} is not PGM or PPM, and Pillow is absent: pip install torpor[images]"
        ) from error
    try:
        with Image.open(path) as image:
            mode = "L" if image.mode in {"1", "L", "I;16"} else "RGB"
            data = np.asarray(image.convert(mode), dtype=np.uint8)
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise HardwareError(f"{path} is no picture: {error}") from error
    return data if data.ndim == 3 else data[..., np.newaxis]


def with_colours(data: npt.NDArray[np.uint8], colours: int) -> npt.NDArray[np.uint8]:
    """Return a picture with one or three colours; grey is ITU-R BT.601 luma, rounded, as Pillow has it."""
    if colours in (0, data.shape[2]):
        return data
    if colours == 1:
        luma = data.astype(np.uint32) @ np.array([19595, 38470, 7471], dtype=np.uint32)  # 65536 x 0.299, 0.587, 0.114
        return ((luma + 0x8000) >> 16).astype(np.uint8)[..., np.newaxis]
    return np.repeat(data[..., :1], colours, axis=2)


def _netpbm(content: bytes, path: Path) -> npt.NDArray[np.uint8]:
    header = HEADER.match(content)
    if header is None:
        raise HardwareError(f"{path} has a broken PGM or PPM header")
    width, height, most = (int(each) for each in header.groups()[1:])
    colours = NETPBM[header[1]]
    size = width * height * colours
    if not size or most != 255 or len(content) - header.end() < size:
        raise HardwareError(f"{path} is empty, cut short, or not of 8 bits a colour")
    return np.frombuffer(content, dtype=np.uint8, count=size, offset=header.end()).reshape(height, width, colours)
