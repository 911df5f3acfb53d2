"""A node, put together: what it survives, what it remembers, what it tells."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest

from boards import open_ports
from node.app import App, seen
from node.config import load
from node.errors import HardwareError
from node.hal import EnergyReading, Metering
from node.wire.messages import Health, Raw
from tests.node.courier import Carrier
from tests.node.sleep.test_pace import Dials
from tools.models.rehearsal import ZOO

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from boards.sim.clock import VirtualClock
    from node.hal import Mode
    from node.transmit.inbox import Inbox
    from node.transmit.outbox import Outbox

NODE: Final = """
[node]
site = "plant"
name = "attic"
board = "sim"
[sense.air]
part = "signal"
channel = "temperature"
unit = "Cel"
offset = 20.0
drift_per_s = 0.01
[sleep]
period_s = 60.0
"""


class World:
    """An app on a virtual clock, with its carrier once it has one."""

    def __init__(self, folder: Path, text: str = NODE) -> None:
        path = folder / "node.toml"
        path.write_text(text)
        config, self.problems = load(path)
        self.ports = open_ports("sim", clock="virtual")
        self.clock: VirtualClock = self.ports.clock  # type: ignore[assignment]  # asked for by name
        self.carrier: Carrier | None = None
        self.app = App(config, ports=self.ports, carry=self._carry)

    def _carry(self, outbox: Outbox, inbox: Inbox) -> Carrier:
        self.carrier = Carrier(outbox, inbox, self.clock.advance)
        return self.carrier

    def health(self) -> Health:
        """Return the last health that reached the broker."""
        assert self.carrier is not None
        return [message for message in self.carrier.said if isinstance(message, Health)][-1]

    def values(self) -> list[Mapping[str, object]]:
        """Return the rows that the gateway stored, in order."""
        assert self.carrier is not None
        return [self.carrier.values[row] for row in sorted(self.carrier.values, key=lambda row: row[1])]


def test_app_runs_its_cycles_and_leaves_its_counters_on_disk(tmp_path: Path) -> None:
    """What the node counted stands in `health.json` after it ended, every counter of it."""
    world = World(tmp_path)
    assert world.app.run(cycles=7) == 0
    told = seen(world.app.config)
    assert (told["cycles"], told["records_committed"], told["records_receipted"]) == (7, 7, 7)
    assert [row["temperature"] for row in world.values()][:2] == pytest.approx([20.0, 20.6], abs=0.05)


def test_app_single_wakes_add_up(tmp_path: Path) -> None:
    """Processes that live for one cycle count, spend and commit as one node."""
    for _ in range(3):
        World(tmp_path).app.run(cycles=1)
    last = World(tmp_path)
    last.app.run(cycles=1)
    told = seen(last.app.config)
    assert (told["cycles"], told["records_committed"]) == (4, 4)
    assert last.app.ledger.awake_s() > last.clock.monotonic_s()


CAMERA: Final = (
    NODE
    + """
[sense.meter]
part = "replay"
path = "pictures.npz"
[record]
keep = ["temperature"]
raw = "always"
raw_per_day = 3
"""
)


def test_app_raw_windows_are_rationed_over_restarts(tmp_path: Path) -> None:
    """A node that boots for each picture keeps as many a day as it may, and they arrive like any record."""
    pictures = np.random.default_rng(1).integers(0, 256, (9, 8, 8), np.uint8)
    np.savez(tmp_path / "pictures.npz", images=pictures)
    came: list[Raw] = []
    for cycles in (1, 1, 1, 1, 2):  # the last one ends for good, and delivers what the others left
        world = World(tmp_path, CAMERA)
        world.app.run(cycles=cycles)
        came += world.carrier.windows if world.carrier else []
    assert [each.unpacked() for each in came] == [pictures[0].tobytes()] * 3
    assert len({(each.boot_id, each.seq) for each in came}) == 3


def test_app_long_run_counts_from_zero(tmp_path: Path) -> None:
    """A process of its own counts since its own start: the gateway tells them apart by the boot id."""
    World(tmp_path).app.run(cycles=5)
    world = World(tmp_path)
    world.app.run(cycles=2)
    assert seen(world.app.config)["cycles"] == 2


def test_app_bad_section_is_told_however_well_the_fallback_works(tmp_path: Path) -> None:
    """The reason of a gate that was left out is still in the health of the last hour."""
    world = World(tmp_path, NODE + '[gate]\npart = "send_on_dleta"\n')
    world.app.run(cycles=61)
    assert "did you mean 'send_on_delta'" in world.health().disabled["gate"]
    assert len(world.values()) == 61


def test_app_sensor_that_cannot_be_opened_costs_only_itself(tmp_path: Path) -> None:
    """A recording that is not there: the others go on, health says which one and why, and it is tried again."""
    world = World(tmp_path, NODE + '[sense.log]\npart = "replay"\npath = "later.csv"\n')
    world.app.run(cycles=3)
    assert len(world.values()) == 3
    assert "later.csv" in world.health().disabled["sense.log"]
    assert world.app.health.counters["faults_sense"] == 3


def test_app_sensor_that_comes_late_is_read_and_guarded(tmp_path: Path) -> None:
    """A sensor that opens in the third cycle joins the sample, and its channels join what is reported."""
    world = World(tmp_path, NODE + '[sense.log]\npart = "replay"\npath = "later.csv"\n')

    def plug_in() -> None:
        (tmp_path / "later.csv").write_text("humidity\n" + "41.5\n" * 9)

    world.clock.at(100.0, plug_in)
    world.app.run(cycles=4)
    assert [row.get("humidity") for row in world.values()] == [None, None, 41.5, 41.5]
    assert [channel.name for channel in world.app.sensors["log"].channels] == ["humidity"]
    assert "sense.log" not in world.app.health.told


def test_app_without_any_sensor_still_reports(tmp_path: Path) -> None:
    """Nothing to record is not a record; the node says what is missing."""
    world = World(tmp_path, NODE.replace('part = "signal"', 'part = "sginal"'))
    world.app.run(cycles=3)
    assert world.values() == []
    assert "did you mean 'signal'" in world.health().disabled["sense.air"]


MODEL: Final = """
[start]
channels = ["temperature"]
[infer]
part = "tflite"
model = "{model}"
"""


@pytest.mark.parametrize("content", [None, b"", b"not a model at all", b"\x1c\x00\x00\x00TFL3" + b"\xff" * 600])
def test_app_broken_model_senses_on_and_says_why(tmp_path: Path, content: bytes | None) -> None:
    """Missing, empty, foreign or cut off: the readings go out alone, and health names the file."""
    if content is not None:
        (tmp_path / "broken.tflite").write_bytes(content)
    world = World(tmp_path, NODE + MODEL.format(model="broken.tflite"))
    world.app.run(cycles=5)
    assert len(world.values()) == 5
    assert all(row.keys() == {"temperature"} for row in world.values())
    assert "broken.tflite" in world.health().disabled["infer"]
    assert world.app.health.counters["faults_infer"] == 5
    assert world.app.health.counters["inferences"] == 0


RENEWED: Final = """
[start]
block = "image"
[infer]
part = "tflite"
model = "{model}"
[update]
root = "1.root.json"
"""


def test_app_without_a_place_for_updates_answers_with_the_factorys_model(tmp_path: Path) -> None:
    """A disk that has no folder for them costs the updates alone, and health says why."""
    np.savez(tmp_path / "pictures.npz", images=np.zeros((9, 8, 8), np.uint8))
    (tmp_path / "1.root.json").write_text("{}")
    world = World(tmp_path, CAMERA + RENEWED.format(model=ZOO / "digits_standard_float.tflite"))
    assert world.problems == []
    world.app.folder.joinpath("update").write_text("no folder")
    world.app.run(cycles=3)
    assert world.app.health.counters["inferences"] == 3
    assert "free the disk" in world.health().disabled["update"]


def test_app_record_does_not_outwait_its_group_asleep(tmp_path: Path) -> None:
    """A nap longer than `outbox.group_s` begins with a commit: a power cut in it costs nothing."""
    world = World(tmp_path, NODE + "[transmit]\ninterval_s = 86400.0\n")
    committed: list[int] = []
    world.clock.at(30.0 * 60.0 + 1.0, lambda: committed.append(world.app.outbox.totals["committed"]))
    world.app.run(cycles=32)
    assert committed == [31]


def test_app_told_to_stop_ends_in_the_nap(tmp_path: Path) -> None:
    """A stop does not wait for the next deadline, and what was recorded is delivered before the goodbye."""
    world = World(tmp_path)
    world.clock.at(90.0, world.app.stop)
    assert world.app.run() == 0
    assert world.clock.monotonic_s() < 120.0
    assert len(world.values()) == 2


@pytest.fixture(name="small_disk")
def _small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("needs the right to mount a tmpfs")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_app_full_disk_is_told_over_the_air_and_costs_nothing_once_freed(tmp_path: Path, small_disk: Path) -> None:
    """A node whose disk is full still has a radio: health says what to do, and what waited in memory is delivered."""
    filler = small_disk / "filler"
    filler.write_bytes(b"x" * ((4 << 20) - 4096))
    world = World(tmp_path, NODE.replace('board = "sim"', f'board = "sim"\nstate_dir = "{small_disk}/state"'))
    (small_disk / "rest").write_bytes(b"x" * 4096)
    told: list[Mapping[str, str]] = []
    world.clock.at(330.0, lambda: told.append(world.health().disabled))
    world.clock.at(331.0, filler.unlink)
    world.app.run(cycles=12)
    assert {"outbox", "state"} <= told[0].keys()
    assert "free the disk" in told[0]["state"]
    assert len(world.values()) == 12
    assert world.app.health.told == {}


def test_app_disk_full_at_the_end_is_an_error(tmp_path: Path, small_disk: Path) -> None:
    """Records that die with the process are not ended quietly."""
    world = World(tmp_path, NODE.replace('board = "sim"', f'board = "sim"\nstate_dir = "{small_disk}/state"'))
    (small_disk / "filler").write_bytes(b"x" * ((4 << 20) - 4096))
    with pytest.raises(HardwareError, match="free the disk"):
        world.app.run(cycles=3)


@pytest.mark.parametrize(
    "memory", ["x", {"gate": 3, "counters": [], "ledger": {"sense": [1]}}, {"ledger": {"accounts": 1}}]
)
def test_app_memory_of_another_version_starts_afresh(tmp_path: Path, memory: object) -> None:
    """What an update finds on disk may be anything: the node runs, and remembers what it can read."""
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "health.json").write_text(json.dumps({"cycles": 9, "memory": memory}))
    world = World(tmp_path)
    world.app.run(cycles=1)
    assert seen(world.app.config)["cycles"] == 1


def test_app_gives_signals_back(tmp_path: Path) -> None:
    """Who embeds a node has its own handlers again when the node has ended."""
    before = signal.getsignal(signal.SIGTERM)
    World(tmp_path).app.run(cycles=2)
    assert signal.getsignal(signal.SIGTERM) is before


def test_seen_of_a_torn_file_is_nothing(tmp_path: Path) -> None:
    """Half a `health.json` is none: the node starts afresh instead of not at all."""
    world = World(tmp_path)
    (tmp_path / "state").mkdir(exist_ok=True)
    (tmp_path / "state" / "health.json").write_text(json.dumps({"cycles": 3})[:-2])
    assert seen(world.app.config) == {}
    assert World(tmp_path).app.run(cycles=1) == 0


def test_app_books_of_joules_outlive_its_starts(tmp_path: Path) -> None:
    """A new start counts from zero, as health does, and adds to what the node has drawn in its life."""
    drawn_mj = 0.0
    for _ in range(3):
        world = World(tmp_path, NODE + '[mqtt]\nhost = "broker"\n')
        world.app.run(cycles=5)
        drawn_mj += world.app.ledger.total_mj()
        assert world.app.ledger.snapshot()["energy_life_mj"] == pytest.approx(drawn_mj)
    gauges = world.health().gauges
    assert gauges["energy_life_mj"] > drawn_mj / 2
    assert gauges["latency_p95_ms"] >= gauges["latency_p50_ms"] > 0.0


class _Input:
    """A meter at the input of a board that always draws 700 mW."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self.watched = False

    def read(self) -> EnergyReading:
        """Count on, through naps too."""
        now_s = self._clock.monotonic_s()
        return EnergyReading(energy_mj=700.0 * now_s, scope="input", quality="measured", covered_s=now_s, counted=True)

    def watch(self, *, closely: bool) -> None:
        """Note whether the node works."""
        self.watched = closely


def test_app_under_a_meter_tells_what_was_measured(tmp_path: Path) -> None:
    """Every joule that the meter counted is in the accounts, and next to none is modelled."""
    world = World(tmp_path)
    meter = _Input(world.clock)
    ports = replace(world.ports, open_meter=lambda _: Metering(name="fake", meter=meter))
    app = App(world.app.config, ports=ports, carry=world._carry)
    app.run(cycles=10)
    measured_mj = sum(measured for measured, _ in app.ledger.energy_mj().values())
    assert world.clock.monotonic_s() > 8 * 60.0
    assert measured_mj == pytest.approx(700.0 * world.clock.monotonic_s(), rel=0.01)
    assert app.ledger.snapshot()["energy_measured_share"] > 0.95
    assert not meter.watched


def test_app_single_wake_looks_for_no_meter(tmp_path: Path) -> None:
    """To look for one takes longer than a wake that its gate turns down."""
    world = World(tmp_path)
    asked: list[bool] = []

    def open_meter(_: object) -> Metering:
        asked.append(True)
        return Metering()

    App(world.app.config, ports=replace(world.ports, open_meter=open_meter), carry=world._carry).run(cycles=1)
    assert asked == []


def test_app_sets_the_clocks_that_it_is_told_and_puts_them_back(tmp_path: Path) -> None:
    """A mode by name, from the start to the end, and what a board lacks in health."""
    world = World(tmp_path, NODE + '[mqtt]\nhost = "broker"\n[dvfs]\nmode = "powersave"\n')
    dials = Dials(refused={"gpu": "no GPU with clocks here"})
    App(world.app.config, ports=replace(world.ports, open_throttle=lambda: dials), carry=world._carry).run(cycles=5)
    assert dials.modes == ["powersave", None]
    assert world.health().disabled["dvfs"] == "gpu: no GPU with clocks here"


def test_app_stopped_while_it_begins_puts_the_clocks_back(tmp_path: Path) -> None:
    """A service that is stopped at once leaves the machine as slow, or as fast, as it found it."""

    class Stopping(Dials):
        def set(self, mode: Mode) -> Mapping[str, str]:
            signal.raise_signal(signal.SIGTERM)
            return super().set(mode)

    world = World(tmp_path, NODE + '[dvfs]\nmode = "powersave"\n')
    dials = Stopping()
    app = App(world.app.config, ports=replace(world.ports, open_throttle=lambda: dials), carry=world._carry)
    assert app.run() == 0
    assert dials.modes == ["powersave", None]
    assert seen(app.config)["cycles"] == 0


def test_app_touches_no_clock_unasked(tmp_path: Path) -> None:
    """Clocks belong to the whole machine."""
    world = World(tmp_path)
    dials = Dials()
    App(world.app.config, ports=replace(world.ports, open_throttle=lambda: dials), carry=world._carry).run(cycles=5)
    assert dials.modes == []
