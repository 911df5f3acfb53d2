"""Rails by their labels, and which of them is the whole (pure, but for the reading of them).

Never the sum of all: an INA3221 on a Jetson reports the module's input and two parts of it, and jetson-stats counted
them twice for years (rbonghi/jetson_stats#51, #344).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from boards.meters.sysfs import hwmon_chips, number, shunt_scale, word
from node.errors import HardwareError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

WHOLE: Final = ("VDD_IN", "POM_5V_IN")
"""Labels under which Jetsons report their module's input: Orin, and Nano, TX2 and before."""
INA3221: Final = frozenset({"ina3221"})
CHANNELS: Final = (1, 2, 3)
UNUSED: Final = "NC"  # the label of a channel that is not connected, on Orin


def whole_mw(rails_mw: Mapping[str, float], *, total: str = "", parts: tuple[str, ...] = ()) -> tuple[float, bool]:
    """Choose what is believed to be the power.

    Args:
        rails_mw: power by label.
        total: the rail that is the whole; empty for one of `WHOLE`.
        parts: the rails to add up where there is no whole; empty for all.

    Returns:
        The power in mW, and whether it is that of a whole rather than a sum of rails.

    Raises:
        HardwareError: a rail that was named is not there.

    >>> whole_mw({"VDD_IN": 5000.0, "VDD_SOC": 945.0})
    (5000.0, True)
    >>> whole_mw({"3V3": 100.0, "5V": 400.0})
    (500.0, False)
    """
    missing = [name for name in (total, *parts) if name and name not in rails_mw]
    if missing or not rails_mw:
        raise HardwareError(f"no rail {', '.join(missing) or 'at all'}; there is {', '.join(rails_mw) or 'none'}")
    found = total or next((name for name in WHOLE if name in rails_mw), "")
    if found:
        return rails_mw[found], True
    return sum(rails_mw[name] for name in (parts or rails_mw)), False


def ina3221_rails_mw(root: Path, device: str = "", shunt_uohm: int | None = None) -> dict[str, float]:
    """Read every labelled rail of every INA3221, or of the one that is named: Documentation/hwmon/ina3221.rst.

    Channels that are switched off or not connected are left out; `in4` to `in7` and `curr4` are shunts and sums.

    Args:
        root: where `sys` is.
        device: the chip on its bus; empty for all.
        shunt_uohm: what is soldered to each channel; None to believe the driver.

    Raises:
        HardwareError: a channel does not answer.
    """
    rails_mw: dict[str, float] = {}
    for name, folder in hwmon_chips(root, INA3221):
        if device in {"", name}:
            rails_mw.update(_channel(folder, each, shunt_uohm) for each in CHANNELS if _used(folder, each))
    return rails_mw


def _used(folder: Path, channel: int) -> bool:
    label, switch = folder / f"in{channel}_label", folder / f"in{channel}_enable"
    connected = label.exists() and UNUSED not in word(label).split()
    return connected and not (switch.exists() and number(switch) == 0)


def _channel(folder: Path, channel: int, shunt_uohm: int | None) -> tuple[str, float]:
    """Return a channel's label and its power; mV times mA is uW."""
    power_uw = number(folder / f"in{channel}_input") * number(folder / f"curr{channel}_input")
    scale = shunt_scale(folder / f"shunt{channel}_resistor", shunt_uohm)
    return word(folder / f"in{channel}_label"), power_uw * scale / 1e3
