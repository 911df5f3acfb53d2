"""A kernel's clock files in a folder, which refuse what the kernel refuses, and a Jetson's nvpmodel as a script."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from boards.sleeping.tree import Tree

if TYPE_CHECKING:
    from pathlib import Path

CPU = "sys/devices/system/cpu/cpufreq"
GPU = "sys/class/devfreq/17000000.ga10b"


class ClockTree(Tree):
    """cpufreq and devfreq: EINVAL for a least above the most and for an unknown governor."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.cap_khz: int | None = None
        self.read_only = False
        (root / CPU).mkdir(parents=True)

    def put(self, path: str, text: str) -> None:
        """Make a file."""
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(f"{text}\n")

    def fit_policy(self, number: int, governors: str = "conservative ondemand performance powersave schedutil") -> None:
        """Fit a policy as a Pi Zero 2 W has it."""
        for name, text in {
            "cpuinfo_min_freq": "600000",
            "cpuinfo_max_freq": "1000000",
            "scaling_min_freq": "600000",
            "scaling_max_freq": "1000000",
            "scaling_governor": governors.split(maxsplit=1)[0],
            "scaling_available_governors": governors,
        }.items():
            self.put(f"{CPU}/policy{number}/{name}", text)

    def fit_gpu(self) -> None:
        """Fit an Orin's GPU."""
        self.put(f"{GPU}/available_frequencies", "306000000 408000000 624750000")
        self.put(f"{GPU}/min_freq", "306000000")
        self.put(f"{GPU}/max_freq", "624750000")

    def shows(self, number: int = 0) -> tuple[str, str, str]:
        """Return a policy's governor and range."""
        return (
            self.read(f"{CPU}/policy{number}/scaling_governor"),
            self.read(f"{CPU}/policy{number}/scaling_min_freq"),
            self.read(f"{CPU}/policy{number}/scaling_max_freq"),
        )

    def _put(self, path: str, text: str) -> None:
        if self.read_only:
            raise PermissionError(errno.EACCES, "Permission denied")
        folder, _, name = path.rpartition("/")
        if name == "scaling_governor" and text not in self.read(f"{folder}/scaling_available_governors").split():
            raise OSError(errno.EINVAL, "Invalid argument")
        for least, most in (("scaling_min_freq", "scaling_max_freq"), ("min_freq", "max_freq")):
            if (name == least and int(text) > int(self.read(f"{folder}/{most}"))) or (
                name == most and int(text) < int(self.read(f"{folder}/{least}"))
            ):
                raise OSError(errno.EINVAL, "Invalid argument")
        if name == "scaling_max_freq" and self.cap_khz is not None:
            text = str(min(int(text), self.cap_khz))
        super()._put(path, f"{text}\n")
        with (self.root / path).open("r+") as file:
            file.truncate(len(text) + 1)


CONF = """
< PM_CONFIG DEFAULT=1 >
< POWER_MODEL ID=0 NAME=15W >
< POWER_MODEL ID=1 NAME=25W >
< POWER_MODEL ID=2 NAME=MAXN_SUPER >
< POWER_MODEL ID=3 NAME=7W >
"""
"""An Orin Nano's, shortened."""

NVPMODEL = """#!/bin/sh
# Mode 3 switches cores off and wants a reboot; without a YES nothing happens, and 0 is returned all the same.
state={folder}/mode
names="15W 25W MAXN_SUPER 7W"
case "$1" in
-q) mode=$(cat $state); set -- $names; shift $mode; printf 'NV Power Mode: %s\\n%s\\n' "$1" "$mode" ;;
-m) if [ "$2" = 3 ]; then
      echo "NVPM WARN: Reboot required for changing to this power mode: 3"
      echo "DO YOU WANT TO REBOOT NOW? enter YES/yes to confirm:"
      read answer; [ "$answer" = YES ] && echo 3 > $state
    elif [ -e {folder}/stuck ]; then echo "NVPM ERROR: failed to set power mode!"
    else echo "$2" > $state; fi ;;
esac
exit 0
"""


def fit_nvpmodel(tree: ClockTree) -> str:
    """Install it, and return its path."""
    program = tree.root / "nvpmodel"
    tree.put("etc/nvpmodel.conf", CONF)
    tree.put("mode", "1")
    program.write_text(NVPMODEL.format(folder=tree.root))
    program.chmod(0o755)
    return str(program)
