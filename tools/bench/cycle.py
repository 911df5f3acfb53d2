"""CPU time of a whole node cycle, against a bare loop that does the same work with nothing around it.

Both read the same CSV (rows of as many floats as the model takes), invoke the same int8 model with one thread, encode
the answer as CBOR and keep it in SQLite (WAL, synchronous=FULL, a commit every 60 rows). The bare loop is what a user
would write in an afternoon, for one sensor, one model, one table; it gates, reports and survives nothing.
Each runs in a process of its own; the two take turns, and the ratio is that of each pair.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT: Final = Path(__file__).resolve().parents[2]
ANOMALY: Final = ROOT.parent / "shared" / "data" / "mlperf_tiny_models" / "ad01_int8.tflite"
SHIPPED: Final = ROOT / "tools" / "zoo" / "pump_int8.tflite"
CYCLES: Final = 1000
PAIRS: Final = 7

CONFIG: Final = """
[node]
site = "bench"
name = "cycle"
state_dir = "state"
board = "generic"

[sense.frames]
part = "replay"
path = "frames.csv"
csv = {{ block = "frame" }}
[gate]
part = "always"
[start]
block = "frame"
[infer]
part = "tflite"
model = "{model}"
head = {{ part = "anomaly", threshold = 1e9 }}
[transmit]
interval_s = 86400.0
[sleep]
period_s = 0.0
"""

NODE: Final = """
import json, sys, time
from pathlib import Path
from node.app import App
from node.config import load_strictly
app = App(load_strictly(Path(sys.argv[1])))
for _ in range(100):
    app.cycle.run()
start = time.process_time()
for _ in range(int(sys.argv[2])):
    app.cycle.run()
spent = time.process_time() - start
rss = next(line for line in open("/proc/self/status") if line.startswith("VmRSS")).split()[1]
counters = dict(app.health.counters)
app.close()
print(json.dumps({"cpu_s": spent, "rss_kb": int(rss), "inferences": counters["inferences"]}))
"""

BARE: Final = """
import csv, json, sqlite3, sys, time
import cbor2
import numpy as np
from ai_edge_litert.interpreter import Interpreter

interpreter = Interpreter(sys.argv[2], num_threads=1)
interpreter.allocate_tensors()
into, out = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
(scale, zero), (out_scale, out_zero) = into["quantization"], out["quantization"]
db = sqlite3.connect(sys.argv[3], isolation_level=None)
db.execute("PRAGMA journal_mode=WAL")
db.execute("PRAGMA synchronous=FULL")
db.execute("CREATE TABLE record (seq INTEGER PRIMARY KEY, body BLOB)")
rows = csv.reader(open(sys.argv[1]))
next(rows)

def cycle(seq):
    if seq % 60 == 0:
        if seq:
            db.execute("COMMIT")
        db.execute("BEGIN")
    row = np.array(next(rows), dtype=np.float32)
    quantised = np.clip(np.round(row / scale) + zero, -128, 127).astype(np.int8)
    interpreter.set_tensor(into["index"], quantised.reshape(into["shape"]))
    interpreter.invoke()
    back = (interpreter.get_tensor(out["index"]).astype(np.float32) - out_zero) * out_scale
    score = float(np.mean((back.reshape(-1) - row) ** 2))
    body = cbor2.dumps({"t": time.time(), "score": score, "label": "anomaly" if score > 1e9 else "normal"})
    db.execute("INSERT INTO record VALUES (?, ?)", (seq, body))

for seq in range(100):
    cycle(seq)
start = time.process_time()
for seq in range(100, 100 + int(sys.argv[4])):
    cycle(seq)
spent = time.process_time() - start
db.execute("COMMIT")
rss = next(line for line in open("/proc/self/status") if line.startswith("VmRSS")).split()[1]
print(json.dumps({"cpu_s": spent, "rss_kb": int(rss), "inferences": seq + 1}))
"""


LINK: Final = """
[mqtt]
host = "127.0.0.1"
port = 9
"""

PAHO: Final = """
import paho.mqtt.client
client = paho.mqtt.client.Client(paho.mqtt.client.CallbackAPIVersion.VERSION2, protocol=paho.mqtt.client.MQTTv5)
try:
    client.connect("127.0.0.1", 9)
except OSError:
    pass
"""


def run(argv: Sequence[str]) -> Mapping[str, object]:
    """Measure.

    Args:
        argv: `--model PATH` for another int8 autoencoder; `--cycles` and `--pairs` for a short form.

    Returns:
        `ratio` (median of the pairs), CPU microseconds a cycle of both, what was run, and the `inferences` that each of
        the two loops made in each turn: the same work.
    """
    parser = argparse.ArgumentParser(prog="cycle")
    parser.add_argument("--model", type=Path, default=ANOMALY if ANOMALY.exists() else SHIPPED)
    parser.add_argument("--cycles", type=int, default=CYCLES)
    parser.add_argument("--pairs", type=int, default=PAIRS)
    asked = parser.parse_args(argv)
    model, cycles = asked.model.resolve(), asked.cycles
    pairs = []
    with tempfile.TemporaryDirectory() as folder:
        width = _frames(Path(folder), model, cycles)
        for turn in range(asked.pairs):
            print(f"\rpair {turn + 1} of {asked.pairs}", end="", file=sys.stderr, flush=True)
            pairs.append((_node(Path(folder), model, cycles), _bare(Path(folder), model, cycles)))
    print("\r               \r", end="", file=sys.stderr)
    inferences = {each["inferences"] for pair in pairs for each in pair}
    assert len(inferences) == 1, f"not the same work: {inferences}"
    return {
        "ratio": round(statistics.median(ours["cpu_s"] / theirs["cpu_s"] for ours, theirs in pairs), 3),
        "node_us": round(1e6 / cycles * statistics.median(ours["cpu_s"] for ours, _ in pairs), 1),
        "bare_us": round(1e6 / cycles * statistics.median(theirs["cpu_s"] for _, theirs in pairs), 1),
        "spread": [round(ours["cpu_s"] / theirs["cpu_s"], 3) for ours, theirs in pairs],
        "cycles": cycles,
        "inferences": inferences.pop(),
        "model": model.name,
        "floats_a_row": width,
    }


def show(result: Mapping[str, object]) -> None:
    """Print the result for a person."""
    print(f"{result['model']}, {result['floats_a_row']} floats a row, {result['cycles']} cycles, CPU us a cycle")
    print(f"  Torpor node   {result['node_us']}")
    print(f"  bare loop     {result['bare_us']}")
    print(f"  ratio         {result['ratio']}  (target 1.25; pairs: {result['spread']})")


def resident_kb(*, linked: bool, cycles: int = CYCLES) -> tuple[int, int]:
    """Return the resident memory of the node and of the bare loop after some cycles, in kB.

    Args:
        linked: both with an MQTT client: the node's own session, and paho beside the bare loop. Nobody listens at the
            address, so that only memory is compared.
        cycles: how many.
    """
    model = ANOMALY if ANOMALY.exists() else SHIPPED
    with tempfile.TemporaryDirectory() as folder:
        _frames(Path(folder), model, cycles)
        node = _node(Path(folder), model, cycles, LINK if linked else "")
        bare = _bare(Path(folder), model, cycles, PAHO + BARE if linked else BARE)
        return int(node["rss_kb"]), int(bare["rss_kb"])


def _frames(folder: Path, model: Path, cycles: int) -> int:
    """Write rows that the model can take; seeded, so that every run reads the same."""
    from ai_edge_litert.interpreter import Interpreter

    shape = Interpreter(str(model)).get_input_details()[0]["shape"]
    width = 1
    for each in shape:
        width *= int(each)
    dice = random.Random(640)
    with (folder / "frames.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow([f"f{i}" for i in range(width)])
        rows.writerows([f"{dice.gauss(-20.0, 12.0):.4f}" for _ in range(width)] for _ in range(cycles + 200))
    return width


def _node(folder: Path, model: Path, cycles: int, more: str = "") -> dict[str, float]:
    with tempfile.TemporaryDirectory(dir=folder) as home:
        (Path(home) / "frames.csv").symlink_to(folder / "frames.csv")
        config = Path(home) / "node.toml"
        config.write_text(CONFIG.format(model=model) + more)
        return _told([NODE, str(config), str(cycles)])


def _bare(folder: Path, model: Path, cycles: int, program: str = BARE) -> dict[str, float]:
    with tempfile.TemporaryDirectory(dir=folder) as home:
        return _told([program, str(folder / "frames.csv"), str(model), f"{home}/bare.db", str(cycles)])


def _told(program: Sequence[str]) -> dict[str, float]:
    done = subprocess.run([sys.executable, "-c", *program], check=True, capture_output=True, text=True)
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told
