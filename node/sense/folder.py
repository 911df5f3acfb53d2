"""Folder: image files played back as if they were a camera."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from node.options import option
from node.sense.recording.pictures import Options, Pictures
from node.sense.recording.player import Player

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.hal import Ports
    from node.values import Channel, Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Params(Options):
    """Options of `folder`."""

    path: Path = option("the folder of pictures")


class Folder:
    """A recorded camera."""

    instant: Final = True

    def __init__(self, params: Params, ports: Ports) -> None:
        """Open nothing yet."""
        self._recording = Pictures(params.path, params)
        self._player = Player(self._recording, ports.clock, params)

    @property
    def channels(self) -> Sequence[Channel]:
        """The pictures' summaries."""
        return self._recording.channels

    def read(self) -> Reading:
        """Give the picture that is due."""
        return self._player.read()

    def close(self) -> None:
        """Begin again at the next read."""
        self._player.close()
