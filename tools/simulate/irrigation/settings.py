"""The irrigation station's configurations: Torpor's way, the way before, and each technique switched off in turn.

All of them are `node.toml` files as a person would write them, section by section; a technique is switched off by its
own switch, and by nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

ZOO: Final = Path(__file__).resolve().parents[2] / "zoo"
PERIOD_S: Final = 600.0
FAST_S: Final = 150.0
"""What `[alertness]` makes of it by default while something happens."""
INTERVAL_S: Final = 3600.0
TECHNIQUES: Final = (
    "gate",
    "int8",
    "batching",
    "dvfs",
    "dvfs, crawling",
    "sleep state",
    "compression",
    "compression, up",
    "adaptive rate",
    "adaptive rate, slow",
)

AIR: Final = """
[sense.air]
part = "climate"
seed = {seed}
"""
NODE: Final = """
[node]
site = "orchard"
name = "water-meter"
board = "sim"
"""
CAMERA: Final = f"""
[sense.camera]
part = "replay"
path = "{ZOO.as_posix()}/digits_eval.npz"
loop = true
after_gate = true
[sense.camera.npz]
data = "images"
labels = "labels"
[start]
block = "image"
"""
GATE: Final = """
[gate]
part = "any_of"
[[gate.gates]]
part = "novelty"
channels = {channels}
[[gate.gates]]
part = "level"
channel = "temperature"
level = 0.0
edge = "falling"
hysteresis = 0.5
"""
RECORD: Final = """
[record]
stream = "meter"
keep = {channels}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One configuration.

    Attributes:
        name: for people.
        switch: what was changed, against Torpor's way.
        sections: name to text; together they are the file.
        files: what it reads from beside it, by name.
    """

    name: str
    switch: str
    sections: Mapping[str, str]
    files: Mapping[str, str] = field(default_factory=dict)

    def text(self) -> str:
        """Return the file."""
        return "".join(self.sections.values())

    def but(self, name: str, switch: str, **sections: str) -> Setting:
        """Return the same with other sections."""
        return replace(self, name=name, switch=switch, sections={**self.sections, **sections})


def after(air: str, channels: Sequence[str], files: Mapping[str, str] | None = None) -> Setting:
    """Return Torpor's way: defaults wherever there is one, and what a station on a battery must say.

    Args:
        air: the `[sense.air]` table.
        channels: its channels.
        files: what it reads.
    """
    listed = "[" + ", ".join(f'"{each}"' for each in channels) + "]"
    return Setting(
        name="after",
        switch="",
        files=files or {},
        sections={
            "node": NODE,
            "air": air,
            "camera": CAMERA,
            "gate": GATE.format(channels=listed),
            "infer": _model("digits_int8"),
            "record": RECORD.format(channels=listed),
            "compress": "",
            "transmit": _table("transmit", interval_s=INTERVAL_S),
            "sleep": _table("sleep", period_s=PERIOD_S, deepest="off", controller="wittypi4"),
            "alertness": "[alertness]\n",
            "dvfs": _table("dvfs", mode="auto"),
        },
    )


def before(full: Setting) -> Setting:
    """Return the way before: always on, each picture and each answer sent at once, the float model, no gate."""
    return full.but(
        "before",
        "all off, and every picture sent",
        record=full.sections["record"] + 'raw = "always"\n',
        gate=_table("gate", part="always"),
        infer=_model("digits_standard_float"),
        compress=_table("compress", part="raw"),
        transmit=_table("transmit", interval_s=0.0),
        sleep=_table("sleep", period_s=0.0),
        alertness="",
        dvfs=_table("dvfs", mode="performance"),
    )


def ablations(full: Setting) -> list[Setting]:
    """Return Torpor's way with each technique switched off in turn."""
    standard = _model("digits_standard_float")
    steady = _table("sleep", period_s=FAST_S, deepest="off", controller="wittypi4")
    waiting, raw = (
        f'{_table("sleep", period_s=PERIOD_S, deepest="light")}savings = ["hdmi"]\n',
        _table("compress", part="raw"),
    )
    return [
        full.but("gate", "gate.part = always", gate=_table("gate", part="always"), alertness=""),
        full.but("int8", "infer.model = digits_standard_float", infer=standard),
        full.but("batching", "transmit.interval_s = 60", transmit=_table("transmit", interval_s=60.0)),
        full.but(
            "dvfs",
            "dvfs.mode = keep; the board's own governor takes the highest clock under load, as the node does",
            dvfs=_table("dvfs", mode="keep"),
        ),
        full.but("dvfs, crawling", "dvfs.mode = powersave: 600 MHz", dvfs=_table("dvfs", mode="powersave")),
        full.but("sleep state", "sleep.deepest = light, with HDMI off", sleep=waiting),
        full.but("compression", "compress.part = raw; a boot has one record, and nothing to batch", compress=raw),
        full.but("compression, up", "the same, beside sleep.deepest = light", compress=raw, sleep=waiting),
        full.but("adaptive rate", f"no [alertness], sleep.period_s = {FAST_S:g}", sleep=steady, alertness=""),
        full.but("adaptive rate, slow", "no [alertness]: one look in ten minutes, whatever happens", alertness=""),
    ]


def _model(name: str) -> str:
    return _table("infer", part="tflite", model=f"{ZOO.as_posix()}/{name}.tflite")


def _table(section: str, **options: float | str) -> str:
    lines = [
        f'{name} = "{value}"' if isinstance(value, str) else f"{name} = {value}" for name, value in options.items()
    ]
    return "\n".join((f"[{section}]", *lines, ""))
