"""From a node's start to its end, where that is another than the operator's stop."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from boards import open_ports
from node.app import App, seen
from node.config import load_strictly
from node.memory import recalled
from tests.node.sleep.test_rest import LumpyBed
from tests.system.test_halt import NODE

if TYPE_CHECKING:
    from pathlib import Path

    from node.hal import Bed, Bedding

ONE_PROCESS = NODE.replace('deepest = "off"', 'deepest = "light"')


def test_life_whose_halt_is_refused_ends_with_an_error(tmp_path: Path) -> None:
    """A machine that stays up is for the supervisor to start the node on again, and its state is on disk as ever."""
    path = tmp_path / "node.toml"
    path.write_text(NODE)
    ports = open_ports("rpi-zero-2w", clock="virtual")

    def open_bed(bedding: Bedding) -> Bed:
        assert ports.open_bed
        return LumpyBed(ports.open_bed(bedding), {"halt", "off", "suspend"})

    app = App(load_strictly(path), ports=replace(ports, open_bed=open_bed))
    assert app.run() == 1
    told = seen(app.config)
    assert (told["cycles"], told["records_committed"]) == (1, 1)
    assert isinstance(told["reasons"], dict)
    assert "Device or resource busy" in told["reasons"]["sleep"]


def test_life_that_halts_leaves_the_state_that_it_halted_in(tmp_path: Path) -> None:
    """The next start pays for the boot from that state; one that stayed up has none to pay for."""
    left = []
    for name, text in (("halting", NODE), ("staying", ONE_PROCESS)):
        (tmp_path / name).mkdir()
        path = tmp_path / name / "node.toml"
        path.write_text(text)
        app = App(load_strictly(path), ports=open_ports("rpi-zero-2w", clock="virtual"))
        assert app.run(cycles=3) == 0
        left.append(recalled(seen(app.config)).halted)
    assert left == ["off", ""]
