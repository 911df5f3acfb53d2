"""Machines that are folders: each draws a power, and its files say so in the way of one kernel driver or chip.

A world can be broken (its files answer with an error, as a chip off its bus), mended, and unplugged.
"""

from __future__ import annotations

import shutil
import struct
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final, Protocol

from boards.meters import Machine
from node.hal import PowerState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

STATES: Final = {
    name: PowerState(name=name, power_mw=power_mw, quality="estimate", source="test")
    for name, power_mw in (("active", 2000.0), ("idle", 500.0), ("light", 400.0))
}


class World(Protocol):
    """A machine under a meter."""

    now_s: float

    @property
    def machine(self) -> Machine:
        """What the meter is given."""
        ...

    @property
    def options(self) -> Mapping[str, object]:
        """The meter's params here."""
        ...

    def draw(self, power_mw: float, seconds: float) -> None:
        """Draw so much for so long."""
        ...

    def breaks(self) -> None:
        """Stop answering."""
        ...

    def mend(self) -> None:
        """Answer again."""
        ...


class Folder(ABC):
    """What most worlds are: files below a root."""

    options: Mapping[str, object] = {}
    home = "sys"

    def __init__(self, root: Path) -> None:
        self.root = root
        self.now_s = 1000.0
        self.draw(1000.0, 0.0)

    @property
    def machine(self) -> Machine:
        """What the meter is given."""
        return Machine(clock_s=lambda: self.now_s, states=STATES, root=self.root)

    def put(self, path: str, value: object) -> None:
        """Write one file."""
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(f"{value}\n")

    def draw(self, power_mw: float, seconds: float) -> None:
        """Draw so much for so long."""
        self.now_s += seconds
        self.show(power_mw, seconds)

    @abstractmethod
    def show(self, power_mw: float, seconds: float) -> None:
        """Say it in files."""

    def breaks(self) -> None:
        """Take the whole tree away, as an unplugged device does."""
        (self.root / self.home).rename(self.root / "away")

    def mend(self) -> None:
        """Put it back."""
        shutil.copytree(self.root / "away", self.root / self.home, dirs_exist_ok=True, symlinks=True)
        shutil.rmtree(self.root / "away")

    def chip(self, number: int, name: str, device: str) -> str:
        """Make a hardware monitor, with the link to its device that sysfs has."""
        folder = f"sys/class/hwmon/hwmon{number}"
        self.put(f"{folder}/name", name)
        (self.root / f"sys/bus/i2c/devices/{device}").mkdir(parents=True, exist_ok=True)
        link = self.root / folder / "device"
        if not link.is_symlink():
            link.symlink_to(f"../../../bus/i2c/devices/{device}")
        return folder


class Ina219(Folder):
    """A breakout board with 100 milliohm, which the driver knows of."""

    def show(self, power_mw: float, seconds: float) -> None:
        """One chip among others."""
        del seconds
        self.chip(0, "cpu_thermal", "thermal")
        folder = self.chip(10, "ina219", "1-0040")
        self.put(f"{folder}/in1_input", 5000)
        self.put(f"{folder}/curr1_input", round(power_mw / 5))
        self.put(f"{folder}/power1_input", round(power_mw * 1e3))
        self.put(f"{folder}/shunt_resistor", 100_000)


class Orin(Folder):
    """The INA3221 of an Orin module: its input, and two parts of it."""

    def show(self, power_mw: float, seconds: float) -> None:
        """Three channels, of which the first is the whole; and the sums that are no channels."""
        del seconds
        folder = self.chip(2, "ina3221", "1-0040")
        for channel, label, share in ((1, "VDD_IN", 1.0), (2, "VDD_CPU_GPU_CV", 0.4), (3, "VDD_SOC", 0.2)):
            self.put(f"{folder}/in{channel}_label", label)
            self.put(f"{folder}/in{channel}_input", 5000)
            self.put(f"{folder}/curr{channel}_input", round(power_mw * share / 5))
        self.put(f"{folder}/in7_label", "sum of shunt voltages")
        self.put(f"{folder}/curr4_input", round(power_mw * 1.6 / 5))


class Nano(Folder):
    """A Jetson Nano of JetPack 4, by IIO."""

    def show(self, power_mw: float, seconds: float) -> None:
        """The rails of NVIDIA's own driver, in mW."""
        del seconds
        folder = "sys/bus/i2c/drivers/ina3221x/6-0040/iio:device0"
        for rail, label, share in ((0, "POM_5V_IN", 1.0), (1, "POM_5V_GPU", 0.1), (2, "POM_5V_CPU", 0.3)):
            self.put(f"{folder}/rail_name_{rail}", label)
            self.put(f"{folder}/in_power{rail}_input", round(power_mw * share))


class Jtop(Folder):
    """A Jetson with jetson-stats; its module stands in for jtop's, its file for the service."""

    home = "service"

    def __init__(self, root: Path) -> None:
        (root / "jtop.py").write_text(_JTOP.format(str(root / "service/mw")))
        super().__init__(root)

    def show(self, power_mw: float, seconds: float) -> None:
        """The service knows the power."""
        del seconds
        self.put("service/mw", power_mw)


_JTOP: Final = """
import threading

class JtopException(Exception):
    pass

class jtop(threading.Thread):
    def run(self):
        pass

    def start(self):
        self.last = self._ask()
        super().start()

    def _ask(self):
        try:
            with open({!r}) as file:
                mw = int(float(file.read()))
        except OSError as error:
            raise JtopException("The jtop.service is not active") from error
        total = {{"power": mw, "avg": 0, "name": "VDD_IN"}}
        return {{"rail": {{"VDD_SOC": {{"power": mw // 4, "avg": 0}}}}, "tot": total}}

    def ok(self, spin=False):
        try:
            self.last = self._ask()
        except JtopException:
            return False
        return True

    @property
    def power(self):
        self.ok()
        return self.last
"""
"""A client as jtop's is: a thread that is started once, raises without its service, and keeps the last news."""


class Packages(Folder):
    """Two x86 packages whose counters wrap at 262 J, one with a subdomain and a twin by MMIO."""

    RANGE_UJ = 262_143_328_850

    def show(self, power_mw: float, seconds: float) -> None:
        """Half the power each; they start shortly before their wrap."""
        for package in ("intel-rapl:0", "intel-rapl:1", "intel-rapl:0:0", "intel-rapl-mmio:0", "intel-rapl:2"):
            folder = f"sys/class/powercap/{package}"
            path = self.root / folder / "energy_uj"
            before_uj = int(path.read_text()) if path.exists() else self.RANGE_UJ - 1_000_000
            self.put(f"{folder}/energy_uj", round(before_uj + power_mw / 2 * seconds * 1e3) % self.RANGE_UJ)
            self.put(f"{folder}/max_energy_range_uj", self.RANGE_UJ)
            self.put(f"{folder}/name", "psys" if package == "intel-rapl:2" else f"package-{package[-1]}")


class Battery(Folder):
    """A battery that counts its energy, in steps of 1 mWh, beside a charger that says nothing true."""

    options: Mapping[str, object] = {"step_mwh": 1.0}
    status = "Discharging"
    left_mj = 36e6

    def show(self, power_mw: float, seconds: float) -> None:
        """The count falls while it gives, and rises while it takes."""
        self.left_mj += power_mw * seconds * (-1 if self.status == "Discharging" else 1)
        folder = "sys/class/power_supply/BAT0"
        self.put("sys/class/power_supply/AC/type", "Mains")
        self.put("sys/class/power_supply/AC/energy_now", 1)
        self.put(f"{folder}/type", "Battery")
        self.put(f"{folder}/status", self.status)
        self.put_count(folder)

    def put_count(self, folder: str) -> None:
        """The energy that is left, in uWh, rounded to mWh."""
        self.put(f"{folder}/energy_now", round(self.left_mj / 3600) * 1000)


class ChargeBattery(Battery):
    """One that counts charge, at a voltage that does not change."""

    def put_count(self, folder: str) -> None:
        """The charge that is left, in uAh, at 4 V, rounded to a quarter of a mAh, which is 1 mWh."""
        self.put(f"{folder}/voltage_now", 4_000_000)
        self.put(f"{folder}/charge_now", round(self.left_mj / 3600) * 250)


class Firmware(Folder):
    """A Pi 5, whose firmware is a script."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        script = root / "vcgencmd"
        script.write_text(f'#!/bin/sh\ntest "$1" = pmic_read_adc && cat {root}/sys/pmic\n')
        script.chmod(0o755)
        self.options = {"command": (str(script), "pmic_read_adc")}

    def show(self, power_mw: float, seconds: float) -> None:
        """Two rails with half the power each, and two voltages that have no current."""
        del seconds
        half_w = power_mw / 2e3
        self.put(
            "sys/pmic",
            f" 3V3_SYS_A current(1)={half_w / 3.3:.8f}A\n VDD_CORE_A current(7)={half_w / 0.72:.8f}A\n"
            " 3V3_SYS_V volt(9)=3.30000000V\n VDD_CORE_V volt(15)=0.72000000V\n"
            " EXT5V_V volt(24)=5.07060000V\n BATT_V volt(25)=0.00000000V\n",
        )


class Kernel(Folder):
    """A machine with two cores, as busy as its power says after the model."""

    home = "proc"
    busy = 5000.0
    waited = 9000.0

    def show(self, power_mw: float, seconds: float) -> None:
        """Jiffies of both cores, a hundred a second each; guest time stands inside user time and is not added."""
        share = (power_mw - 500.0) / 1500.0
        self.busy += share * seconds * 200
        self.waited += (1 - share) * seconds * 200
        self.put("proc/stat", f"cpu  {round(self.busy)} 0 0 {round(self.waited)} 0 0 0 0 77 0\ncpu0 1\ncpu1 2\nintr 5")


class Chip:
    """A register map behind an I2C bus that may fall silent."""

    def __init__(self) -> None:
        self.registers = bytearray(256)
        self.silent = False

    def read(self, register: int, count: int) -> bytes:
        """Read from a register on, or raise what the kernel raises."""
        if self.silent:
            raise OSError(121, "Remote I/O error")
        return bytes(self.registers[register : register + count])


class Wired(ABC):
    """A machine with one chip on bus 1."""

    options: Mapping[str, object] = {}

    def __init__(self, root: Path, address: int) -> None:
        self.root = root
        self.now_s = 1000.0
        self.chips = {(1, address): Chip()}
        self.chip = self.chips[1, address]
        self.draw(1000.0, 0.0)

    @property
    def machine(self) -> Machine:
        """What the meter is given."""
        return Machine(clock_s=lambda: self.now_s, root=self.root, i2c=lambda bus, address: self.chips[bus, address])

    def draw(self, power_mw: float, seconds: float) -> None:
        """Draw so much for so long."""
        self.now_s += seconds
        self.show(power_mw, seconds)

    @abstractmethod
    def show(self, power_mw: float, seconds: float) -> None:
        """Say it in registers."""

    def breaks(self) -> None:
        """Stop answering."""
        self.chip.silent = True

    def mend(self) -> None:
        """Answer again."""
        self.chip.silent = False


class Witty(Wired):
    """A Witty Pi 4 that gives 5.02 V."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, 0x08)

    def show(self, power_mw: float, seconds: float) -> None:
        """Whole parts and hundredths."""
        del seconds
        hundredths = round(power_mw / 5.02 / 10)
        self.chip.registers[3:7] = bytes([5, 2, hundredths // 100, hundredths % 100])


class Cell(Wired):
    """A MAX17048 on a cell of 2 Wh."""

    options: Mapping[str, object] = {"capacity_mwh": 2000.0}
    left_mj = 0.6 * 2000 * 3600
    rate = -3

    def __init__(self, root: Path) -> None:
        super().__init__(root, 0x36)

    def show(self, power_mw: float, seconds: float) -> None:
        """State of charge, voltage and rate, the high byte first."""
        self.left_mj += power_mw * seconds * (1 if self.rate > 0 else -1)
        self.chip.registers[0x02:0x06] = struct.pack(">HH", 49_000, int(self.left_mj / 7.2e6 * 100 * 256))
        self.chip.registers[0x16:0x18] = struct.pack(">h", self.rate)
