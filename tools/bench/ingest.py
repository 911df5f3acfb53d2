"""Messages a second into the gateway's database, against mosquitto_sub and a stock paho script.

One stream of real Results messages (one row of seven columns, 50 nodes) goes through a real mosquitto, with the
configuration that `torpor-gateway init` writes, to four consumers in turn, several times over:

    sub      mosquitto_sub -q 1 to /dev/null: the floor of what receiving costs
    paho     a paho callback that inserts values into SQLite and commits every 500 (tools/bench/stock_paho.py)
    blind    the same, but it keeps topics and payloads and decodes nothing: less than what was asked for
    torpor   `torpor-gateway run`: decode, dedupe, commit (WAL, FULL), receipts, manual acknowledgements

The clock runs from the first message sent until the last is received (sub) or visible in the database to a second
connection (the others). Ratios are taken within a round, then their median over the rounds; all of them are listed.

`ratio_to_paho` is against the script that has the values in its table, for so has the gateway, and both decode with
the same codec. Beside it stands `ratio_to_blind_paho`: nobody can be 1.5 times as fast as that one, because
mosquitto_sub, which does nothing at all, is not: it comes too close to what the broker can give.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gateway.setup import found
from node.wire import codec
from node.wire.messages import Column, Results
from tools.bench import flood
from tools.bootstrap.confinement import unconfined
from tools.showcase.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

SITE: Final = "bench"
TOPIC: Final = f"torpor/1/{SITE}/+/results"
NODES: Final = 50
COLUMNS: Final = ("temperature", "humidity", "pressure", "light", "co2", "voltage", "current")
_POLL_S: Final = 0.02
_PATIENCE_S: Final = 60.0
_TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One consumer's turn."""

    seconds: float
    cpu_s: float
    stored: int
    distinct: int


@dataclass(frozen=True, slots=True)
class Ground:
    """Where the runs take place."""

    folder: Path
    port: int
    stream: Path
    count: int


def run(argv: Sequence[str]) -> Mapping[str, object]:
    """Measure.

    Args:
        argv: `--count` messages a run, `--rounds`.
    """
    parser = argparse.ArgumentParser(prog="ingest")
    parser.add_argument("--count", type=int, default=100_000, help="messages a run (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each consumer (default: %(default)s)")
    options = parser.parse_args(argv)
    consumers: dict[str, Callable[[Ground], Run]] = {"sub": _sub, "paho": _paho, "blind": _blind, "torpor": _torpor}
    runs: dict[str, list[Run]] = {name: [] for name in consumers}
    with tempfile.TemporaryDirectory(prefix="torpor-ingest-") as folder:
        stream = Path(folder) / "stream"
        flood.write(stream, messages(options.count))
        alone = _alone(Path(folder), stream, options.count)
        for _ in range(options.rounds):
            for name, consumer in consumers.items():
                with _ground(Path(folder), stream, options.count) as ground:
                    runs[name].append(consumer(ground))
                print(f"{name:8} {options.count / runs[name][-1].seconds:10,.0f} messages/s", file=sys.stderr)
    return _result(options.count, alone, runs)


def messages(count: int) -> Iterator[tuple[str, bytes]]:
    """Give the stream: each of the nodes sends a row a second, in turn."""
    start_ms = time.time_ns() // 1_000_000 - 1000 * (count // NODES + 1)  # noqa: TID251 - what real nodes would send
    for at in range(count):
        node, seq = at % NODES, at // NODES
        reading = (21.5, 45.0, 1013.2, 320.0, 420.0, 3.7, 0.12)
        columns = [
            Column(name=name, values=[round(value + (at * 7 + place) % 90 / 10, 2)])
            for place, (name, value) in enumerate(zip(COLUMNS, reading, strict=True))
        ]
        message = Results(
            boot_id=node.to_bytes(6, "big"),
            seqs=[seq],
            times_ms=[start_ms + 1000 * seq],
            stream="climate",
            columns=columns,
        )
        yield f"torpor/1/{SITE}/node-{node}/results", codec.encode(message)


def show(result: Mapping[str, object]) -> None:
    """Print the result for people."""
    for name, value in result.items():
        print(f"{name:28} {value}")


@contextmanager
def _ground(parent: Path, stream: Path, count: int) -> Iterator[Ground]:
    """Start a fresh mosquitto in a fresh folder; afterwards neither is left."""
    folder = Path(tempfile.mkdtemp(dir=parent))
    port = free_port()
    found.write(folder, SITE, found.Where(host="127.0.0.1", port=port))
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        raise SystemExit("mosquitto is not installed; run: apt-get install mosquitto mosquitto-clients")
    config = folder / "mosquitto.conf"
    config.write_text(f"log_dest stderr\nlog_type error\nlog_type subscribe\n{config.read_text()}")
    with (
        (folder / "broker.log").open("wb") as log,
        subprocess.Popen([unconfined(program, folder), "-c", str(config)], stdout=log, stderr=log) as broker,
    ):
        try:
            _wait(lambda: _listens(port))
            yield Ground(folder, port, stream, count)
        finally:
            broker.kill()
            broker.wait()
            shutil.rmtree(folder)


@contextmanager
def _flood(ground: Ground) -> Iterator[Callable[[], float]]:
    """Have the publisher ready; calling what this gives sets it off and returns the time."""
    command = [sys.executable, "-m", "tools.bench.flood", str(ground.port), str(ground.stream)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as publisher:
        assert publisher.stdin is not None
        assert publisher.stdout is not None
        publisher.stdout.readline()
        stdin = publisher.stdin

        def start() -> float:
            stdin.write("go\n")
            stdin.flush()
            return time.perf_counter()

        try:
            yield start
            publisher.wait(_PATIENCE_S)
        finally:
            publisher.kill()


def _alone(parent: Path, stream: Path, count: int) -> float:
    """Return how many messages a second the publisher manages when nobody listens."""
    with _ground(parent, stream, count) as ground:
        with _flood(ground) as start:
            began_s = start()
        return count / (time.perf_counter() - began_s)


def _sub(ground: Ground) -> Run:
    command = [
        "mosquitto_sub",
        "-p",
        str(ground.port),
        "-q",
        "1",
        "-c",
        "-i",
        "sub",
        "-t",
        TOPIC,
        "-C",
        str(ground.count),
    ]
    consumer = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _wait(lambda: _subscribed(ground))
    with _flood(ground) as start:
        began_s = start()
        _, status, usage = os.wait4(consumer.pid, 0)
        seconds = time.perf_counter() - began_s
    consumer.returncode = os.waitstatus_to_exitcode(status)  # it was waited for by hand, for what it used
    received = ground.count if consumer.returncode == 0 else 0
    return Run(seconds=seconds, cpu_s=usage.ru_utime + usage.ru_stime, stored=received, distinct=received)


def _paho(ground: Ground) -> Run:
    return _stock(ground, "values", "node || '/' || seq")


def _blind(ground: Ground) -> Run:
    return _stock(ground, "payload", "payload")


def _stock(ground: Ground, form: str, identity: str) -> Run:
    database = ground.folder / "stock.db"
    script = Path(__file__).with_name("stock_paho.py")
    command = [sys.executable, str(script), str(ground.port), str(database), TOPIC, form]
    return _measured(ground, command, database, "message", identity)


def _torpor(ground: Ground) -> Run:
    command = [sys.executable, "-m", "gateway", "run", "--config", str(ground.folder / "gateway.toml")]
    return _measured(ground, command, ground.folder / "gateway.db", "record", "boot * 1000000000 + seq")


def _measured(ground: Ground, command: Sequence[str], database: Path, table: str, identity: str) -> Run:
    """Run a consumer that fills a table, until nothing more comes."""
    log = (ground.folder / "log").open("wb")
    with log, subprocess.Popen(command, stdout=log, stderr=log) as consumer:
        try:
            _wait(lambda: _subscribed(ground) and _rows(database, table) == 0)
            before_s = _cpu_s(consumer.pid)
            with _flood(ground) as start:
                began_s = start()
                _wait(lambda: _rows(database, table) >= ground.count)
                seconds = time.perf_counter() - began_s
            cpu_s = _cpu_s(consumer.pid) - before_s
        finally:
            consumer.terminate()
            consumer.wait(10)
    with closing(sqlite3.connect(database)) as connection:
        query = f"SELECT count(*), count(DISTINCT {identity}) FROM {table}"  # noqa: S608 - literals of this module
        stored, distinct = connection.execute(query).fetchone()
    return Run(seconds=seconds, cpu_s=cpu_s, stored=stored, distinct=distinct)


def _wait(ready: Callable[[], bool]) -> bool:
    """Wait until something is so; give up after a minute, and let the counts tell."""
    until_s, pause = time.perf_counter() + _PATIENCE_S, threading.Event()
    while not ready():
        if time.perf_counter() > until_s:
            return False
        pause.wait(_POLL_S)
    return True


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _subscribed(ground: Ground) -> bool:
    return TOPIC.encode() in (ground.folder / "broker.log").read_bytes()


def _rows(database: Path, table: str) -> int:
    """Return how many rows another connection sees; -1 where there is no table yet."""
    try:
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=10)) as connection:
            return int(connection.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()[0])  # noqa: S608 - literals of this module
    except sqlite3.OperationalError:
        return -1


def _cpu_s(pid: int) -> float:
    """Return a process's user and system time (proc(5): fields 14 and 15 of stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _result(count: int, alone: float, runs: Mapping[str, Sequence[Run]]) -> Mapping[str, object]:
    rates = {name: [count / each.seconds for each in turns] for name, turns in runs.items()}
    cpu_us = {name: statistics.median(each.cpu_s for each in turns) / count * 1e6 for name, turns in runs.items()}
    ratios = {
        other: [ours / theirs for ours, theirs in zip(rates["torpor"], rates[other], strict=True)]
        for other in ("sub", "paho", "blind")
    }
    ours = runs["torpor"]
    return {
        "messages": count,
        "rounds": len(ours),
        "msgs_per_s": round(statistics.median(rates["torpor"])),
        "cpu_us_per_message": round(cpu_us["torpor"], 1),
        "ratio_to_mosquitto_sub": round(statistics.median(ratios["sub"]), 3),
        "ratio_to_paho": round(statistics.median(ratios["paho"]), 2),
        "ratio_to_blind_paho": round(statistics.median(ratios["blind"]), 2),
        "ratios": {other: [round(each, 3) for each in sorted(found)] for other, found in ratios.items()},
        "lost": sum(count - each.distinct for each in ours),
        "duplicates": sum(each.stored - each.distinct for each in ours),
        "spread": round((max(rates["torpor"]) - min(rates["torpor"])) / statistics.median(rates["torpor"]), 3),
        "mosquitto_sub_msgs_per_s": round(statistics.median(rates["sub"])),
        "mosquitto_sub_cpu_us": round(cpu_us["sub"], 1),
        "paho_msgs_per_s": round(statistics.median(rates["paho"])),
        "paho_cpu_us": round(cpu_us["paho"], 1),
        "blind_paho_msgs_per_s": round(statistics.median(rates["blind"])),
        "blind_paho_cpu_us": round(cpu_us["blind"], 1),
        "paho_lost": sum(count - each.distinct for each in (*runs["paho"], *runs["blind"])),
        "publisher_alone_msgs_per_s": round(alone),
    }
