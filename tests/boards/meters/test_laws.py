"""One law for all meters: what they say is what was drawn, and what they could not see is a gap."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final, cast, get_args

import pytest

from boards import board_ids, load_board, open_ports
from boards.fittings import Meter as Fitting
from boards.fittings import MeterDriver
from boards.meters import TABLE, Machine, hwmon_ina, open_meter
from node.hal import Metering, Scope
from node.options import Spec
from node.parts import params_of
from tests.boards.meters import worlds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from node.hal import EnergyReading, Meter
    from tests.boards.meters.worlds import World

WORLDS = {
    "hwmon_ina": worlds.Ina219,
    "ina3221": worlds.Orin,
    "jetson_rails": worlds.Orin,
    "jetson_rails by iio": worlds.Nano,
    "jetson_rails by jtop": worlds.Jtop,
    "jetson_stats": worlds.Jtop,
    "max17048": worlds.Cell,
    "model": worlds.Kernel,
    "power_supply": worlds.Battery,
    "power_supply by charge": worlds.ChargeBattery,
    "rapl": worlds.Packages,
    "rpi5_pmic": worlds.Firmware,
    "wittypi4": worlds.Witty,
}


MODEL_LAST: Final[tuple[tuple[int, MeterDriver], ...]] = ((100, "model"), (10, "hwmon_ina"))


@pytest.fixture(params=WORLDS)
def case(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, World]]:
    """A meter's name and a machine that it can be on."""
    monkeypatch.syspath_prepend(str(tmp_path))
    make = cast("Callable[[Path], World]", WORLDS[request.param])
    yield str(request.param).partition(" ")[0], make(tmp_path)
    sys.modules.pop("jtop", None)  # that of one world is no other's


def meter_of(name: str, world: World) -> Meter:
    """Build the meter on its machine."""
    params = params_of(TABLE[name])(**world.options)
    return cast("Meter", Spec(name, TABLE[name], params).build(world.machine))


def read(meter: Meter) -> EnergyReading:
    """Read, where an answer is due."""
    reading = meter.read()
    assert reading is not None
    return reading


def test_worlds_are_there_for_every_meter() -> None:
    """A meter that nobody gave a machine is not tested."""
    assert {each.partition(" ")[0] for each in WORLDS} == set(TABLE)


def test_table_holds_every_driver_that_a_board_may_name() -> None:
    """What a board's file may say is there."""
    assert set(get_args(MeterDriver)) <= set(TABLE)


def test_meter_of_a_steady_draw_says_it(case: tuple[str, World]) -> None:
    """A minute at 1.25 W is 75 J, to what the meter itself says it may be off, and no further than a fifth."""
    name, world = case
    meter = meter_of(name, world)
    world.draw(1250.0, 1.0)
    start = read(meter)
    for _ in range(60):
        world.draw(1250.0, 1.0)
        reading = read(meter)
    used_mj = reading.energy_mj - start.energy_mj
    assert abs(used_mj - 75_000.0) <= reading.uncertainty_mj + 75.0
    assert used_mj == pytest.approx(75_000.0, rel=0.2)
    assert reading.covered_s - start.covered_s == pytest.approx(60.0)


def test_meter_of_a_draw_that_changes_stays_within_its_uncertainty(case: tuple[str, World]) -> None:
    """Steps between 0.6 and 1.9 W are followed as closely as is said."""
    name, world = case
    meter = meter_of(name, world)
    read(meter)
    true_mj = 0.0
    for second in range(40):
        power_mw = 600.0 if second % 8 < 4 else 1900.0
        world.draw(power_mw, 0.5)
        true_mj += power_mw * 0.5
        reading = read(meter)
    assert abs(reading.energy_mj - true_mj) <= reading.uncertainty_mj + 75.0


def test_meter_that_is_silent_is_a_gap_and_never_a_zero(case: tuple[str, World]) -> None:
    """Unplugged in the middle and plugged in again, it says nothing meanwhile and invents nothing afterwards."""
    name, world = case
    meter = meter_of(name, world)
    world.draw(1250.0, 1.0)
    before = read(meter)
    world.breaks()
    world.now_s += 2.0
    assert meter.read() is None
    assert meter.read() is None
    world.mend()
    world.draw(1250.0, 1.0)
    after = read(meter)
    assert before.energy_mj <= after.energy_mj <= before.energy_mj + 4.0 * 1250.0 + after.uncertainty_mj
    for _ in range(20):
        world.draw(1250.0, 1.0)
    assert read(meter).energy_mj >= after.energy_mj


def test_meter_through_a_nap_counts_on_or_says_that_it_did_not(case: tuple[str, World]) -> None:
    """What is sampled covers nothing of ten minutes without a reading; what is counted covers them, and rightly."""
    name, world = case
    meter = meter_of(name, world)
    before = read(meter)
    for _ in range(10):
        world.draw(700.0, 30.0)
    after = read(meter)
    used_mj, seen_s = after.energy_mj - before.energy_mj, after.covered_s - before.covered_s
    if after.counted:
        assert seen_s == pytest.approx(300.0)
        assert used_mj == pytest.approx(210_000.0, abs=after.uncertainty_mj)
    else:
        assert (used_mj, seen_s) == (0.0, 0.0)


def test_open_meter_takes_the_first_that_answers(tmp_path: Path) -> None:
    """Priority decides, and what is not there is passed over."""
    world = worlds.Kernel(tmp_path)
    named = [Fitting(driver=name, scope="input", priority=at) for at, name in MODEL_LAST]
    modelled = open_meter(named, world.machine)
    assert modelled.meter is not None
    assert (modelled.name, read(modelled.meter).quality) == ("model", "estimate")
    assert set(modelled.silent) == {name for _, name in MODEL_LAST} - {"model"}
    assert "hwmon" in modelled.silent["hwmon_ina"]
    worlds.Ina219(tmp_path)
    measured = open_meter(named, world.machine)
    assert measured.meter is not None
    assert (measured.name, read(measured.meter).quality) == ("hwmon_ina", "measured")


def test_open_meter_asks_the_chosen_one_first_and_with_its_options(tmp_path: Path) -> None:
    """A shunt of 1 ohm under a driver that believes 0.1 shows ten times the power, until it is said."""
    world = worlds.Ina219(tmp_path)
    named = [Fitting(driver=name, scope="input", priority=at) for at, name in MODEL_LAST]
    drawn = []
    for shunt_uohm in (100_000, 1_000_000):
        chosen = Spec("hwmon_ina", TABLE["hwmon_ina"], hwmon_ina.Params(shunt_uohm=shunt_uohm))
        found = open_meter(named, world.machine, chosen)
        assert found.meter is not None
        before = read(found.meter)
        world.draw(1000.0, 10.0)
        drawn.append(read(found.meter).energy_mj - before.energy_mj)
    assert drawn[0] == pytest.approx(10 * drawn[1], rel=0.01)


def test_open_meter_whose_chosen_one_is_silent_asks_the_others_but_not_it_again(tmp_path: Path) -> None:
    """The chip is at another address than was said: the board's own look for any such chip would find a stranger."""
    world = worlds.Ina219(tmp_path)
    worlds.Kernel(tmp_path)
    named = [Fitting(driver=name, scope="input", priority=at) for at, name in MODEL_LAST]
    assert open_meter(named, world.machine).name == "hwmon_ina"
    chosen = Spec("hwmon_ina", TABLE["hwmon_ina"], hwmon_ina.Params(device="9-0099"))
    found = open_meter(named, world.machine, chosen)
    assert found.name == "model"
    assert "9-0099" in found.silent["hwmon_ina"]


def test_open_meter_on_a_machine_without_any_is_none(tmp_path: Path) -> None:
    """No meter is a normal answer: the ledger then goes by the board's states."""
    named = [Fitting(driver=name, scope="input", priority=1) for name in get_args(MeterDriver)]
    machine = worlds.Ina219(tmp_path / "elsewhere").machine
    assert open_meter([], machine) == Metering()
    found = open_meter(named, Machine(clock_s=lambda: 0.0, root=tmp_path, i2c=_nobody))
    assert (found.name, found.meter) == ("", None)
    assert set(found.silent) == set(TABLE)
    assert all(found.silent.values())


def _nobody(_bus: int, _address: int) -> worlds.Chip:
    chip = worlds.Chip()
    chip.silent = True
    return chip


@pytest.mark.parametrize("board_id", board_ids())
def test_meters_of_a_board_can_all_be_built_as_its_file_says(board_id: str, tmp_path: Path) -> None:
    """Every `[[meter]]` of every board is one that exists; here none answers, or the model does."""
    board = load_board(board_id)
    machine = Machine(clock_s=lambda: 0.0, root=tmp_path, states=board.states, i2c=_nobody)
    assert open_meter(board.fittings.meter, machine).meter is None


def test_open_meter_of_this_machine_answers() -> None:
    """Any Linux machine has at least the model; whatever answers here tells its scope and never a negative sum."""
    ports = open_ports("generic")
    assert ports.open_meter is not None
    found = ports.open_meter(None)
    assert found.meter is not None
    reading = read(found.meter)
    assert reading.scope in get_args(Scope)
    assert reading.energy_mj >= 0.0
