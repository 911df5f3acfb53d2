"""The loop: what goes round, and what stops where."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from node.config import Recording
from node.cycle import Cycle
from node.escalate.windows import Rationed
from node.health import Health
from node.sense import EndOfData
from node.sleep.ledger import Ledger
from node.values import Block, Inference, Reading
from tests.node.world import STATES, Above, Doubling, Home, Pigeon, Thermometer, Ticking

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.values import Features, Sample


def cycle_of(home: Home, **recording: object) -> tuple[Cycle, Health, Ledger]:
    """Put a cycle together around a home."""
    health, ledger, asked = Health({}), Ledger(STATES), Recording(**recording)  # type: ignore[arg-type]
    home.windows = Rationed(asked, {})
    return Cycle(home, asked, Ticking(), ledger, health), health, ledger  # type: ignore[arg-type]


def test_cycle_open_gate_keeps_the_answer() -> None:
    """What the engine answered reaches the outbox with the channels that were asked for."""
    home = Home(sensors={"t": Thermometer(21.5)})
    cycle, health, _ = cycle_of(home, keep=("temperature",), stream="climate", priority=7)
    assert cycle.run().opens
    (record,) = home.outbox.records
    assert record.values == {"temperature": 21.5, "double": 43.0}
    assert (record.stream, record.model, record.priority) == ("climate", "doubling@1", 7)
    assert (health.counters["samples"], health.counters["inferences"]) == (1, 1)


def test_cycle_shut_gate_builds_nothing_beyond_it() -> None:
    """A cycle that the gate turns down asks for no engine, no chain, no outbox."""

    class Porch(Home):
        def __getattribute__(self, name: str) -> object:
            assert name not in {"engine", "chain", "outbox", "plain", "lookers"}, f"{name} was asked for"
            return super().__getattribute__(name)

    cycle, health, _ = cycle_of(Porch(sensors={"t": Thermometer(1.0)}, gate=Above(5.0)))
    assert not cycle.run().opens
    assert health.counters["gated_out"] == 1


def test_cycle_sensor_fails_reading_is_missing_and_the_rest_goes_on() -> None:
    """A chip that does not answer is NaN, counted, told once, and forgiven when it answers again."""
    home = Home(sensors={"t": Thermometer(None, None, 9.0)}, gate=Above(5.0))
    cycle, health, _ = cycle_of(home)
    cycle.run()
    cycle.run()
    assert (health.counters["faults_sense"], health.counters["missing"]) == (2, 2)
    assert "check the wiring" in health.reasons["sense.t"]
    assert cycle.run().opens
    assert health.reasons == {}


def test_cycle_model_cannot_load_readings_go_out_alone() -> None:
    """A node whose model is broken senses on and says why."""
    home = Home(sensors={"t": Thermometer(21.5)}, engine=Doubling(broken=True))
    cycle, health, _ = cycle_of(home)
    cycle.run()
    assert [record.values for record in home.outbox.records] == [{"temperature": 21.5}]
    assert "not a TFLite file" in health.reasons["infer"]
    assert health.counters["inferences"] == 0


def test_cycle_gate_lacks_a_reading_health_says_which() -> None:
    """A gate that watches what nobody measures is silent over the air, so the reason stands in health until it ends."""
    home = Home(sensors={"t": Thermometer(math.nan, math.nan, 1.0)}, gate=Above(5.0))
    cycle, health, _ = cycle_of(home)
    cycle.run()
    cycle.run()
    assert health.told == {"readings": "no reading"}
    assert (health.counters["missing"], health.counters["faults_gate"]) == (2, 0)
    cycle.run()
    assert health.told == {}


def test_cycle_gate_raises_is_missing_never_open() -> None:
    """A bug in a gate neither stops the node nor lets everything through."""
    home = Home(sensors={"t": Thermometer(666.0, 9.0)}, gate=Above(5.0))
    cycle, health, _ = cycle_of(home)
    assert not cycle.run().opens
    assert health.counters["faults_gate"] == 1
    assert cycle.run().opens


def test_cycle_looker_is_read_only_when_the_gate_opens() -> None:
    """The camera sleeps until the thermometer says so."""
    camera = Thermometer(math.nan)
    camera.channels = ()
    home = Home(sensors={"t": Thermometer(1.0, 9.0)}, lookers={"camera": camera}, gate=Above(5.0))
    cycle, _, _ = cycle_of(home)
    cycle.run()
    assert len(camera.values) == 1
    cycle.run()
    assert camera.values == []


def test_cycle_two_sensors_of_one_channel_are_told_of() -> None:
    """One of the two values is lost, and that is no silence; with names of their own both are kept."""
    home = Home(sensors={"a": Thermometer(1.0), "b": Thermometer(2.0)})
    cycle, health, _ = cycle_of(home)
    cycle.run()
    assert health.told["sense"].startswith("more than one sensor gives temperature, and one of them is lost")
    looked = Home(sensors={"a": Thermometer(1.0)}, lookers={"b": Thermometer(2.0)})
    cycle, health, _ = cycle_of(looked)
    cycle.run()
    assert "more than one sensor gives temperature" in health.told["sense"]


def test_cycle_wish_that_cannot_be_obeyed_costs_no_sample() -> None:
    """What goes wrong with the gateway's wish is told and taken back; the cycle goes on as without it."""

    class Stubborn(Pigeon):
        wishes = 1

        def obey(self) -> None:
            self.wishes -= 1
            if self.wishes == 0:
                raise OSError(28, "No space left on device")

    home = Home(sensors={"t": Thermometer(1.0, 2.0)}, uplink=Stubborn())
    cycle, health, _ = cycle_of(home)
    cycle.run()
    assert health.told == {"desired": "OSError: [Errno 28] No space left on device"}
    assert (len(home.outbox.records), health.counters["faults_transmit"]) == (1, 1)
    cycle.run()
    assert health.told == {}


def test_cycle_recording_over_ends_the_loop() -> None:
    """The end of a recording is the one thing that a stage lets through."""
    cycle, _, _ = cycle_of(Home(sensors={"t": Thermometer()}))
    with pytest.raises(EndOfData):
        cycle.run()


def test_cycle_time_awake_is_booked_by_stage() -> None:
    """Every stage that ran has its seconds in the ledger."""
    home = Home(sensors={"t": Thermometer(9.0)}, uplink=Pigeon(ready=True))
    cycle, _, ledger = cycle_of(home)
    cycle.run()
    assert home.uplink.flights == 1
    assert {"sense", "gate", "infer", "compress", "transmit"} <= set(ledger.energy_mj())


def test_cycle_urgent_label_is_kept_and_sent_at_once() -> None:
    """A label that cannot wait is committed with its record and makes the link due in this cycle."""

    class Alarm(Doubling):
        def infer(self, sample: Sample, features: Features | None) -> Sequence[Inference]:
            return [Inference(values={"label": "anomaly" if sample.values["temperature"] > 5.0 else "normal"})]

    home = Home(sensors={"t": Thermometer(1.0, 9.0)}, engine=Alarm())
    cycle, _, _ = cycle_of(home, urgent=("anomaly",))
    cycle.run()
    assert home.uplink.flights == 0
    cycle.run()
    assert home.uplink.flights == 1
    assert [record.critical for record in home.outbox.records] == [False, True]


class Camera(Thermometer):
    """A thermometer that takes pictures of so many pixels."""

    def __init__(self, *pixels: int) -> None:
        super().__init__(*([21.5] * len(pixels)))
        self.pixels = list(pixels)

    def read(self) -> Reading:
        """Give the next picture."""
        reading = super().read()
        return Reading(values=reading.values, blocks={"picture": Block(data=np.zeros(self.pixels.pop(0), np.uint8))})


def test_cycle_asked_for_raw_windows_keeps_what_was_sensed() -> None:
    """The block goes to the outbox beside the answer, with the answer's time; without being asked it does not."""
    home = Home(sensors={"camera": Camera(64)})
    cycle_of(home, raw="always", raw_priority=2)[0].run()
    (window,), (record,) = home.outbox.windows, home.outbox.records
    assert (window.stream, window.time_ms, window.priority) == ("picture", record.time_ms, 2)
    assert window.block.data.shape == (64,)
    quiet = Home(sensors={"camera": Camera(64)})
    cycle_of(quiet)[0].run()
    assert quiet.outbox.windows == []


def test_cycle_window_that_no_message_holds_costs_no_answer() -> None:
    """The answer is kept, health says why the window was not, and takes it back with the next that is."""
    home = Home(sensors={"camera": Camera(101, 64)})
    cycle, health, _ = cycle_of(home, raw="always")
    cycle.run()
    assert len(home.outbox.records) == 1
    assert health.told == {"record.raw": "window 'picture' not kept: too large"}
    cycle.run()
    assert (len(home.outbox.records), len(home.outbox.windows), health.told) == (2, 1, {})


def test_cycle_asked_for_a_block_that_nobody_gives_says_so() -> None:
    """A name with a slip of the pen is no silence."""
    home = Home(sensors={"camera": Camera(64)})
    cycle, health, _ = cycle_of(home, raw="always", raw_blocks=("pictrue",))
    cycle.run()
    assert home.outbox.windows == []
    assert health.told == {"record.raw": "record.raw_blocks: no pictrue; this sample has: picture"}
