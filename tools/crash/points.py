"""Points: each thing that a process is about to do to the files below a folder, numbered.

The interpreter tells (`sys.addaudithook`): each file opened for writing, made, renamed, removed or linked, each folder
made, each folder opened (which is done to sync it), and each child started. Nothing of the product knows. What lies
between two points is done when the second is reached; so an end at each of them is an end at every step.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

CHANGES: Final = {
    "os.rename": "rename to",
    "os.remove": "remove",
    "os.mkdir": "make",
    "os.rmdir": "remove",
    "os.link": "link",
    "os.symlink": "link",
    "os.truncate": "cut",
}
WRITES: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_RANDOM: Final = re.compile(r"tmp[a-z0-9_]{8}")
_DIGEST: Final = re.compile(r"([0-9a-f]{6})[0-9a-f]{58}")


def watch(folder: Path, reach: Callable[[str], None]) -> None:
    """Have each point of this process told, from now to its end: a hook cannot be taken back.

    Args:
        folder: below which changes count.
        reach: told what is about to happen, in words without what differs from run to run.
    """
    last = ""

    def hook(event: str, args: tuple[object, ...]) -> None:
        nonlocal last
        words = _words(folder, event, args)
        if words and words != last:  # a file that is opened by an opener is told twice
            reach(words)
        last = words or last

    sys.addaudithook(hook)


def _words(folder: Path, event: str, args: tuple[object, ...]) -> str:
    if event == "subprocess.Popen":
        return "start a child"
    if event == "open":
        path, _, flags = args
        if not isinstance(flags, int) or not isinstance(path, str | Path):
            return ""
        where = _within(folder, path)
        if where and flags & WRITES:
            return f"open {where}"
        return f"sync {where}" if where and Path(path).is_dir() else ""
    if event in CHANGES:
        where = _within(folder, args[1] if event in {"os.rename", "os.link", "os.symlink"} else args[0])
        return f"{CHANGES[event]} {where}" if where else ""
    return ""


def _within(folder: Path, path: object) -> str:
    """Return a path below the folder, without what differs from run to run; empty for others."""
    name = os.fspath(path) if isinstance(path, str | Path) else ""
    if not name.startswith(f"{folder}/") and name != str(folder):
        return ""
    return _DIGEST.sub(r"\1", _RANDOM.sub("tmp", os.path.relpath(name, folder)))
