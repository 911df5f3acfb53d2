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
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the name is the folder's, and goes to disk with it
    finally:
        os.close(folder)
