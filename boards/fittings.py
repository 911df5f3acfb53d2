"""The rest of a `board.toml`: supply, processor, radios, accelerators, meters, buses, pins, and how it is flashed.

Read for planners, meters, `doctor` and the flashing tool; a wake that its gate turns down never comes here. The law
of the figures is that of `boards.figures`: each group has its quality and its source.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from boards.figures import Cited, Cost, Draw
from node.hal import Scope
from node.options import Reader, option

if TYPE_CHECKING:
    from collections.abc import Mapping

MeterDriver = Literal[
    "hwmon_ina",
    "ina3221",
    "jetson_rails",
    "jetson_stats",
    "max17048",
    "model",
    "power_supply",
    "rapl",
    "rpi5_pmic",
    "wittypi4",
]
SEEN: Final = r"(path:/\S+|usb:[0-9a-f]{4}:[0-9a-f]{4}|pci:[0-9a-f]{4}:[0-9a-f]{4})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply(Cited):
    """The `[supply]` table: what the board wants at its input."""

    nominal_mv: float = option("nominal voltage in mV", above=0)
    least_mv: float = option("voltage in mV below which it browns out", above=0)
    psu_ma: float = option("current in mA that its power supply should give", above=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatingPoint(Cited):
    """One `[[cpu.opp]]` table: a clock, and what a busy core costs at it."""

    khz: int = option("clock in kHz", least=1)
    core_mw: float = option("what one busy core adds to the idle board at this clock, in mW", least=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cpu(Cited):
    """The `[cpu]` table: the processor as cpufreq sees it. The kernel's own `cpuinfo_*_freq` wins where it differs."""

    policies: tuple[str, ...] = option("folders under /sys/devices/system/cpu/cpufreq", default=("policy0",))
    least_khz: int = option("lowest clock in kHz", least=1)
    most_khz: int = option("highest clock in kHz", least=1)
    governors: tuple[str, ...] = option("governors that the vendor's kernel has", default=())
    opp: tuple[OperatingPoint, ...] = option("clocks and what they cost, the lowest first", default=())

    def __post_init__(self) -> None:
        clocks = [each.khz for each in self.opp]
        if self.least_khz > self.most_khz:
            raise ValueError(f"least_khz {self.least_khz} is above most_khz {self.most_khz}")
        if clocks != sorted(set(clocks)):
            raise ValueError("opp is not in rising order of khz")
        if clocks and not self.least_khz <= clocks[0] <= clocks[-1] <= self.most_khz:
            raise ValueError(f"opp leaves the clocks of the board, {self.least_khz} to {self.most_khz}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dvfs:
    """The `[dvfs]` table: how the three modes of a policy are set. What is set is read back, always."""

    powersave: str = option("governor of the mode powersave", default="powersave")
    balanced: str = option("governor of the mode balanced", default="ondemand")
    performance: str = option("governor of the mode performance", default="performance")
    nvpmodel: str = option("NVIDIA's mode switch; empty where there is none", default="")
    nvpmodel_conf: str = option("where its modes stand: their numbers differ from module to module", default="")
    gpu_devfreq: tuple[str, ...] = option("globs for the GPU's devfreq folder, in the order to try", default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic(Cited):
    """What a radio takes for what it carries, on top of a board that idles with its radio on."""

    packet_mj: float = option("for each packet sent in mJ", least=0)
    sent_byte_mj: float = option("for each byte sent in mJ", least=0)
    received_byte_mj: float = option("for each byte received in mJ", least=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Radio:
    """One `[[radio]]` table: a way to the network, cables included."""

    kind: Literal["wifi", "ethernet", "cellular", "lora"] = option("which sort")
    interface: str = option("the kernel's name for it", pattern=r"\S+")
    off: tuple[str, ...] = option("the command that silences it", default=())
    on: tuple[str, ...] = option("the command that brings it back", default=())
    idle: Draw = option("what being on and joined, with power save, adds to the board")
    alert: Draw | None = option("what switching power save off adds to that", default=None)
    session: Cost = option("association, address, TLS and MQTT: until the first record may go, beyond the idle board")
    traffic: Traffic = option("what carrying takes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating(Cited):
    """What the vendor or a survey says that an accelerator can do; a claim, not a promise."""

    tops_per_w: float | None = option("8-bit operations a second and watt, in 10^12", default=None, above=0)
    bandwidth_gb_s: float | None = option("memory bandwidth in GB/s", default=None, above=0)
    mobilenet_v2_ms: float | None = option("MobileNetV2 takes less than this, in ms", default=None, above=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accelerator:
    """One `[[accelerator]]` table: what infers beside the processor, fitted or to be found."""

    kind: str = option("its name in configurations", pattern=r"[a-z0-9-]{1,32}")
    name: str = option("what people call it", pattern=r".*\S.*")
    seen: tuple[str, ...] = option("signs of it: path:/FILE, usb:VENDOR:PRODUCT, pci:VENDOR:DEVICE", pattern=SEEN)
    runtime: str = option("the software that drives it", pattern=r".*\S.*")
    idle: Draw | None = option("what it adds while it was never used", default=None)
    used: Draw | None = option("what it adds from its first use on, at rest", default=None)
    busy: Draw = option("what it adds while it infers")
    rating: Rating | None = option("what it is said to be able to do", default=None)
    notes: str = option("what else a person should know", default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """One `[[meter]]` table: where joules can be counted, if it is there."""

    driver: MeterDriver = option("which meter")
    scope: Scope = option("what it counts")
    priority: int = option("the lowest that answers is believed", least=0)
    total: str = option("label of the rail that is the whole of its scope; empty for the first", default="")
    rails: tuple[str, ...] = option("labels of further rails, parts of the total", default=())
    rate_hz: float | None = option(
        "readings a second that its integral wants; not given for the part's own choice", default=None, above=0
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bus:
    """The `[bus]` table: the buses of the pin header."""

    i2c: int | None = option("number of the I2C bus", default=None, least=0)
    spi: str = option("SPI device; empty for none", default="")
    serial: str = option("serial port; empty for none", default="")
    one_wire: str = option("folder of the 1-wire bus; empty for none", default="")
    source: str = option("where that stands", pattern=r".*\S.*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pins:
    """The `[pins]` table: the header's pins, in the board's own numbers."""

    numbering: Literal["bcm", "header", "p9"] = option("Broadcom's numbers, or those of the header, or of header P9")
    chip_label: str = option("label of the header's gpiochip: its number moves from kernel to kernel", default="")
    factory: str = option("pin factory or library that works here", default="")
    sda: int | None = option("I2C data", default=None)
    scl: int | None = option("I2C clock", default=None)
    txd: int | None = option("serial out", default=None)
    rxd: int | None = option("serial in", default=None)
    mosi: int | None = option("SPI data out", default=None)
    miso: int | None = option("SPI data in", default=None)
    sclk: int | None = option("SPI clock", default=None)
    ce0: int | None = option("SPI chip select", default=None)
    source: str = option("where that stands", pattern=r".*\S.*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lamp:
    """The `[lamp]` table: what a person finds the board by among others."""

    leds: tuple[str, ...] = option(
        "names under /sys/class/leds: the first that is there is blinked", pattern=r"[\w:.-]+"
    )
    source: str = option("where that stands", pattern=r".*\S.*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flash:
    """The `[flash]` table: how a node gets onto the board."""

    method: Literal["sd", "emmc", "fastboot", "installed"] = option("what is written, and through what")
    image: str = option("the image to start from", default="")
    format: Literal["cloudinit-rpi", "rpi-preseed", "systemd", "cloudinit", "none"] = option(
        "how that image takes its first settings; the wrong one is ignored without a word", default="none"
    )
    boot_fs: Literal["fat32", "ext4", "none"] = option("file system of the boot partition", default="none")
    root_partition: int | None = option("number of the root partition", default=None, least=1)
    slots: Literal["tryboot", "none"] = option("how two systems take turns", default="none")
    eeprom: tuple[str, ...] = option("KEY=VALUE of the boot EEPROM to set", default=(), pattern=r"[A-Z_]+=\S+")
    inject: Literal["debugfs", "ssh", "none"] = option("how files get onto the root partition", default="debugfs")
    source: str = option("where that stands", pattern=r".*\S.*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fittings:
    """All tables that a wake does not read; a board names what it has."""

    supply: Supply | None = option("what the board wants at its input", default=None)
    cpu: Cpu | None = option("the processor", default=None)
    dvfs: Dvfs = option("how the modes of a policy are set", default=Dvfs())
    radio: tuple[Radio, ...] = option("ways to the network", default=())
    accelerator: tuple[Accelerator, ...] = option("what infers beside the processor", default=())
    meter: tuple[Meter, ...] = option("where joules can be counted", default=())
    bus: Bus | None = option("the buses of the pin header", default=None)
    pins: Pins | None = option("the header's pins", default=None)
    flash: Flash | None = option("how a node gets onto the board", default=None)
    lamp: Lamp | None = option("what a person finds the board by", default=None)


def read_fittings(reader: Reader, tables: Mapping[str, object]) -> Fittings | None:
    """Read what a wake leaves unread.

    Args:
        reader: keeps the problems.
        tables: the file without what `boards.schema` reads.

    Returns:
        The fittings, or None where at least one problem was kept.
    """
    fittings = reader.read(Fittings, tables, "")
    kinds = [each.kind for each in fittings.accelerator] if fittings else []
    for kind in sorted({each for each in kinds if kinds.count(each) > 1}):
        reader.complain("accelerator", f"{kind!r} is there twice")
    return None if reader.problems else fittings
