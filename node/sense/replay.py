"""Replay: a recording played back as if it were a sensor. Tables (CSV), sound (WAV) and arrays (npz)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from node.options import option
from node.sense.recording import layout
from node.sense.recording.player import Pacing, Player
from node.sense.recording.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.hal import Ports
    from node.sense.recording import Recording
    from node.values import Channel, Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Params(Pacing):
    """Options of `replay`: of the recording, of its pace, and of the kind of file that it is."""

    path: Path = option("the recording")
    csv: layout.Params = option("how a table is read", default=layout.Params())


class Replay:
    """A recorded sensor."""

    def __init__(self, params: Params, ports: Ports) -> None:
        """Open nothing yet."""
        self._recording: Recording = Table(params.path, params.csv)
        self._player = Player(self._recording, ports.clock, params)

    @property
    def channels(self) -> Sequence[Channel]:
        """The recording's scalars."""
        return self._recording.channels

    def read(self) -> Reading:
        """Give the take that is due."""
        return self._player.read()

    def close(self) -> None:
        """Let go of the file."""
        self._player.close()
