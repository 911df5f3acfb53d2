"""From exec to the gate's verdict and exit, against `python -c "import numpy"`; and the memory of a settled node.

A node that an RTC wakes every minute pays its start each time. The first ratio says what that costs; `modules` proves
that a wake which the gate turned down imported neither numpy, nor an ML runtime, nor paho. The second ratio compares
the resident memory of a node after 1,000 cycles with the bare loop of the `cycle` benchmark after as many, once without
MQTT on either side and once with it on both.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tools.bench.cycle import CYCLES, resident_kb

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RUNS: Final = 15
HEAVY: Final = ("numpy", "ai_edge_litert", "tflite_runtime", "paho", "tenacity", "asyncio", "gpiozero", "serial")
CONFIG: Final = """
[node]
site = "bench"
name = "cold"
state_dir = "state"
board = "generic"
[mqtt]
host = "127.0.0.1"
[sense.climate]
part = "replay"
path = "climate.csv"
[gate]
part = "send_on_delta"
channels = ["temperature"]
delta = 0.5
[sleep]
period_s = 60.0
"""
PROBE: Final = """
import json, sys
from node.__main__ import main
code = main(["run", "--once", "--config", sys.argv[1]])
print(json.dumps(sorted(name for name in sys.modules if "." not in name)))
sys.exit(code)
"""


def run(argv: Sequence[str]) -> Mapping[str, object]:
    """Measure.

    Args:
        argv: `--runs`, and `--cycles` before memory is compared, for a short form.

    Returns:
        `ratio` and its parts, `modules` (the heavy ones that were imported: none), `rss_ratio` and its parts.
    """
    parser = argparse.ArgumentParser(prog="coldstart")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--cycles", type=int, default=CYCLES)
    asked = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        config = _node(Path(folder))
        installed = _installed(Path(folder))
        wake = [sys.executable, "-m", "node", "run", "--once", "--config", str(config)]
        numpy = [sys.executable, "-c", "import numpy"]
        for command in (wake, numpy):  # the first wake opens the gate and leaves its memory; the next are turned down
            _wall_s(command, installed)
        pairs = [(_wall_s(wake, installed), _wall_s(numpy, installed)) for _ in range(asked.runs)]
        imported = json.loads(
            subprocess.run(
                [sys.executable, "-c", PROBE, str(config)], check=True, capture_output=True, text=True
            ).stdout
        )
        counters = json.loads((config.parent / "state" / "health.json").read_text())
    node_kb, bare_kb = resident_kb(linked=False, cycles=asked.cycles)
    linked_kb, paho_kb = resident_kb(linked=True, cycles=asked.cycles)
    return {
        "ratio": round(statistics.median(ours / theirs for ours, theirs in pairs), 3),
        "node_ms": round(1000.0 * statistics.median(ours for ours, _ in pairs), 1),
        "import_numpy_ms": round(1000.0 * statistics.median(theirs for _, theirs in pairs), 1),
        "runs": asked.runs,
        "gated_out": counters["gated_out"],
        "modules": [name for name in HEAVY if name in imported],
        "modules_total": len(imported),
        "rss_ratio": round(node_kb / bare_kb, 3),
        "rss_ratio_linked": round(linked_kb / paho_kb, 3),
        "node_rss_kb": node_kb,
        "bare_rss_kb": bare_kb,
        "node_linked_rss_kb": linked_kb,
        "bare_linked_rss_kb": paho_kb,
    }


def show(result: Mapping[str, object]) -> None:
    """Print the result for a person."""
    print(f"a wake that the gate turns down   {result['node_ms']} ms")
    print(f"python -c 'import numpy'          {result['import_numpy_ms']} ms")
    print(f"ratio (median of {result['runs']} pairs)        {result['ratio']}  (target 1.5)")
    print(f"heavy modules imported            {result['modules'] or 'none'}")
    for what, key in (("both without MQTT", ""), ("both with paho", "_linked")):
        node_kb, bare_kb = result[f"node{key}_rss_kb"], result[f"bare{key}_rss_kb"]
        print(f"resident, {what}: node {node_kb} kB, bare loop {bare_kb} kB, ratio {result[f'rss_ratio{key}']}")


def _node(folder: Path) -> Path:
    (folder / "climate.csv").write_text("temperature,humidity\n" + "21.5,40.25\n" * 1000)
    config = folder / "node.toml"
    config.write_text(CONFIG)
    return config


def _installed(folder: Path) -> dict[str, str]:
    """Return the environment of an installed program: what was imported once is compiled, numpy's modules as ours.

    pip compiles what it installs; a checkout where PYTHONDONTWRITEBYTECODE is set would compile Torpor at every start.
    """
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}


def _wall_s(command: Sequence[str], environment: Mapping[str, str]) -> float:
    start_s = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    return time.perf_counter() - start_s
