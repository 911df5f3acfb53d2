"""Each lane through pcodec (Loncaric 2024). Needs the `pcodec` package, and numpy; without them a clear WireError."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from node.wire.coding.octets import Reader, varint
from node.wire.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.wire.coding.table import Lane

LEVEL: Final = 12


def available() -> bool:
    """Tell whether the libraries are installed, without importing them."""
    return find_spec("pcodec") is not None and find_spec("numpy") is not None


def pack(lanes: Sequence[Lane]) -> bytes:
    """Pack each lane as int64, after its length."""
    import numpy as np
    from pcodec import ChunkConfig, standalone

    out = b""
    for lane in lanes:
        packed = standalone.simple_compress(np.asarray(lane.cells, np.int64), ChunkConfig(compression_level=LEVEL))
        out += varint(len(packed)) + bytes(packed)
    return out


def unpack(reader: Reader, lanes: Sequence[Lane], rows: int) -> list[list[int]]:
    """Undo `pack`; the library writes into an array of ours, so that it cannot grow beyond the batch."""
    if not available():
        raise WireError("unsupported", "a pcodec batch; install the `pcodec` package here, or choose another encoding")
    import numpy as np
    from pcodec import standalone

    found = []
    for _ in lanes:
        cells = np.zeros(rows, np.int64)
        try:
            progress = standalone.simple_decompress_into(reader.take(reader.varint(1 << 17)), cells)
        except (RuntimeError, ValueError, TypeError) as error:
            raise WireError("bad-body", f"pcodec: {error}") from error
        if progress.n_processed != rows:
            raise WireError("bad-body", f"pcodec: {progress.n_processed} numbers for {rows} rows")
        found.append([int(cell) for cell in cells])
    return found
