"""What `status` prints of a node that ran."""

from __future__ import annotations

from typing import TYPE_CHECKING

from boards import open_ports
from node.app import App, seen
from node.config import load_strictly
from node.setup.status import told
from node.sleep.books import Books
from node.sleep.ledger import Ledger
from tests.node.sleep.test_ledger import Bench

if TYPE_CHECKING:
    from pathlib import Path

    from node.config import Config

NODE = """
[node]
site = "orchard"
name = "well"
board = "rpi-zero-2w"
battery_wh = 36.0
[sense.air]
part = "signal"
channel = "temperature"
[sleep]
period_s = 600.0
deepest = "off"
controller = "wittypi4"
"""
DAY_S = 86_400.0


def configured(folder: Path, more: str = "") -> Config:
    """Write a node's file, and read it."""
    (folder / "node.toml").write_text(NODE + more)
    return load_strictly(folder / "node.toml")


def page(config: Config) -> dict[str, str]:
    """Return the lines by what they begin with."""
    lines = told(config, open_ports(config.node.board, clock="virtual"), seen(config)).splitlines()
    return {line[:10].strip(): line[10:].strip() for line in lines[2:]}


def test_status_adds_up_what_the_books_hold(tmp_path: Path) -> None:
    """By hand: 1 s at 2 W seen by a meter and 999 s at 400 mW that nobody saw are 401.6 mW; 36 Wh last 3.74 days."""
    config = configured(tmp_path)
    bench = Bench()
    ledger = Ledger(open_ports("rpi-zero-2w", clock="virtual").board.states, bench)
    ledger.spend("infer", bench.draw(2000.0, 1.0))
    ledger.settle(answers=4)
    ledger.sleep("suspend", 0.0)
    ledger.accounts["sleep"].seconds, ledger.accounts["sleep"].modelled_mj = 999.0, 399_600.0
    config.node.state_dir.mkdir()
    Books(config.node.state_dir).store(ledger.memory())
    lines = page(config)
    assert lines["infer"].split() == ["1", "2", "-", "0.5%"]
    assert lines["sleep"].split() == ["999", "-", "400", "99.5%"]
    assert lines["all"].split() == ["1000", "2", "400", "100.0%"]
    assert lines["mean draw"] == "402 mW over 16.7 minutes, 0.5% measured: the input (measured), 0.02 J off at most"
    assert lines["battery"] == "36 Wh, once full, last 3.74 days at that draw, without sun"
    assert lines["answers"].startswith("4, 0.00996 a joule; ")


def test_status_of_a_node_that_halts_says_why_it_sleeps_as_it_does(tmp_path: Path) -> None:
    """The planner's own reason and the runner-up; nothing is measured on a board without a meter."""
    config = configured(tmp_path)
    app = App(config, ports=open_ports("rpi-zero-2w", clock="virtual"))
    assert app.run() == 0
    lines = page(config)
    assert lines["sleeps in"].startswith("off: 600 s reach its target residency of ")
    assert "; light would take " in lines["sleeps in"]
    assert "none of it measured: by the board's figures" in lines["mean draw"]
    assert "charge" not in lines


def test_status_of_a_node_with_a_budget_tells_its_charge(tmp_path: Path) -> None:
    """What the energy controller decided last, and by which witness."""
    config = configured(tmp_path, "[energy]\ncounted_from = 0.5\n")
    app = App(config, ports=open_ports("rpi-zero-2w", clock="virtual"))
    assert app.run(cycles=1) == 0
    assert page(config)["charge"].startswith("50%, give or take 10%; level 0.")


def test_status_of_a_node_whose_books_are_gone_is_empty_and_no_failure(tmp_path: Path) -> None:
    """Sums of nothing: the table says so, and nothing is divided by it."""
    lines = page(configured(tmp_path))
    assert lines["all"].split() == ["-", "-", "-", "0.0%"]
    assert not {"mean draw", "battery", "answers"} & lines.keys()
