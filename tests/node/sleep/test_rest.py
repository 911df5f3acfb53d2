"""A gap, planned and slept: what is refused after all is left out, and the rest of the gap is slept otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from boards import open_ports
from boards.sim.clock import VirtualClock
from node.errors import HardwareError
from node.hal import Bed, Bedding, Conditions, Ports
from node.sleep.planner import Params
from node.sleep.rest import AGAIN_AFTER_S, Rest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from node.values import Nap


class LumpyBed:
    """A bed that looks fine, and refuses some states when one lies down."""

    def __init__(self, inner: Bed, refused: set[str]) -> None:
        self._inner = inner
        self._refused = refused

    def conditions(self, *, memory_is_on_disk: bool) -> Conditions:
        """Look fine."""
        return self._inner.conditions(memory_is_on_disk=memory_is_on_disk)

    def nap(self, nap: Nap, wait: Callable[[float], float]) -> float:
        """Refuse, or sleep."""
        self._check(nap)
        return self._inner.nap(nap, wait)

    def halt(self, nap: Nap, hooks: Sequence[Callable[[], None]]) -> None:
        """Refuse, or halt."""
        self._check(nap)
        self._inner.halt(nap, hooks)

    def _check(self, nap: Nap) -> None:
        if nap.state in self._refused:
            raise HardwareError("/sys/class/rtc/rtc0/wakealarm: Device or resource busy")


class Room:
    """A Pi 5 in virtual time, with a bed that may be lumpy."""

    def __init__(self, refused: set[str], board_id: str = "rpi-5") -> None:
        ports = open_ports(board_id, clock="virtual")
        assert isinstance(ports.clock, VirtualClock)
        self.clock = ports.clock
        self.opened: list[Bedding] = []
        self.ports = Ports(board=ports.board, clock=ports.clock, sleeper=ports.sleeper, open_bed=self._open)
        self._open_inner = ports.open_bed
        self._refused = refused

    def _open(self, bedding: Bedding) -> Bed:
        self.opened.append(bedding)
        assert self._open_inner
        return LumpyBed(self._open_inner(bedding), self._refused)

    def wait(self, nap: Nap) -> float:
        """Wait for a nap's seconds."""
        return self.ports.sleeper.sleep(nap.duration_s)

    def sleep_gap(self, rest: Rest, gap_s: float) -> list[str]:
        """Sleep until the deadline, planning as often as it takes; returns the states."""
        due_s, states = self.clock.monotonic_s() + gap_s, list[str]()
        while due_s - self.clock.monotonic_s() > 1e-6:
            nap = rest.plan(due_s - self.clock.monotonic_s(), memory_is_on_disk=True)
            states.append(nap.state)
            if rest.loses_memory(nap):
                rest.halt(nap, [])
            else:
                rest.nap(nap, self.wait)
        return states


def test_rest_sleeps_a_gap_in_the_planned_state_to_its_deadline() -> None:
    """One state, and the node is back when it is due."""
    room = Room(set())
    rest = Rest(Params(deepest="off"), room.ports)
    assert room.sleep_gap(rest, 600.0) == ["halt"]
    assert room.clock.monotonic_s() == pytest.approx(600.0)


def test_rest_takes_the_next_best_state_where_one_is_refused() -> None:
    """The gap is slept all the same, and the reason is kept for health."""
    room = Room({"halt"})
    rest = Rest(Params(deepest="off"), room.ports)
    assert room.sleep_gap(rest, 300.0) == ["halt", "light"]
    assert "busy" in rest.refused["halt"]
    assert room.sleep_gap(rest, 200.0) == ["light"]


def test_rest_refused_state_is_tried_again_later() -> None:
    """What was busy may have passed."""
    refused = {"halt"}
    room = Room(refused)
    rest = Rest(Params(deepest="off"), room.ports)
    room.sleep_gap(rest, 60.0)
    refused.clear()
    room.clock.advance(AGAIN_AFTER_S)
    assert rest.refused == {}
    assert room.sleep_gap(rest, 600.0) == ["halt"]


def test_rest_goes_no_deeper_than_it_is_told() -> None:
    """By default a machine is never taken down, whoever else works on it."""
    room = Room(set())
    assert room.sleep_gap(Rest(Params(), room.ports), 600.0) == ["light"]


def test_rest_whose_memory_is_not_on_disk_does_not_halt() -> None:
    """The node says so for each gap; it is not assumed."""
    rest = Rest(Params(deepest="off"), Room(set()).ports)
    assert rest.plan(36_000.0).state == "light"


def test_rest_opens_the_bed_once_and_not_before_a_gap() -> None:
    """A wake that ends without a nap, by its one cycle, pays for none of it."""
    room = Room(set())
    rest = Rest(Params(savings=("cores", "wifi"), controller="timer", timer_s=7200.0), room.ports)
    assert rest.plan(-1.0).duration_s == 0.0
    assert room.opened == []
    room.sleep_gap(rest, 60.0)
    room.sleep_gap(rest, 60.0)
    assert room.opened == [Bedding(savings=("cores", "wifi"), controller="timer", timer_s=7200.0)]


@pytest.mark.parametrize("there_is_one", [True, False])
def test_rest_without_a_bed_waits(there_is_one: bool) -> None:
    """No ports for sleeping, or a bus that is switched off: the node waits, and never halts."""
    room = Room(set())

    def no_bus(_: Bedding) -> Bed:
        raise HardwareError("/dev/i2c-1: No such file or directory; is I2C switched on?")

    ports = Ports(
        board=room.ports.board,
        clock=room.clock,
        sleeper=room.ports.sleeper,
        open_bed=no_bus if there_is_one else None,
    )
    rest = Rest(Params(deepest="off"), ports)
    nap = rest.plan(60.0, memory_is_on_disk=True)
    assert nap.state == "light"
    assert rest.nap(nap, room.wait) == pytest.approx(nap.duration_s)
    assert not rest.halt(nap, [])


class Bright(LumpyBed):
    """A bed whose savings are refused, as is seen in the first nap."""

    def __init__(self, inner: Bed) -> None:
        super().__init__(inner, set())
        self._unsaved: dict[str, str] = {}

    def conditions(self, *, memory_is_on_disk: bool) -> Conditions:
        """Tell what the last nap did without."""
        told = super().conditions(memory_is_on_disk=memory_is_on_disk)
        holds = frozenset(need for need in told.holds if need.partition(":")[2] not in self._unsaved)
        return replace(told, holds=holds, unsaved=dict(self._unsaved))

    def nap(self, nap: Nap, wait: Callable[[float], float]) -> float:
        """Find that neither can be turned off."""
        self._unsaved = {"hdmi": "no such file", "wifi": "no such file"}
        return super().nap(nap, wait)


@pytest.mark.parametrize("refused", [False, True])
def test_rest_books_a_nap_as_it_turned_out(refused: bool) -> None:
    """A saving that was refused in the nap lowered no draw and silenced no radio; one that was had did both."""
    room = Room(set())
    inner = room.ports.open_bed
    assert inner
    ports = replace(room.ports, open_bed=lambda bedding: Bright(inner(bedding))) if refused else room.ports
    rest = Rest(Params(savings=("hdmi", "wifi")), ports)
    nap = rest.plan(60.0)
    assert (nap.state, nap.draw_mw) == ("light", 2900.0)
    rest.nap(nap, room.wait)
    assert rest.as_slept(nap).draw_mw == (3300.0 if refused else 2900.0)
    assert rest.silences("light") is not refused
    assert rest.silences("halt")
    assert not rest.silences("idle")
