"""Files that are there whole, also after a power cut.

Without the fsync of the folder, most simulated power cuts bring the old file back; without any fsync, they leave none
(`python -m tools.bench powercut` counts them).
"""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Replace a file by new contents, durably.

    Args:
        path: its folder must exist.
        data: all of it.
        mode: who may read it, as far as the umask lets them: its owner alone, unless told otherwise.

    Raises:
        OSError: the disk refuses; the old file is still there.
    """
    draft = path.with_name(f"{path.name}.new")
    with open(draft, "wb", opener=partial(os.open, mode=mode)) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    move(draft, path)


def move(source: Path, target: Path) -> None:
    """Give a file another name, durably; whatever had that name is gone.

    Args:
        source: its contents are on disk already.
        target: in the same file system; its folder must exist.

    Raises:
        OSError: the disk refuses.
    """
    source.replace(target)
    for folder in {source.parent, target.parent}:
        sync_folder(folder)


def sync_folder(path: Path) -> None:
    """Have the names in a folder on disk; they are the folder's own contents.

    Raises:
        OSError: the disk refuses.
    """
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
