"""The node, asked to stay up and to do something once: on its own clock, over starts and power cuts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest

from node.commands import keeper
from node.wire.messages import Desired, State
from tests.node.commands.machine import NODE, Machine, PowerCut

if TYPE_CHECKING:
    from pathlib import Path

    from node.commands.standing import Book
    from node.wire.messages import Presence

HALTS: Final = NODE + 'deepest = "off"\n'
ALL: Final = NODE + '[commands]\nallow = ["doctor", "identify", "reboot"]\n[commands.reboot]\nleast_up_s = 0.0\n'


def lease(machine: Machine, seconds: float, version: int = 8) -> Desired:
    """Return a wish for a lease from now on."""
    now_ms = machine.clock.wall_ms()
    return Desired(version=version, lease_until_ms=now_ms + round(seconds * 1000), time_ms=now_ms)


def ordered(machine: Machine, words: dict[int, str], version: int = 8) -> Desired:
    """Return a wish for some commands."""
    return Desired(version=version, commands=words, time_ms=machine.clock.wall_ms())


def presences(machine: Machine) -> list[Presence]:
    """Return all that was said of where the node is."""
    return [each for carrier in machine.carriers for each in carrier.presences()]


def test_lease_keeps_a_node_up_that_would_go_down(tmp_path: Path) -> None:
    """It stays connected until the lease is over, says so, and then goes down as ever."""
    machine = Machine(tmp_path, HALTS)
    machine.wish = lease(machine, 700.0)
    assert machine.start() == 0
    states = [(each.state, each.awake_until_ms) for each in presences(machine)]
    until_ms = machine.wish.lease_until_ms
    assert states == [(State.READY, 0), (State.READY, until_ms), (State.SLEEPING, 0)]
    assert until_ms <= presences(machine)[-1].time_ms <= until_ms + 1000
    assert machine.apps[0].ledger.accounts["sleep"].seconds >= 690.0
    assert machine.apps[0].health.counters["cycles"] == 2, "the rhythm of the samples stands"


def test_lease_that_nobody_asked_for_keeps_nobody_up(tmp_path: Path) -> None:
    """Negative control: the same node goes down at once."""
    machine = Machine(tmp_path, HALTS)
    assert machine.start() == 0
    assert machine.clock.monotonic_s() < 610.0
    assert machine.apps[0].health.counters["cycles"] == 1


def test_lease_ends_by_itself_though_the_gateway_is_gone(tmp_path: Path) -> None:
    """The link breaks, nobody answers any more; the node tries now and then, and sleeps when its time is over."""
    machine = Machine(tmp_path, HALTS)
    machine.wish = lease(machine, 600.0)

    def away() -> None:
        machine.carriers[0].reachable = machine.carriers[0].connected = False

    machine.clock.at(100.0, away)
    assert machine.start() == 0
    assert machine.clock.monotonic_s() < 1300.0
    assert "link" in machine.apps[0].health.reasons


def test_lease_under_a_clock_that_is_set_back_ends_in_time(tmp_path: Path) -> None:
    """A wall clock that stands still makes no lease endless."""
    machine = Machine(tmp_path, HALTS)
    start_ms = machine.clock.wall_ms()
    machine.wish = lease(machine, 600.0)
    for at_s in range(60, 6000, 60):
        machine.clock.at(float(at_s), lambda: machine.clock.set_wall(start_ms))
    assert machine.start() == 0
    assert machine.clock.monotonic_s() < 1300.0


def test_lease_longer_than_the_nodes_limit_is_cut_and_the_reason_reported(tmp_path: Path) -> None:
    """No wish crosses what the operator set."""
    machine = Machine(tmp_path, HALTS + "[lease]\nmost_s = 120.0\n")
    machine.wish = lease(machine, 86_400.0)
    assert machine.start() == 0
    assert machine.clock.monotonic_s() < 610.0
    assert machine.reported().refused == {"lease": "cut to 120 s: lease.most_s"}
    assert "lease.until_ms" not in machine.reported().settings


def test_lease_of_a_node_that_ends_after_a_wake_is_refused(tmp_path: Path) -> None:
    """Somebody else's timer starts it: nothing stays."""
    machine = Machine(tmp_path)
    machine.wish = lease(machine, 600.0)
    machine.start(cycles=1)
    assert machine.reported().refused == {"lease": "refused: lease.most_s is 0: this node takes none"}


def test_lease_below_the_batterys_reserve_is_refused(tmp_path: Path) -> None:
    """A node that lives by its battery, and does not know what it holds, keeps what it may have."""
    machine = Machine(tmp_path, NODE.replace("state_dir", "battery_wh = 10.0\nstate_dir") + "[energy]\n")
    machine.wish = lease(machine, 600.0)
    machine.start(for_s=1000.0)
    assert machine.reported().refused["lease"].startswith("refused: the battery holds 0% for sure")


def test_wish_through_a_lease_is_obeyed_at_once(tmp_path: Path) -> None:
    """Who is awake and connected does not wait for its next sample; another lease takes the place of the first."""
    machine = Machine(tmp_path)
    machine.wish = lease(machine, 500.0)
    machine.clock.at(100.0, lambda: machine.says(ordered(machine, {1: "doctor"}, version=9)))
    machine.start(for_s=200.0)
    told = machine.reported()
    assert told.version == 9
    assert told.commands[1].startswith("successful: ")
    assert presences(machine)[-3].state is State.SLEEPING, "the second wish names no lease"


def test_identify_blinks_for_its_time_and_keeps_the_node_up(tmp_path: Path) -> None:
    """The lamp is put back as it was, and the order is done."""
    machine = Machine(tmp_path, HALTS)
    machine.wish = ordered(machine, {1: "identify"})
    assert machine.start() == 0
    assert machine.box.lit == ["on", "off"]
    assert 30.0 <= machine.clock.monotonic_s() < 640.0
    assert machine.reported().commands == {1: "successful: ACT blinks for 30 s"}


def test_identify_without_a_lamp_is_found_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is done as far as it can be, and says how far that was."""
    machine = Machine(tmp_path)
    machine.box.lamp = False
    machine.wish = ordered(machine, {1: "identify"})
    machine.start(for_s=10.0)
    assert machine.reported().commands == {1: "successful: in its log alone: no lamp"}
    assert "here is well" in caplog.text


def test_doctor_tells_what_it_found(tmp_path: Path) -> None:
    """What the node reads stands in it; it is there for as long as the gateway asks."""
    machine = Machine(tmp_path)
    machine.wish = ordered(machine, {1: "doctor"})
    machine.start(for_s=10.0)
    told = machine.reported()
    assert told.findings["sense.air"].startswith("ok: temperature 20")
    assert told.findings["broker"].startswith("warn: no [mqtt]")
    machine.wish = Desired(version=9)
    machine.start(for_s=10.0)
    assert (machine.reported().findings, machine.reported().commands) == ({}, {})


def test_raw_sends_what_the_sensors_give_with_the_same_link(tmp_path: Path) -> None:
    """A picture of now is at the gateway before the node sleeps again; a node of numbers alone has none."""
    np.savez(tmp_path / "pictures.npz", image=np.full((3, 4, 5), 7, np.uint8))
    camera = '[sense.eye]\npart = "replay"\npath = "pictures.npz"\n[commands]\nallow = ["raw"]\n'
    machine = Machine(tmp_path, HALTS + camera)
    machine.wish = ordered(machine, {1: "raw"})
    assert machine.start() == 0
    assert machine.reported().commands == {1: "successful: image (4, 5, 1)"}
    (window,) = machine.carriers[0].windows
    assert (window.stream, tuple(window.shape), window.size_bytes) == ("image", (4, 5, 1), 20)
    assert machine.carriers[0].traffic.connections == 1
    bare = Machine(tmp_path / "bare", NODE + '[commands]\nallow = ["raw"]\n')
    bare.wish = ordered(bare, {1: "raw"})
    bare.start(for_s=10.0)
    assert bare.reported().commands == {1: "failed: no sensor gives a waveform or a picture"}


def test_command_that_is_unknown_or_not_allowed_fails_with_the_reason(tmp_path: Path) -> None:
    """A restart is not among what a node does unless its operator says so."""
    machine = Machine(tmp_path)
    machine.wish = ordered(machine, {1: "reboot", 2: "rm -rf /", 3: "identify"})
    machine.start(for_s=60.0)
    told = machine.reported().commands
    assert told[1] == told[2] == "failed: not allowed here; [commands] allow has doctor, identify"
    assert told[3].startswith("successful")
    assert machine.box.reboots == 0


def restarted(machine: Machine, most: int) -> None:
    """Start a machine as often as it restarts, with the same wish at the broker: a broker keeps it."""

    def goes_down() -> None:
        machine.clock.at(machine.clock.monotonic_s() + 1.0, machine.apps[-1].stop)

    machine.box.on_reboot = goes_down
    while True:
        before = machine.box.reboots
        machine.start(for_s=100.0)
        if machine.box.reboots == before or machine.box.boots == most:
            return
        machine.box.boots += 1


def test_reboot_is_carried_out_once_though_the_wish_stays(tmp_path: Path) -> None:
    """The next start says that it was done."""
    machine = Machine(tmp_path, ALL)
    machine.wish = ordered(machine, {1: "reboot"})
    restarted(machine, most=6)
    assert machine.box.reboots == 1
    assert machine.reported().commands == {1: "successful"}


class Forgetful(keeper.Keeper):
    """Negative control: does first, and writes down after."""

    def _keep(self, book: Book) -> bool:
        self._book = book
        return True


def test_reboot_that_is_written_down_after_it_is_done_loops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: the same machine, whose node notes what it did when it has done it, restarts for ever."""
    monkeypatch.setattr(keeper, "Keeper", Forgetful)
    machine = Machine(tmp_path, ALL)
    machine.wish = ordered(machine, {1: "reboot"})
    restarted(machine, most=6)
    assert machine.box.reboots == 6


@pytest.mark.parametrize("words", ["reboot", "identify"])
def test_command_in_which_the_power_fails_is_not_begun_again(tmp_path: Path, words: str) -> None:
    """Written down before it is begun, so that a start in the middle of it finds that it was."""
    machine = Machine(tmp_path, ALL)
    begun = []

    def fails() -> str:
        begun.append(words)
        raise PowerCut

    machine.box.on_reboot = fails  # type: ignore[assignment]  # it returns nothing
    machine.box.blink = fails  # type: ignore[method-assign]
    machine.wish = ordered(machine, {1: words})
    with pytest.raises(PowerCut):
        machine.start(for_s=100.0)
    for _ in range(3):
        machine.box.boots += 1
        machine.start(for_s=100.0)
    assert begun == [words]
    assert machine.reported().commands[1] in {"successful", "failed: the node ended while it ran"}


def test_reboot_too_soon_after_a_start_waits_to_be_ordered_again(tmp_path: Path) -> None:
    """However often it is ordered, a node works for a while between two of them."""
    machine = Machine(tmp_path, ALL.replace("least_up_s = 0.0", "least_up_s = 300.0"))
    machine.wish = ordered(machine, {1: "reboot"})
    machine.start(for_s=100.0)
    assert machine.box.reboots == 0
    assert "least_up_s is 300" in machine.reported().commands[1]


def test_command_on_a_disk_that_refuses_is_not_begun(tmp_path: Path) -> None:
    """What nobody would remember is not done, and the reason is reported."""
    machine = Machine(tmp_path, ALL)
    (tmp_path / "state" / "commands.json.new").mkdir(parents=True)
    machine.wish = ordered(machine, {1: "reboot"})
    machine.start(for_s=100.0)
    assert machine.box.reboots == 0
    assert "cannot be written" in machine.reported().refused["commands"]


def _power_cut() -> str:
    raise PowerCut


def test_command_whose_time_is_over_behind_another_is_not_begun(tmp_path: Path) -> None:
    """It was heard in time, and waited; what still may be begun is, in its turn."""
    machine = Machine(tmp_path, ALL)
    in_10_s = machine.clock.wall_ms() + 10_000
    machine.wish = replace(ordered(machine, {1: "identify", 2: "reboot", 3: "identify"}), deadlines={2: in_10_s})
    machine.start(for_s=200.0)
    done = "successful: ACT blinks for 30 s"
    assert machine.reported().commands == {1: done, 2: "expired", 3: done}
    assert machine.box.reboots == 0


def test_command_that_waited_through_a_power_cut_beyond_its_time_is_not_begun(tmp_path: Path) -> None:
    """Nobody is surprised by what was wished for days ago."""
    machine = Machine(tmp_path, ALL)
    in_60_s = machine.clock.wall_ms() + 60_000
    machine.wish = replace(ordered(machine, {1: "identify", 2: "reboot"}), deadlines={2: in_60_s})

    machine.box.blink = _power_cut  # type: ignore[method-assign]
    with pytest.raises(PowerCut):
        machine.start(for_s=10.0)
    machine.clock.advance(3 * 86_400.0)
    machine.start(for_s=10.0)
    assert machine.reported().commands == {1: "failed: the node ended while it ran", 2: "expired"}
    assert machine.box.reboots == 0


def test_command_that_ran_at_the_end_does_not_hold_up_others_on_a_disk_that_refused(tmp_path: Path) -> None:
    """A start that cannot note how it went goes by it all the same, and notes it with the next one."""
    machine = Machine(tmp_path, ALL)
    machine.wish = ordered(machine, {1: "identify"})
    blink, machine.box.blink = machine.box.blink, _power_cut  # type: ignore[method-assign]
    with pytest.raises(PowerCut):
        machine.start(for_s=10.0)
    machine.box.blink = blink  # type: ignore[method-assign]
    refusing = tmp_path / "state" / "commands.json.new"
    refusing.mkdir()
    machine.clock.at(machine.clock.monotonic_s() + 5.0, refusing.rmdir)
    machine.wish = ordered(machine, {1: "identify", 2: "identify"}, version=9)
    machine.start(for_s=2000.0)
    assert machine.reported().commands == {
        1: "failed: the node ended while it ran",
        2: "successful: ACT blinks for 30 s",
    }
