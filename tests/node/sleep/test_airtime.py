"""What the way to the network took."""

from __future__ import annotations

import pytest

from boards import board_ids, load_board
from node.hal import Radio, Transition
from node.sleep.airtime import Airtime, silent_states
from node.values import Traffic

RADIO = Radio(
    name="wlan0",
    quality="estimate",
    idle_mw=30.0,
    join=Transition(time_s=5.0, energy_mj=2000.0),
    packet_mj=0.5,
    sent_byte_mj=0.01,
    received_byte_mj=0.002,
)


def test_airtime_of_traffic_is_its_packets_and_bytes() -> None:
    """Ten packets with 1000 bytes up, 500 down, without a connection that succeeded: nothing was joined."""
    airtime = Airtime(RADIO)
    assert airtime.carried(Traffic(packets=10, sent_bytes=1000, received_bytes=500)) == pytest.approx(5 + 10 + 1)
    assert (airtime.joined, airtime.idle_mw) == (False, 0.0)


def test_airtime_joins_once_until_it_was_silenced() -> None:
    """The first connection pays for joining, the second does not, the one after silence does again."""
    airtime = Airtime(RADIO)
    once = Traffic(connections=1)
    paid = [airtime.carried(once), airtime.carried(once)]
    drawn = airtime.idle_mw
    airtime.silence()
    silenced = airtime.idle_mw
    paid.append(airtime.carried(once))
    assert paid == [2000.0, 0.0, 2000.0]
    assert (drawn, silenced) == (30.0, 0.0)


@pytest.mark.parametrize("board_id", board_ids())
def test_silent_states_of_a_board_are_those_below_light(board_id: str) -> None:
    """Light sleep keeps the network, unless it is told to save Wi-Fi."""
    states = load_board(board_id).states
    deep = set(states) - {"active", "idle", "light"}
    assert silent_states(states.values(), ()) == deep
    assert silent_states(states.values(), ("hdmi", "wifi")) == deep | {"light"}
