"""What a node says of itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from node.app import App, seen
from node.hal import Metering
from tests.node.sleep.test_ledger import Bench
from tests.node.sleep.test_rest import LumpyBed
from tests.node.test_app import NODE, World

if TYPE_CHECKING:
    from pathlib import Path

    from node.hal import Bed, Bedding, Conditions
    from node.options import Spec


def test_telling_of_a_state_that_is_refused_says_why(tmp_path: Path) -> None:
    """A node that cannot sleep as it should empties its battery: its gateway hears of it, with the reason."""
    world = World(tmp_path, NODE + '[mqtt]\nhost = "broker"\n')
    open_inner = world.ports.open_bed

    def open_bed(bedding: Bedding) -> Bed:
        assert open_inner
        return LumpyBed(open_inner(bedding), {"light"})

    App(world.app.config, ports=replace(world.ports, open_bed=open_bed), carry=world._carry).run(cycles=3)
    assert world.health().disabled == {
        "sleep": "light: /sys/class/rtc/rtc0/wakealarm: Device or resource busy",
    }


class Bright(LumpyBed):
    """A bed whose display stays on."""

    def conditions(self, *, memory_is_on_disk: bool) -> Conditions:
        """Say what light sleep did without."""
        inner = super().conditions(memory_is_on_disk=memory_is_on_disk)
        return replace(inner, unsaved={"hdmi": "/sys/class/drm: 'off' was written"})


def test_telling_of_a_saving_that_is_refused_says_why(tmp_path: Path) -> None:
    """What the operator wished to be off and is on costs energy with every nap."""
    world = World(tmp_path)
    open_inner = world.ports.open_bed

    def open_bed(bedding: Bedding) -> Bed:
        assert open_inner
        return Bright(open_inner(bedding), set())

    App(world.app.config, ports=replace(world.ports, open_bed=open_bed), carry=world._carry).run(cycles=3)
    assert world.health().disabled["savings"] == "/sys/class/drm: 'off' was written"


def test_telling_names_the_units_of_what_is_read_behind_the_gate_too(tmp_path: Path) -> None:
    """A column without its unit is half a column, whenever its sensor is read."""
    soil = '[sense.soil]\npart = "signal"\nchannel = "moisture"\nunit = "%"\nafter_gate = true\n'
    world = World(tmp_path, NODE + soil)
    world.app.run(cycles=2)
    assert world.app.telling.reported(0).streams == {"results": {"temperature": "Cel", "moisture": "%"}}


def test_telling_of_what_the_broker_refuses_says_so(tmp_path: Path) -> None:
    """A session's newest refusal is a reason, on disk too."""
    app = App(World(tmp_path, NODE + '[mqtt]\nhost = "127.0.0.1"\nport = 9\n').app.config)
    assert app.uplink.due()
    app.uplink.transmit()
    assert app.carrier.session
    app.carrier.session.on_ack(1, 0x87, "Not authorized")
    app.close()
    reasons = seen(app.config)["reasons"]
    assert isinstance(reasons, dict)
    assert reasons["broker"] == "the broker refused a message: Not authorized"


def test_telling_of_joules_names_the_board_whose_figures_they_are(tmp_path: Path) -> None:
    """Modelled joules are those of a board; which one is in every health message."""
    world = World(tmp_path)
    world.app.run(cycles=3)
    assert world.health().info == {"board": "sim"}


def test_telling_of_a_meter_names_it_and_how_well_it_knows(tmp_path: Path) -> None:
    """A subscriber sees who measured what, and how well; and which meter was wanted and is silent."""
    world = World(tmp_path, NODE + '[meter]\npart = "wittypi4"\n')
    bench = Bench("rails", counted=True)
    found = Metering(name="hwmon_ina", meter=bench, silent={"wittypi4": "i2c1 0x08: no answer"})
    asked: list[Spec | None] = []

    def open_meter(chosen: Spec | None) -> Metering:
        asked.append(chosen)
        return found

    def draw() -> None:
        bench.draw(500.0, 30.0)

    world.clock.at(30.0, draw)
    App(world.app.config, ports=replace(world.ports, open_meter=open_meter), carry=world._carry).run(cycles=9)
    assert asked == [world.app.config.meter]
    assert world.health().info == {
        "board": "sim",
        "meter": "hwmon_ina",
        "meter_scope": "rails",
        "meter_quality": "measured",
    }
    assert world.health().disabled["meter"] == "i2c1 0x08: no answer"


def test_telling_of_a_transmission_books_the_radio_and_counts_its_bytes(tmp_path: Path) -> None:
    """Joining, packets and bytes of the board's radio stand under `transmit`, and waiting there costs no full draw."""
    world = World(tmp_path, NODE + "[transmit]\ninterval_s = 120.0\n")
    world.app.run(cycles=7)
    assert world.carrier
    carried, counters, states = world.carrier.traffic, world.app.health.counters, world.ports.board.states
    told = (counters["connections"], counters["air_bytes_sent"], counters["air_bytes_received"])
    assert told == (carried.connections, carried.sent_bytes, carried.received_bytes)
    assert carried.connections == 5
    assert world.ports.open_radio
    radio = world.ports.open_radio()
    assert radio
    account = world.app.ledger.accounts["transmit"]
    air_mj = radio.join.energy_mj + carried.packets * radio.packet_mj + carried.sent_bytes * radio.sent_byte_mj
    busy_mj = (account.seconds - carried.waited_s) * states["active"].power_mw
    waiting_mj = carried.waited_s * states["idle"].power_mw
    assert account.modelled_mj == pytest.approx(air_mj + busy_mj + waiting_mj)
    per_inference_mj = world.app.ledger.snapshot()["network_mj_per_inference"]
    assert per_inference_mj == pytest.approx(account.modelled_mj / counters["inferences"])
