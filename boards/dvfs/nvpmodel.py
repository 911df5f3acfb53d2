"""A Jetson's power mode, by NVIDIA's nvpmodel.

It lies: modes that change the number of cores want a reboot, and without a terminal nvpmodel then keeps the old mode
and returns 0 (ARK-Electronics/ark_jetson_kernel, docs/power.md). So its answer is not looked at; the mode is asked for
afterwards. Numbers differ from module to module (MAXN_SUPER is 0 on an Orin NX and 2 on an Orin Nano), so a mode is
chosen by what its name says, from the file that nvpmodel itself reads.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from node.errors import HardwareError

if TYPE_CHECKING:
    from boards.sleeping.tree import Tree
    from node.hal import Mode

MODEL: Final = re.compile(r"<\s*POWER_MODEL\s+ID=(\d+)\s+NAME=(\S+)\s*>")
DEFAULT: Final = re.compile(r"<\s*PM_CONFIG\s+DEFAULT=(\d+)\s*>")
QUERIED: Final = re.compile(r"NV Power Mode: *\S+\s+(\d+)")
TIMEOUT_S: Final = 15.0
UNLIMITED_W: Final = 1e3  # MAXN and MAXN_SUPER name no watts


@dataclass(frozen=True, slots=True)
class PowerModel:
    """One mode of nvpmodel.

    Attributes:
        id: its number on this module.
        name: such as `15W` or `MAXN_SUPER`; the watts cap clocks and measure nothing.
    """

    id: int
    name: str

    @property
    def watts(self) -> float:
        """What its name promises."""
        found = re.search(r"(\d+)W", self.name)
        return float(found[1]) if found else UNLIMITED_W


def models_of(conf: str) -> dict[Mode, PowerModel]:
    r"""Find a model for each mode: the fewest watts, the vendor's default, the most.

    >>> models = models_of("< POWER_MODEL ID=0 NAME=15W >\n< POWER_MODEL ID=1 NAME=7W >\n< PM_CONFIG DEFAULT=0 >")
    >>> models["powersave"].id, models["balanced"].id
    (1, 0)
    """
    models = sorted(
        (PowerModel(int(number), name) for number, name in MODEL.findall(conf)), key=lambda each: each.watts
    )
    if not models:
        raise HardwareError("nvpmodel's file names no POWER_MODEL")
    default = DEFAULT.search(conf)
    usual = next((each for each in models if default and each.id == int(default[1])), models[len(models) // 2])
    return {"powersave": models[0], "balanced": usual, "performance": models[-1]}


class NvpModel:
    """The module's mode."""

    def __init__(self, tree: Tree, program: str, conf: str, *, may_reboot: bool = False) -> None:
        """Run nothing yet.

        Args:
            tree: where the file is.
            program: nvpmodel's path.
            conf: its file's path.
            may_reboot: answer YES where a mode wants a reboot, which happens at once; else it is refused.
        """
        self._tree = tree
        self._program = program
        self._conf = conf.lstrip("/")
        self._answer = "YES\n" if may_reboot else "NO\n"
        self._found: int | None = None

    def refusal(self) -> str:
        """Say that this is no Jetson."""
        return "" if self._tree.has(self._conf) else f"no nvpmodel here: /{self._conf} is not there"

    def set(self, mode: Mode) -> None:
        """Choose the module's own mode for it.

        Raises:
            HardwareError: nvpmodel kept another mode, or wants a reboot first.
        """
        model = models_of(self._tree.read(self._conf))[mode]
        now = self._query()
        self._switch(model.id, model.name, now)
        self._found = now if self._found is None else self._found

    def restore(self) -> None:
        """Go back to the mode that was found.

        Raises:
            HardwareError: nvpmodel kept another mode.
        """
        if self._found is not None:
            found, self._found = self._found, None
            self._switch(found, "as it was found", self._query())

    def _switch(self, number: int, name: str, now: int) -> None:
        if number == now:
            return
        said = self._run("-m", str(number))
        stands = self._query()
        if stands != number:
            why = "it wants a reboot" if "reboot" in said.lower() else f"it said {said.strip()[-80:]!r}"
            raise HardwareError(f"nvpmodel -m {number} ({name}): mode {stands} stands; {why}")

    def _query(self) -> int:
        said = self._run("-q")
        found = QUERIED.search(said)
        if not found:
            raise HardwareError(f"nvpmodel -q: no mode in {said.strip()[-80:]!r}")
        return int(found[1])

    def _run(self, *arguments: str) -> str:
        """Return all that it prints; what it returns is not believed."""
        try:
            done = subprocess.run(  # noqa: S603 - the board's file names the program
                [self._program, *arguments],
                input=self._answer,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=TIMEOUT_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise HardwareError(f"{self._program}: {error}") from error
        return done.stdout
