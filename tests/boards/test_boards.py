"""Boards as data: every folder is sound, and what is wrong with one is said all at once."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, get_args

import pytest

import boards
from boards.fittings import MeterDriver
from boards.linux import LinuxClock, LinuxSleeper
from boards.meters import TABLE
from boards.sim.clock import VirtualClock, VirtualSleeper
from node.errors import ConfigError
from node.hal import AT_ONCE
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
    """Power falls from active to idle, light, suspend, halt and off, as far as a board has them."""
    states = boards.load_board(board_id).states
    deeper = [states[name].power_mw for name in ("active", "idle", "light", "suspend", "halt", "off") if name in states]
    assert deeper == sorted(set(deeper), reverse=True)


@pytest.mark.parametrize("board_id", [each for each in boards.board_ids() if each not in {"generic", "sim"}])
def test_board_that_is_real_is_described_whole(board_id: str) -> None:
    """A real board says what it takes to boot, to send, to meter and to flash it, and which pitfalls it has."""
    board = boards.check_board(board_id)
    fittings = board.fittings
    assert board.identity.compatible
    assert board.identity.source
    assert board.identity.cores
    assert board.boot
    assert fittings.supply
    assert fittings.cpu
    assert fittings.cpu.opp[-1].khz == fittings.cpu.most_khz
    assert fittings.radio
    assert fittings.bus
    assert fittings.pins
    assert fittings.flash
    readme = (boards.FOLDER / board_id / "README.md").read_text()
    assert readme.partition("## Pitfalls")[2].count("\n* ") >= 3


@pytest.mark.parametrize("board_id", boards.board_ids())
def test_board_is_metered_by_its_model_at_last(board_id: str) -> None:
    """Whatever else a board may have, the model answers when nothing better does."""
    meters = boards.check_board(board_id).fittings.meter
    assert max(meters, key=lambda each: each.priority).driver == "model"
    assert len({each.priority for each in meters}) == len(meters)


@pytest.mark.parametrize("board_id", boards.board_ids())
def test_core_of_a_board_fits_between_idle_and_active(board_id: str) -> None:
    """What the cores add at the highest clock is no more than what lies between the two states."""
    board = boards.check_board(board_id)
    cpu = board.fittings.cpu
    if cpu is None:
        assert board_id == "generic"
        return
    room_mw = board.states["active"].power_mw - board.states["idle"].power_mw
    assert cpu.opp[-1].core_mw * board.identity.cores <= room_mw * 1.01
    assert [each.core_mw for each in cpu.opp] == sorted(each.core_mw for each in cpu.opp)


def test_board_without_a_suspend_says_so_by_leaving_it_out() -> None:
    """No Raspberry Pi can suspend; of those, a Pi 5 and a CM5 alone come back from a halt by their own clock."""
    pis = [boards.load_board(each) for each in boards.board_ids() if each.startswith("rpi-")]
    assert len(pis) == 5
    assert not [each.id for each in pis if "suspend" in each.states]
    assert [each.id for each in pis if "rtc" in each.details["halt"].wake] == ["rpi-5", "rpi-cm5"]


@pytest.mark.parametrize("board_id", ["rpi-4b", "rpi-5", "rpi-cm5"])
def test_halt_with_the_eeprom_as_delivered_costs_more_than_a_watt(board_id: str) -> None:
    """The draw that `requires` buys is a tenth or less of what it is without."""
    halt = boards.load_board(board_id).details["halt"]
    assert "eeprom:POWER_OFF_ON_HALT=1" in halt.requires
    assert halt.otherwise is not None
    assert (halt.otherwise.power_min_mw or halt.otherwise.power_mw) >= 1200
    assert halt.power_mw * 9 <= halt.otherwise.power_mw


def test_coral_usb_draws_more_for_ever_once_it_was_used() -> None:
    """Wherever it may hang, it rests at 0.3 W before its first inference and at 0.95 W after it."""
    found = [
        each
        for board_id in boards.board_ids()
        for each in boards.check_board(board_id).fittings.accelerator
        if each.kind == "edgetpu-usb"
    ]
    assert len(found) >= 2
    for each in found:
        assert each.idle is not None
        assert each.used is not None
        assert (each.idle.power_mw, each.used.power_mw) == (300, 950)


def test_sim_plays_the_zero_2_w() -> None:
    """The board that a laptop plays has the figures of the board that it plays."""
    sim, zero = boards.check_board("sim"), boards.check_board("rpi-zero-2w")
    assert (sim.details, sim.boot) == (zero.details, zero.boot)
    assert (sim.fittings.cpu, sim.fittings.radio) == (zero.fittings.cpu, zero.fittings.radio)


def test_generic_does_not_pretend() -> None:
    """Nothing that it says of its own draw is more than an estimate, and it plans on nothing that must wake it."""
    generic = boards.check_board("generic")
    assert {each.quality for each in generic.states.values()} == {"estimate"}
    assert set(generic.states) == {"active", "idle", "light"}
    assert {"myriad-x", "cloud-ai-100"} <= {each.kind for each in generic.fittings.accelerator}


def test_compatible_is_claimed_by_one_board_alone() -> None:
    """No two boards claim the same name, so the order of the folders decides nothing."""
    claimed = [name for each in boards.board_ids() for name in boards.load_board(each).identity.compatible]
    assert len(claimed) == len(set(claimed))


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("raspberrypi,model-zero-2-w brcm,bcm2837", "rpi-zero-2w"),
        ("raspberrypi,3-model-b-plus brcm,bcm2837", "rpi-3b-plus"),
        ("raspberrypi,3-model-b brcm,bcm2837", "generic"),
        ("raspberrypi,4-model-b brcm,bcm2711", "rpi-4b"),
        ("raspberrypi,4-compute-module brcm,bcm2711", "generic"),
        ("raspberrypi,5-model-b brcm,bcm2712", "rpi-5"),
        ("raspberrypi,5-compute-module brcm,bcm2712", "rpi-cm5"),
        ("nvidia,p3768-0000+p3767-0005-super nvidia,p3767-0005 nvidia,tegra234", "jetson-orin-nano"),
        ("nvidia,p3768-0000+p3767-0005 nvidia,p3767-0005 nvidia,tegra234", "jetson-orin-nano"),
        ("oe4t,p3768-0000+p3767-0005+tegrademo nvidia,p3768-0000+p3767-0005-super nvidia,tegra234", "jetson-orin-nano"),
        ("nvidia,p3768-0000+p3767-0000 nvidia,p3767-0000 nvidia,tegra234", "jetson-orin-nx"),
        ("acme,carrier nvidia,p3767-0001 nvidia,tegra234", "jetson-orin-nx"),
        ("nvidia,p3737-0000+p3701-0000 nvidia,p3701-0000 nvidia,tegra234", "generic"),
        ("google,imx8mq-phanbell fsl,imx8mq", "coral-dev-board"),
        ("ti,am335x-bone-black ti,am335x-bone ti,am33xx", "beaglebone-black"),
        ("ti,am335x-bone-green ti,am335x-bone-black ti,am335x-bone ti,am33xx", "beaglebone-black"),
        ("qemu,virt linux,dummy-virt", "generic"),
    ],
)
def test_detect_knows_the_boards_of_the_house(tmp_path: Path, names: str, expected: str) -> None:
    """Real device trees, from the exact to the general: a relative that nobody measured is not taken for a board."""
    tree = tmp_path / "compatible"
    tree.write_bytes("".join(f"{name}\0" for name in names.split()).encode())
    assert boards.detect(tree) == expected


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
    assert board.states["active"].exit == AT_ONCE
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


def test_page_of_the_boards_lists_every_one() -> None:
    """The room's README leads to each board's own."""
    page = (boards.FOLDER / "README.md").read_text()
    assert [each for each in boards.board_ids() if f"| [`{each}`]({each}/README.md) |" not in page] == []


def test_meters_that_a_board_may_name_are_those_that_there_are() -> None:
    """A driver in a file is a part in the meters' TABLE, and each part may be named."""
    assert get_args(MeterDriver) == tuple(TABLE)
