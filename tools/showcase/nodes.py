"""The demo's three nodes, as the configurations that a person would write."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

ZOO: Final = Path(__file__).resolve().parent.parent / "zoo"

COMMON: Final = """\
# Written by tools/demo.
[node]
site = "{site}"
name = "{name}"
state_dir = "state"
board = "{board}"

[mqtt]
host = "127.0.0.1"
port = {port}

# A demo is watched: every few seconds, with the connection kept. In the field, minutes, and it is cut.
[transmit]
interval_s = 3.0

[record]
stream = "{stream}"
"""

METER: Final = """
# A camera that reads handwritten digits: real pictures, held out from the model's training.
[sense.camera]
part = "replay"
path = "{zoo}/digits_eval.npz"
loop = true

[sense.camera.npz]
data = "images"
labels = "labels"

# The pictures change at every read, so each is worth a look.
[gate]
part = "always"

[start]
block = "image"

[infer]
part = "tflite"
model = "{zoo}/digits_int8.tflite"

[sleep]
period_s = 0.25
"""

PUMP: Final = """
# A pump whose bearing spalls after a quarter of a minute. Synthetic: a physical model of the vibration.
[sense.accelerometer]
part = "bearing"
fault = "outer"
fault_from_s = 15.0
grow_s = 15.0

# Look when the level moves, and once in a while all the same.
[gate]
part = "send_on_delta"
channels = ["rms"]
relative = 0.05
max_silence_s = 5.0

[start]
block = "vibration"

# As the model was trained: see its card, tools/zoo/pump_int8.toml.
[[preprocess]]
part = "log_mel"
rate_hz = 12800.0
frame = 1024
hop = 512
mels = 32
low_hz = 300.0
floor = 1e-9

[infer]
part = "tflite"
model = "{zoo}/pump_int8.tflite"

[sleep]
period_s = 0.5
"""

HOST: Final = """
# The machine that this runs on, as it is.
[sense.host]
part = "host"

# No model: the readings themselves, when the processor's load has moved.
[gate]
part = "send_on_delta"
channels = ["cpu_busy"]
delta = 0.05
max_silence_s = 10.0

[infer]
part = "readings"

[sleep]
period_s = 1.0
"""

CONFIGS: Final = {"meter": ("sim", "digits", METER), "pump": ("sim", "vibration", PUMP), "host": ("auto", "host", HOST)}
"""Node to its board, its stream and what is its own."""


def write_configs(folder: Path, site: str, port: int) -> Mapping[str, Path]:
    """Write each node's `node.toml` into a folder of its own.

    Args:
        folder: where the nodes' folders go.
        site: the site's name.
        port: the broker's, on this machine.

    Returns:
        Node to its file.
    """
    written = {}
    for name, (board, stream, own) in CONFIGS.items():
        path = folder / name / "node.toml"
        path.parent.mkdir(parents=True)
        text = COMMON + own
        path.write_text(text.format(site=site, name=name, board=board, stream=stream, port=port, zoo=ZOO.as_posix()))
        written[name] = path
    return written
