"""What infers beside the processor on this machine, by the signs that a board's file has for it.

A file, a USB device or a PCI card: nothing is opened, for to use an accelerator once may keep it at its higher draw
until its port loses power. Source: Documentation/ABI/testing/sysfs-bus-usb and sysfs-bus-pci.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from node.hal import Accelerator

if TYPE_CHECKING:
    from collections.abc import Iterable

    from boards.fittings import Accelerator as Fitted

BUSES: Final = {
    "usb": ("sys/bus/usb/devices", "idVendor", "idProduct"),
    "pci": ("sys/bus/pci/devices", "vendor", "device"),
}
"""Where the devices of a bus are, and the files with their two numbers, in hexadecimal."""


def find_accelerators(fitted: Iterable[Fitted], root: Path = Path("/")) -> list[Accelerator]:
    """Return those that show a sign of being here, each kind once.

    Args:
        fitted: what may be; the first of a kind is taken.
        root: where `sys` and `dev` are.
    """
    kinds: dict[str, Fitted] = {}
    for each in fitted:
        kinds.setdefault(each.kind, each)
    return [_figures(each) for each in kinds.values() if any(_is_seen(sign, root) for sign in each.seen)]


def _is_seen(sign: str, root: Path) -> bool:
    """Look for a sign, by the law of `boards.fittings.SEEN`."""
    kind, _, what = sign.partition(":")
    if kind == "path":
        return (root / what.lstrip("/")).exists()
    folder, *names = BUSES[kind]
    wanted = what.split(":")
    return any([_hex(device / name) for name in names] == wanted for device in (root / folder).glob("*"))


def _hex(path: Path) -> str:
    """Read four digits, with or without the 0x that PCI has; empty for what cannot be read."""
    try:
        return path.read_text(errors="replace").strip().lower().removeprefix("0x")
    except OSError:
        return ""


def _figures(fitted: Fitted) -> Accelerator:
    rest = fitted.used or fitted.idle
    return Accelerator(
        name=fitted.name,
        busy_mw=fitted.busy.power_mw,
        rest_mw=rest.power_mw if rest else None,
        quality=fitted.busy.quality,
        runtime=fitted.runtime,
        notes=fitted.notes,
    )
