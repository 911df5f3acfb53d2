"""A day in the life: 1,440 wakes of a whole node on the virtual clock, with a gateway that is away in the afternoon."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from boards import open_ports
from node.app import App
from node.config import load_strictly
from node.transmit.schedule import phase
from node.wire.messages import Health, Reported, State
from tests.node.courier import Carrier

if TYPE_CHECKING:
    from boards.sim.clock import VirtualClock
    from node.transmit.inbox import Inbox
    from node.transmit.outbox import Outbox

ZOO: Final = Path(__file__).resolve().parents[2] / "tools" / "zoo"
DAY_S: Final = 86_400.0
HOUR_S: Final = 3_600.0
MINUTE_MS: Final = 60_000

NODE: Final = f"""
[node]
site = "plant"
name = "pump"
board = "sim"
[sense.air]
part = "signal"
channel = "temperature"
unit = "Cel"
offset = 18.0
amplitude = 6.0
period_s = 86400.0
noise = 0.05
missing = 0.01
[sense.accelerometer]
part = "bearing"
fault = "outer"
fault_from_s = 43200.0
grow_s = 3600.0
after_gate = true
[gate]
part = "send_on_delta"
channels = ["temperature"]
delta = 0.2
[start]
block = "vibration"
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
model = "{ZOO}/pump_int8.tflite"
[record]
stream = "vibration"
keep = ["temperature"]
[transmit]
interval_s = 300.0
health_s = 3600.0
[sleep]
period_s = 60.0
savings = ["hdmi"]
"""


@dataclass(frozen=True)
class Day:
    """A day that is over."""

    app: App
    carrier: Carrier
    elapsed_s: float
    start_ms: int


@pytest.fixture(scope="module", name="day")
def _day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    """Live through a day, from midnight to midnight."""
    path = tmp_path_factory.mktemp("day") / "node.toml"
    path.write_text(NODE)
    ports = open_ports("sim", clock="virtual")
    clock: VirtualClock = ports.clock  # type: ignore[assignment]  # asked for by name
    carriers: list[Carrier] = []

    def carry(outbox: Outbox, inbox: Inbox) -> Carrier:
        carriers.append(Carrier(outbox, inbox, clock.advance))
        return carriers[-1]

    app = App(load_strictly(path), ports=ports, carry=carry)
    start_ms = clock.wall_ms()
    clock.at(14.0 * HOUR_S - 30.0, lambda: setattr(carriers[0], "listening", False))
    clock.at(17.0 * HOUR_S - 30.0, lambda: setattr(carriers[0], "listening", True))
    clock.at(DAY_S, app.stop)
    assert app.run() == 0
    (carrier,) = carriers
    return Day(app, carrier, clock.monotonic_s(), start_ms)


def test_day_every_minute_was_sampled_and_kept_its_phase(day: Day) -> None:
    """However long an exchange took, the next cycle starts on its minute, the node's own from its first slot on."""
    counters = day.app.health.counters
    assert (counters["cycles"], counters["deadlines_skipped"]) == (1441, 0)
    phase_ms = round(phase("pump") * 300_000)
    since_ms = [time_ms - day.start_ms for time_ms in day.carrier.times_ms.values()]
    assert {each % MINUTE_MS for each in since_ms if each < phase_ms} == {0}
    assert {(each - phase_ms) % MINUTE_MS for each in since_ms if each >= phase_ms} <= {0, 1, MINUTE_MS - 1}


def test_day_every_opened_sample_was_stored_once_by_midnight(day: Day) -> None:
    """Shut, missing or stored: nothing is in between, and three hours without a gateway cost nothing."""
    counters = day.app.health.counters
    opened = counters["cycles"] - counters["gated_out"] - counters["missing"]
    assert 0 < counters["missing"] < counters["gated_out"]
    assert opened > 100
    assert counters["inferences"] == counters["records_committed"] == counters["records_receipted"] == opened
    assert day.carrier.rows == dict.fromkeys(((day.app.boot_id, seq) for seq in range(opened)), 1)
    assert sum(counters[f"faults_{stage}"] for stage in ("sense", "gate", "preprocess", "infer", "compress")) == 0


def test_day_transmitted_every_five_minutes(day: Day) -> None:
    """A greeting, 288 slots, and the goodbye; in the afternoon what had something to deliver had no receipt."""
    counters = day.app.health.counters
    assert day.carrier.deliveries == counters["transmissions"] == 1 + 288 + 1
    assert 0 < counters["link_failures"] <= 36
    sampled_h = {(time_ms - day.start_ms) / 3_600_000 // 1 for time_ms in day.carrier.times_ms.values()}
    assert {14.0, 15.0, 16.0} <= sampled_h


def test_day_every_promise_was_kept(day: Day) -> None:
    """Who sleeps says until when, and is back by then: within the seconds that connecting takes."""
    presences = day.carrier.presences()
    assert [each.state for each in presences[:4]] == [State.READY, State.SLEEPING] * 2
    promises = [
        (asleep.next_wake_ms, back.time_ms)
        for asleep, back in pairwise(presences[:-2])  # without the goodbye, which came before its slot
        if asleep.state is State.SLEEPING and asleep.next_wake_ms is not None
    ]
    assert len(promises) == 288
    assert {back_ms - promised_ms for promised_ms, back_ms in promises} <= {1499, 1500, 1501}
    assert presences[-1].state is State.DISCONNECTED


def test_day_told_its_health_and_what_it_runs_on(day: Day) -> None:
    """Health every hour and at the end; what it runs on when that changes, with the wish that it obeyed."""
    healths = [message for message in day.carrier.said if isinstance(message, Health)]
    assert len(healths) == 24 + 1
    assert healths[-1].counters["cycles"] == 1441
    assert healths[-1].disabled == {}
    reports = [message for message in day.carrier.said if isinstance(message, Reported)]
    assert [message.version for message in reports] == [7, 7]
    first, later = (message.streams["vibration"] for message in reports)
    assert first == {"temperature": "Cel"}
    assert later.items() > first.items(), "the units of what is read behind the gate, once that has opened"


def test_day_energy_is_that_of_its_seconds(day: Day) -> None:
    """24 hours and the goodbye, each second in one state of the board: nothing forgotten, nothing twice.

    Going into light sleep and coming back cost a little more than being there. A transmission waits at idle, and is
    busy for the rest of its time; what the radio took comes on top.
    """
    ledger, states = day.app.ledger, day.app.ports.board.states
    seconds = {stage: account.seconds for stage, account in ledger.accounts.items()}
    assert sum(seconds.values()) == pytest.approx(day.elapsed_s)
    assert day.elapsed_s == pytest.approx(DAY_S, abs=10.0)
    assert seconds["transmit"] == pytest.approx(sum(seconds.values()) - seconds["sleep"])
    assert seconds["transmit"] > 288 * 1.5
    asleep_mj = ledger.accounts["sleep"].modelled_mj
    light_mj = seconds["sleep"] * states["light"].power_mw
    assert light_mj <= asleep_mj * (1.0 + 1e-9)
    assert asleep_mj <= 1.02 * light_mj
    carried, radio = day.carrier.traffic, day.app.ports.open_radio and day.app.ports.open_radio()
    assert radio
    air_mj = radio.join.energy_mj + carried.packets * radio.packet_mj + carried.sent_bytes * radio.sent_byte_mj
    waiting_mj = carried.waited_s * states["idle"].power_mw
    busy_mj = (seconds["transmit"] - carried.waited_s) * states["active"].power_mw
    assert ledger.accounts["transmit"].modelled_mj == pytest.approx(air_mj + waiting_mj + busy_mj)
    assert ledger.total_mj() == pytest.approx(asleep_mj + air_mj + waiting_mj + busy_mj)


def test_day_model_saw_the_bearing_fail(day: Day) -> None:
    """The real model answered all day: the bearing that spalls from noon on is told from the sound one."""
    noon_ms = day.start_ms + 12 * 3_600_000
    labels = [(day.carrier.times_ms[row] - noon_ms, values["label"]) for row, values in day.carrier.values.items()]
    before = [label for since_ms, label in labels if since_ms < 0]
    failed = [label for since_ms, label in labels if since_ms > 3_600_000]
    assert before.count("normal") > 0.9 * len(before)
    assert failed.count("anomaly") > 0.9 * len(failed)
    assert day.app.health.reasons == {}
