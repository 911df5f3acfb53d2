"""Replay: a recording played back as if it were a sensor. Tables (CSV), sound (WAV) and arrays (npz)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from node.options import option
from node.sense.recording import arrays, layout, sound
from node.sense.recording.player import Pacing, Player

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.hal import Ports
    from node.sense.recording import Recording
    from node.values import Channel, Reading


Kind = Literal["csv", "npz", "wav"]
KINDS: Final[dict[str, Kind]] = {".npz": "npz", ".wav": "wav"}
"""File suffix to kind; every other is a table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Params(Pacing):
    """Options of `replay`: of the recording, of its pace, and of the kind of file that it is."""

    path: Path = option("the file of the recording")
    kind: Literal["auto", "csv", "npz", "wav"] = option("what it is; `auto`: by its suffix, else csv", default="auto")
    csv: layout.Params = option("how a table is read", default=layout.Params())
    npz: arrays.Params = option("how arrays are read", default=arrays.Params())
    wav: sound.Params = option("how sound is read", default=sound.Params())


class Replay:
    """A recorded sensor."""

    instant: Final = True

    def __init__(self, params: Params, ports: Ports) -> None:
        """Open nothing yet."""
        self._recording = _recording(params)
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


def _recording(params: Params) -> Recording:
    kind = KINDS.get(params.path.suffix.lower(), "csv") if params.kind == "auto" else params.kind
    if kind == "npz":
        return arrays.Arrays(params.path, params.npz)
    if kind == "wav":
        return sound.Sound(params.path, params.wav)
    from node.sense.recording.table import Table

    return Table(params.path, params.csv)
