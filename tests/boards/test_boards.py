"""Boards as data: every folder is sound, and what is wrong with one is said all at once."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

import boards
from boards.linux import LinuxClock, LinuxSleeper
from boards.sim.clock import VirtualClock, VirtualSleeper
from node.errors import ConfigError
from node.options import Reader
from tools.reference.figures import FIRST, with_figures

if TYPE_CHECKING:
    from pathlib import Path

MINIMAL = """
schema = 1
[board]
id = "mine"
name = "Mine"
compatible = ["acme,mine-rev2", "acme,mine"]
[[state]]
name = "active"
power_mw = 100
quality = "measured"
source = "a bench supply"
[[state]]
name = "light"
power_mw = 10
quality = "derived"
source = "the same"
[state.enter]
time_ms = 1
energy_mj = 2
quality = "measured"
source = "an oscilloscope"
[state.exit]
time_ms = 3
energy_mj = 4
quality = "measured"
source = "an oscilloscope"
[bus]
i2c = 1
source = "the schematic"
"""


def put(folder: Path, text: str, board_id: str = "mine") -> Path:
    """Write a board's file into a folder of boards."""
    (folder / board_id).mkdir()
    (folder / board_id / "board.toml").write_text(text)
    return folder


@pytest.mark.parametrize("board_id", boards.board_ids())
def test_board_of_the_house_is_sound(board_id: str) -> None:
    """Every folder has a file that is valid to its end, and a README with the figures that stand in it."""
    board = boards.check_board(board_id)
    assert board.id == board_id
    assert {"active", "light"} <= set(board.states)
    readme = boards.FOLDER / board_id / "README.md"
    assert FIRST in readme.read_text()
    assert readme.read_text() == with_figures(readme), "run: python -m tools.reference"
    assert all(f"| {name} | {state.power_mw:g} mW" in readme.read_text() for name, state in board.states.items())


@pytest.mark.parametrize("board_id", boards.board_ids())
def test_board_asleep_draws_less_than_awake(board_id: str) -> None:
    """Power falls from active to light."""
    states = boards.load_board(board_id).states
    assert states["light"].power_mw < states["active"].power_mw


def test_sensors_of_a_board_are_built_by_name(tmp_path: Path) -> None:
    """What a board brings along is read and built as the sense room's own parts are."""
    ports = boards.open_ports("sim", clock="virtual")
    reader = Reader(tmp_path)
    for name in ports.board.sensors:
        spec = reader.spec(ports.board.sensors, {"part": name}, name)
        assert spec is not None
        assert hasattr(spec.build(ports), "channels")


def test_board_of_a_minimal_file_has_defaults(tmp_path: Path) -> None:
    """What a file leaves out is none, never a guess."""
    board = boards.check_board("mine", put(tmp_path, MINIMAL))
    assert board.details["active"].mechanism == "none"
    assert board.states["light"].power_mw == 10.0
    assert board.boot is None
    assert board.enter("active") is None
    fittings = board.fittings
    assert fittings.bus is not None
    assert (fittings.bus.i2c, fittings.cpu, fittings.radio, fittings.dvfs.nvpmodel) == (1, None, (), "")


def test_load_board_unknown_names_the_known() -> None:
    """The error says what would be valid."""
    with pytest.raises(ConfigError, match=r"no 'moon'; valid: .*generic.*sim"):
        boards.load_board("moon")


def test_load_board_of_broken_toml_says_where(tmp_path: Path) -> None:
    """A file that is no TOML is the operator's to mend."""
    with pytest.raises(ConfigError, match="not TOML"):
        boards.load_board("mine", put(tmp_path, "[board"))


def test_load_board_with_many_mistakes_tells_all(tmp_path: Path) -> None:
    """One run finds the missing source, the wrong quality, the missing state, the folder and the schema."""
    text = (
        MINIMAL.replace("schema = 1", "schema = 9")
        .replace('id = "mine"', 'id = "yours"')
        .replace('quality = "measured"\nsource = "a bench supply"', 'quality = "guessed"')
        .replace('name = "light"', 'name = "idle"')
    )
    with pytest.raises(ConfigError) as caught:
        boards.load_board("mine", put(tmp_path, text))
    said = str(caught.value)
    for part in ("schema", "board.id", "state[0].quality", "state[0].source", "no 'light' state"):
        assert part in said
    assert str(tmp_path / "mine" / "board.toml") in said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[bus]", "[sensors]\nx = 3\n[bus]", "sensors.x"),
        ("[bus]", "[buss]", "no 'buss'; did you mean 'bus'"),
        ("i2c = 1", "i2c = -1", "bus.i2c: -1 is below 0"),
        ("schema = 1", "schema = 1\nsensors = 3", "sensors"),
        ('name = "light"', 'name = "active"', "twice"),
        ("power_mw = 10\n", "power_mw = -1\n", "below 0"),
        ("[board]", "[bord]", "board: expected a table"),
    ],
)
def test_load_board_with_one_mistake_names_it(tmp_path: Path, old: str, new: str, said: str) -> None:
    """Each kind of mistake has its message."""
    assert old in MINIMAL
    with pytest.raises(ConfigError, match=said.replace("[", r"\[")):
        boards.check_board("mine", put(tmp_path, MINIMAL.replace(old, new)))


@pytest.mark.parametrize(
    ("compatible", "expected"),
    [
        (b"acme,mine\0acme,soc\0", "mine"),
        (b"acme,mine-rev2\0acme,mine\0", "mine"),
        (b"other,board\0other,soc\0", "generic"),
        (b"\xff\xfe\0", "generic"),
        (None, "generic"),
    ],
)
def test_detect_goes_by_the_device_tree(tmp_path: Path, compatible: bytes | None, expected: str) -> None:
    """The first name that a board claims wins; without one, or without a tree, it is any Linux machine."""
    put(tmp_path, MINIMAL)
    tree = tmp_path / "compatible"
    if compatible is not None:
        tree.write_bytes(compatible)
    assert boards.detect(tree, tmp_path) == expected


@pytest.mark.parametrize("board_id", boards.board_ids())
def test_open_ports_is_virtual_when_told(board_id: str) -> None:
    """A simulation puts any board on virtual time; a node in the field, and in the demo, lives in real time."""
    virtual = boards.open_ports(board_id, clock="virtual", start_ms=5_000)
    assert isinstance(virtual.clock, VirtualClock)
    assert isinstance(virtual.sleeper, VirtualSleeper)
    assert virtual.clock.wall_ms() == 5_000
    real = boards.open_ports(board_id)
    assert isinstance(real.clock, LinuxClock)
    assert isinstance(real.sleeper, LinuxSleeper)
    assert real.board.id == board_id


def test_open_ports_auto_opens_some_board() -> None:
    """Detection always has an answer."""
    assert boards.open_ports().board.id in boards.board_ids()


def test_minimal_file_of_these_tests_is_toml() -> None:
    """The tests above mend and break a file that is valid to begin with."""
    assert tomllib.loads(MINIMAL)["schema"] == 1
