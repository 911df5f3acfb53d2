"""The weather that four real motes recorded, watched by the station: read where it lies, never copied.

Two of them were steamed by a kettle, and labelled. They were read every five seconds; here a row lasts as long as the
fastest look, so that a slow look sees one of four, and most of what happened happens between two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tools.bench import labelled
from tools.simulate.irrigation import settings
from tools.simulate.irrigation.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tools.bench.labelled import Recording

AIR: Final = """
[sense.air]
part = "replay"
path = "air.csv"
pace = "recorded"
[sense.air.csv]
time = ["time"]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A mote that is watched.

    Attributes:
        name: of its row.
        setting: the station's configuration, with the mote for its weather.
        span_s: how long the recording lasts.
        events: when it was steamed, in seconds from its start.
    """

    name: str
    setting: Setting
    span_s: float
    events: Sequence[tuple[float, float]]


def every(data: Path, most_s: float) -> Iterator[Watch]:
    """Watch each mote, for so long at most; none where the recordings are not at hand."""
    if (data / "suthaharan_singlehop").is_dir():
        for each in labelled.motes(data):
            yield _watch(each, most_s)


def _watch(recording: Recording, most_s: float) -> Watch:
    channels = recording.looks[0]
    events = [(each.start * settings.FAST_S, each.stop * settings.FAST_S) for each in recording.events]
    rows = [
        ",".join(str(value) for value in (i * settings.FAST_S, *(each.values[name] for name in channels)))
        for i, each in enumerate(recording.samples)
    ]
    text = "\n".join((",".join(("time", *channels)), *rows, ""))
    span_s = min((len(rows) - 1) * settings.FAST_S, most_s)
    return Watch(
        name=recording.name.replace("suthaharan/", ""),
        setting=settings.after(AIR, channels, {"air.csv": text}),
        span_s=span_s,
        events=[each for each in events if each[1] <= span_s],
    )
