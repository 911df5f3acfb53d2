"""Numbers and words in the kernel's files, each failure with the file that failed.

Every path is below a root, `/` in the field: a test builds a machine in a folder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from node.errors import HardwareError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def word(path: Path) -> str:
    """Read a file of one line.

    Raises:
        HardwareError: it is not there, not ours to read, or its driver reports an error.
    """
    try:
        return path.read_text(errors="replace").strip()
    except OSError as error:
        raise HardwareError(f"{path}: {error.strerror or error}") from error


def number(path: Path) -> int:
    """Read a file that holds a whole number.

    Raises:
        HardwareError: as for `word`, or it holds something else; an empty file is what a driver in trouble leaves.
    """
    text = word(path)
    try:
        return int(text)
    except ValueError as error:
        raise HardwareError(f"{path}: expected a whole number, got {text[:40]!r}") from error


def shunt_scale(path: Path, soldered_uohm: int | None) -> float:
    """Return what a reading is to be multiplied by: what the driver believes over what is soldered.

    Args:
        path: where the driver says what it believes, in microohm.
        soldered_uohm: None to believe it.

    Raises:
        HardwareError: it believes in no resistance, by which every reading would be a zero.
    """
    if soldered_uohm is None:
        return 1.0
    believed_uohm = number(path)
    if believed_uohm <= 0:
        raise HardwareError(f"{path}: the driver believes in a shunt of {believed_uohm} microohm")
    return believed_uohm / soldered_uohm


def hwmon_chips(root: Path, names: frozenset[str]) -> Iterator[tuple[str, Path]]:
    """Find the chips of these names among the kernel's hardware monitors, by number.

    Yields:
        The device's name on its bus, such as `1-0040`, and the folder of its files.
    """
    for folder in sorted((root / "sys/class/hwmon").glob("hwmon*"), key=lambda each: (len(each.name), each.name)):
        try:
            found = word(folder / "name") in names
        except HardwareError:
            continue  # unplugged while we looked
        if found:
            yield (folder / "device").resolve().name, folder
