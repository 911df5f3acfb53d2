"""What a `board.toml` may not say: each rule that spans two figures, and all of them in one message."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from boards import FOLDER, check_board, load_board
from node.errors import ConfigError
from node.hal import Transition

if TYPE_CHECKING:
    from pathlib import Path

ZERO = (FOLDER / "rpi-zero-2w" / "board.toml").read_text()


def put(folder: Path, text: str) -> Path:
    """Write a Zero 2 W's file, mended or broken, into a folder of boards."""
    (folder / "rpi-zero-2w").mkdir()
    (folder / "rpi-zero-2w" / "board.toml").write_text(text)
    return folder


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("power_min_mw = 477", "power_min_mw = 777", "power_mw 600 is not between its least 777 and most 690"),
        ("power_max_mw = 690", "power_max_mw = 500", "power_mw 600 is not between"),
        ('mechanism = "halt_external"\nretains = "disk"', 'mechanism = "halt_external"', "halt loses the memory"),
        ('["controller"]', '["magic"]', "state[4].wake[0]: 'magic' is not one of"),
        ('["controller:any"]', '["any"]', "state[4].requires[0]: 'any' does not match"),
        ("[state.exit]", "[state.exits]", "state[2].exits: no 'exits'; did you mean 'exit'"),
        ("[boot.shutdown]", "[boot.stop]", "boot.shutdown: missing"),
        ("least_khz = 600000", "least_khz = 6000000", "least_khz 6000000 is above most_khz 1000000"),
        ("khz = 600000\ncore", "khz = 1000000\ncore", "cpu: opp is not in rising order"),
        ("khz = 600000\ncore", "khz = 500000\ncore", "cpu: opp leaves the clocks of the board, 600000 to 1000000"),
        ('driver = "wittypi4"', 'driver = "witty"', "meter[1].driver: 'witty' is not one of"),
        ("packet_mj = 0.42\n", "", "radio[0].traffic.packet_mj: missing; for each packet sent in mJ"),
        ('kind = "wifi"', 'kind = "telepathy"', "radio[0].kind: 'telepathy' is not one of"),
        ("energy_mj = 9500", 'energy_mj = "9.5 J"', "boot.start.energy_mj: expected a number, got '9.5 J'"),
        ('"raspberrypi,model-zero-2-w"', '"Raspberry Pi"', "board.compatible[0]: 'Raspberry Pi' does not match"),
    ],
)
def test_board_with_one_mistake_names_it(tmp_path: Path, old: str, new: str, said: str) -> None:
    """Each rule has its message, with the place and what would be valid."""
    assert old in ZERO
    with pytest.raises(ConfigError) as caught:
        check_board("rpi-zero-2w", put(tmp_path, ZERO.replace(old, new, 1)))
    assert said in str(caught.value)


def test_board_with_mistakes_everywhere_tells_them_at_once(tmp_path: Path) -> None:
    """What a wake reads and what it leaves unread are complained of in one message."""
    text = ZERO.replace("power_mw = 1750", "power_mw = -1").replace("i2c = 1", "i2c = true").replace("psu_ma", "psu")
    with pytest.raises(ConfigError) as caught:
        load_board("rpi-zero-2w", put(tmp_path, text))
    said = str(caught.value)
    for part in ("state[0].power_mw: -1.0 is below 0", "bus.i2c: expected a whole number", "supply.psu: no 'psu'"):
        assert part in said


def test_board_whose_fittings_are_wrong_still_wakes(tmp_path: Path) -> None:
    """A wake does not fall over what it does not read; whoever asks for it is told."""
    board = load_board("rpi-zero-2w", put(tmp_path, ZERO.replace("psu_ma = 2000", "psu_ma = 0")))
    assert board.states["active"].power_mw == 1750
    with pytest.raises(ConfigError, match=r"supply\.psu_ma: 0\.0 must be more than 0"):
        _ = board.fittings


def test_board_that_halts_says_what_coming_back_takes(tmp_path: Path) -> None:
    """Halt and off enter by a shutdown and exit by a boot, which stands in one place."""
    states = load_board("rpi-zero-2w").states
    for state in ("halt", "off"):
        assert states[state].enter == Transition(time_s=5.0, energy_mj=4000.0)
        assert states[state].exit == Transition(time_s=12.0, energy_mj=9500.0)
    assert states["light"].enter == Transition(time_s=0.05, energy_mj=30.0)
    without = ZERO[: ZERO.index("[boot.start]")] + ZERO[ZERO.index("[supply]") :]
    with pytest.raises(ConfigError, match="boot: missing; who can halt says what coming back takes"):
        load_board("rpi-zero-2w", put(tmp_path, without))


@pytest.mark.parametrize("head", ["[state.enter]", "[state.exit]"])
def test_light_sleep_without_its_costs_is_refused(tmp_path: Path, head: str) -> None:
    """A state to nap in says what going there and coming back take; a halt does not, it would say it twice."""
    start = ZERO.index(head)
    cost = ZERO[start : ZERO.index("\n\n", start)]
    with pytest.raises(ConfigError, match="what going to and coming from light takes is missing"):
        load_board("rpi-zero-2w", put(tmp_path, ZERO.replace(cost, "")))


def test_halt_with_costs_of_its_own_is_refused(tmp_path: Path) -> None:
    """Boot's figures stand in one place."""
    cost = '[state.enter]\ntime_ms = 1\nenergy_mj = 1\nquality = "estimate"\nsource = "none"\n\n[boot.start]'
    with pytest.raises(ConfigError, match=r"what off takes stands in \[boot\]"):
        load_board("rpi-zero-2w", put(tmp_path, ZERO.replace("[boot.start]", cost)))


def test_accelerator_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    """A configuration names it by its kind."""
    text = (FOLDER / "rpi-4b" / "board.toml").read_text()
    start = text.index("[[accelerator]]")
    twice = text + "\n" + text[start : text.index("[[meter]]")]
    assert len(tomllib.loads(twice)["accelerator"]) == 2
    (tmp_path / "rpi-4b").mkdir()
    (tmp_path / "rpi-4b" / "board.toml").write_text(twice)
    with pytest.raises(ConfigError, match="accelerator: 'edgetpu-usb' is there twice"):
        check_board("rpi-4b", tmp_path)
