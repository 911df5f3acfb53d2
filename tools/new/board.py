"""A board's folder: a `board.toml` with every option that there is, and a README with a place for its pitfalls."""

from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING, Final

from boards import COMPATIBLE, check_board
from boards.fittings import Accelerator, Bus, Cpu, Flash, Lamp, Meter, OperatingPoint, Pins, Radio, Supply
from boards.schema import SCHEMA, Boot, Identity, State
from tools.new.scaffold import commented, table
from tools.reference.figures import FIRST, LAST, with_figures

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

NAPS: Final[Mapping[str, Mapping[str, object]]] = {
    "suspend": {"mechanism": "sysfs_mem", "wake": ("rtc",), "requires": ("state:mem",)},
    "halt": {"mechanism": "halt_external", "retains": "disk", "wake": ("power-cycle",)},
    "off": {"mechanism": "external_cut", "retains": "disk", "wake": ("controller",), "requires": ("controller:any",)},
}
"""States that a board may have, and what is usual of them."""
COSTS: Final = frozenset({"enter", "exit"})
README: Final = """# {name}

<!-- What it is and whom it suits; then how its figures were taken: with which instrument, at which voltage, with what
attached. -->

## Figures

{first}{last}

## Pitfalls

<!-- What will surprise the next person, one line each, with the source:
* It cannot suspend: ...
-->
"""


def begin(board_id: str, folder: Path, known: Mapping[str, object]) -> Path:
    """Make the folder with both files.

    Args:
        board_id: the folder's name.
        folder: where the folders are.
        known: what is known of the board already, as `this_machine` says.

    Returns:
        The new folder.
    """
    home = folder / board_id
    home.mkdir(parents=True)
    text = "\n".join(_lines(board_id, known))
    (home / "board.toml").write_text(text)
    (home / "README.md").write_text(README.format(name=board_id, first=FIRST, last=LAST))
    return home


def finish(board_id: str, folder: Path) -> None:
    """Check what was filled in, and write its figures into the README.

    Raises:
        ConfigError: with everything that is missing or wrong.
    """
    check_board(board_id, folder)
    readme = folder / board_id / "README.md"
    readme.write_text(with_figures(readme))


def this_machine(compatible: Path = COMPATIBLE) -> dict[str, object]:
    """Return what the machine that this runs on says of itself; its device tree only where it has one."""
    known: dict[str, object] = {"arch": platform.machine(), "cores": os.cpu_count() or 0}
    if compatible.is_file():
        names = compatible.read_bytes().decode(errors="replace").rstrip("\0").split("\0")
        known |= {"compatible": tuple(names[:1]), "source": "its own /proc/device-tree/compatible"}
    return known


def _lines(board_id: str, known: Mapping[str, object]) -> Iterator[str]:
    yield f'# {board_id}: fill in every "", and take the # from what the board has. What you do not know is an'
    yield '# "estimate" whose source says how you made it.'
    yield f"schema = {SCHEMA}"
    yield ""
    yield from table("[board]", Identity, {"id": board_id, **known})
    yield from table("[[state]]", State, {"name": "active"})
    yield from table("[[state]]", State, {"name": "idle"})
    yield from table("[[state]]", State, {"name": "light", "mechanism": "light", "wake": ("timer",)}, COSTS)
    for name, usual in NAPS.items():
        costs = COSTS if name == "suspend" else frozenset[str]()
        yield from commented(table("[[state]]", State, {"name": name, **usual}, costs))
    yield from commented(table("[boot]", Boot, {}))
    yield from commented(table("[supply]", Supply, {}))
    yield from commented(table("[cpu]", Cpu, {}))
    yield from commented(table("[[cpu.opp]]", OperatingPoint, {}))
    yield from commented(table("[[radio]]", Radio, {}))
    yield from commented(table("[[accelerator]]", Accelerator, {}))
    yield from table("[[meter]]", Meter, {"driver": "model", "scope": "input", "priority": 100})
    for head, shape in (("[bus]", Bus), ("[pins]", Pins), ("[lamp]", Lamp), ("[flash]", Flash)):
        yield from commented(table(head, shape, {}))
