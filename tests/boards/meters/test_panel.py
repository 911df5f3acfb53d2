"""A meter at the panel, beside the board's own: its power now, of the chip that was named."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from boards.meters import PANELS, TABLE
from boards.meters.hwmon_ina import Params
from boards.meters.panel import Panel
from node.errors import HardwareError
from node.options import Spec
from node.parts import params_of
from tests.boards.meters.worlds import Ina219

if TYPE_CHECKING:
    from pathlib import Path


def _panel(world: Ina219, device: str) -> Panel:
    return Panel(Spec("hwmon_ina", TABLE["hwmon_ina"], Params(device=device)), world.machine)


def test_panel_tells_the_power_of_the_chip_that_was_named(tmp_path: Path) -> None:
    """Not that of the one beside it, which counts the board."""
    world = Ina219(tmp_path)
    world.put(f"{world.chip(11, 'ina226', '1-0041')}/power1_input", 730_000)
    assert _panel(world, "1-0041").power_mw() == 730.0
    assert _panel(world, "1-0040").power_mw() == 1_000.0


def test_panel_that_does_not_answer_says_who(tmp_path: Path) -> None:
    """Whatever the files do, it is one error, and a gap."""
    world = Ina219(tmp_path)
    panel = _panel(world, "1-0040")
    world.breaks()
    with pytest.raises(HardwareError):
        panel.power_mw()
    world.mend()
    assert panel.power_mw() == 1_000.0
    with pytest.raises(HardwareError, match="INA2xx at 1-0045"):
        _panel(world, "1-0045").power_mw()


@pytest.mark.parametrize("target", PANELS.values())
def test_panel_parts_can_be_told_which_chip_they_are(target: str) -> None:
    """Else the board's own draw might be taken for sun."""
    assert "device" in {each.name for each in fields(params_of(target))}
