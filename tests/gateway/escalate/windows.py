"""Windows as nodes send them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from node.wire.messages import Raw

if TYPE_CHECKING:
    import numpy.typing as npt


def window(numbers: npt.ArrayLike, about: int = 0, stream: str = "digits") -> Raw:
    """Return a window that is about a record, not packed."""
    data = np.asarray(numbers, "<f4")
    return Raw(
        boot_id=b"boot-one",
        seq=about,
        time_ms=0,
        stream=stream,
        shape=data.shape,
        dtype="f4",
        data=data.tobytes(),
        about=about,
    )
