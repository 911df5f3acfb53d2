"""From a node's start to its end, where that is another than the operator's stop."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from boards import open_ports
from node.app import App, seen
from node.config import load_strictly
from node.errors import HardwareError
from node.memory import recalled
from node.sleep.rest import AGAIN_AFTER_S
from tests.node.sleep.test_rest import LumpyBed
from tests.system.test_halt import NODE, PERIOD_S

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from boards.sim.clock import VirtualClock
    from node.hal import Bed, Bedding
    from node.values import Nap

ONE_PROCESS = NODE.replace('deepest = "off"', 'deepest = "light"')


class LateBed(LumpyBed):
    """A bed that refuses to halt at the last moment: the books are closed, and the alarm does not take."""

    def halt(self, nap: Nap, hooks: Sequence[Callable[[], None]]) -> None:
        """Run the hooks, and refuse."""
        for hook in hooks:
            hook()
        raise HardwareError("Witty Pi 4, register 27: 89 was written, 0 stands there")


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


def test_life_whose_halt_is_refused_at_the_last_moment_books_none(tmp_path: Path) -> None:
    """No nap was slept and no boot follows: the next start pays for neither, and says what refused."""
    ledgers = []
    for app in _lives_on_a_late_bed(tmp_path, starts=2):
        ledgers.append(app.ledger)
        told = seen(app.config)
        assert recalled(told).halted == ""
        assert isinstance(told["reasons"], dict)
        assert "register 27" in told["reasons"]["sleep"]
    first, second = ledgers
    assert first.accounts["sleep"].modelled_mj == pytest.approx(0.0)
    assert first.naps_s == {"off": 0.0}
    assert second.accounts["boot"].modelled_mj == 0.0
    assert second.life_mj == pytest.approx(first.total_mj())


def test_life_after_a_refused_halt_waits_before_it_tries_again(tmp_path: Path) -> None:
    """A supervisor starts the node anew in seconds: a refusal that it forgot would be a machine that never rests."""
    apps = _lives_on_a_late_bed(tmp_path, starts=3)
    naps_s = [app.ledger.naps_s for app in apps]
    assert [each.get("light", 0.0) for each in naps_s] == pytest.approx([0.0, AGAIN_AFTER_S, AGAIN_AFTER_S], abs=2.0)
    assert [app.health.counters["cycles"] for app in apps] == [1, 1 + AGAIN_AFTER_S // PERIOD_S, 2]


def _lives_on_a_late_bed(folder: Path, starts: int) -> list[App]:
    """Start a node again and again, as a supervisor does, five seconds after each end."""
    path = folder / "node.toml"
    path.write_text(NODE)
    ports = open_ports("rpi-zero-2w", clock="virtual")
    clock: VirtualClock = ports.clock  # type: ignore[assignment]  # asked for by name

    def open_bed(bedding: Bedding) -> Bed:
        assert ports.open_bed
        return LateBed(ports.open_bed(bedding), set())

    apps = []
    for _ in range(starts):
        apps.append(App(load_strictly(path), ports=replace(ports, open_bed=open_bed)))
        assert apps[-1].run() == 1
        clock.advance(5.0)
    return apps
