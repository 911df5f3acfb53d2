"""A board's way to the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from boards import board_ids, load_board, open_ports
from boards.radios import figures, find_radio

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("board_id", board_ids())
def test_figures_of_a_board_are_those_of_its_file(board_id: str) -> None:
    """Seconds for milliseconds, and the worst quality of what they are made of."""
    (fitted,) = load_board(board_id).fittings.radio
    radio = figures(fitted)
    assert radio.join.time_s * 1000.0 == fitted.session.time_ms
    assert radio.join.energy_mj == fitted.session.energy_mj
    assert (radio.name, radio.idle_mw, radio.packet_mj) == (
        fitted.interface,
        fitted.idle.power_mw,
        fitted.traffic.packet_mj,
    )
    assert radio.quality == "estimate"


def test_find_radio_of_a_machine_without_its_interface_is_none(tmp_path: Path) -> None:
    """Figures of a radio that is not there would be inventions; a simulation has what its board has."""
    fitted = load_board("rpi-5").fittings.radio
    assert find_radio(fitted, tmp_path) is None
    (tmp_path / "sys/class/net/wlan0").mkdir(parents=True)
    found = find_radio(fitted, tmp_path)
    assert found
    assert found.name == "wlan0"
    for clock in ("real", "virtual"):
        opened = open_ports("sim", clock=clock).open_radio
        assert opened
        assert opened() == figures(load_board("sim").fittings.radio[0])
