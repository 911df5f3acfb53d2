"""What a node without rights is lent of the kernel: the files under /sys that its configuration has it write.

systemd-tmpfiles hands each of them to the node's group, at boot and again when the node starts, for drivers come late.
The mechanisms that write them are the boards'; `tests/system/test_unprivileged.py` holds the two together.

What no file can lend: the kernel asks whoever turns a radio off for CAP_NET_ADMIN, whatever the file's owner
(net/rfkill/core.c, soft_store), and for power save too; and `nvpmodel` is root's own program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from node.config import Config

ALARM: Final = ("/sys/class/rtc/rtc0/wakealarm", "/sys/class/rtc/rtc0/device/power/wakeup")
SUSPEND: Final = ("/sys/power/state", "/sys/power/mem_sleep")
GOVERNORS: Final = "/sys/devices/system/cpu/cpufreq/policy*/scaling_governor"
CLOCKS: Final = (
    GOVERNORS,
    "/sys/devices/system/cpu/cpufreq/policy*/scaling_min_freq",
    "/sys/devices/system/cpu/cpufreq/policy*/scaling_max_freq",
    "/sys/class/devfreq/*/min_freq",
    "/sys/class/devfreq/*/max_freq",
)
SAVINGS: Final = {
    "governor": (GOVERNORS,),
    "cores": ("/sys/devices/system/cpu/cpu[0-9]*/online",),
    "wifi": ("/sys/class/rfkill/rfkill*/soft",),
    "bluetooth": ("/sys/class/rfkill/rfkill*/soft",),
    "hdmi": ("/sys/class/drm/card*-HDMI-A-*/status",),
    "usb": ("/sys/bus/usb/devices/*/power/control",),
    "wifi_power_save": (),
}
RADIO: Final = frozenset({"wifi", "bluetooth", "wifi_power_save"})
"""The savings that take CAP_NET_ADMIN."""


def lent(config: Config) -> tuple[str, ...]:
    """Return the globs of the files that it writes, without doubles."""
    return tuple(dict.fromkeys(_written(config)))


def radio(config: Config) -> bool:
    """Whether it turns radios off, or has them save."""
    return not RADIO.isdisjoint(config.sleep.savings)


def halts(config: Config) -> bool:
    """Whether it may take the machine down."""
    return config.sleep.deepest in {"halt", "off"}


def lines(config: Config, group: str) -> str:
    """Write them as tmpfiles.d(5) has it: `z` hands over what a glob finds, and passes over what is not there.

    Args:
        config: what the node will do.
        group: the node's.
    """
    return "".join(f"z {each} 0664 root {group}\n" for each in lent(config))


def _written(config: Config) -> Iterator[str]:
    if config.sleep.deepest != "light":
        yield from ALARM
        yield from SUSPEND
    for saving in config.sleep.savings:
        yield from SAVINGS[saving]
    if config.dvfs.mode != "keep":
        yield from CLOCKS
