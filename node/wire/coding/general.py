"""The raw layout through zstd: for what repeats in ways that no number model sees. Needs the `zstandard` package."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from node.wire.bounded import Coding, expand
from node.wire.coding import raw
from node.wire.coding.octets import Reader
from node.wire.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.wire.coding.table import Lane

LEVEL: Final = 19
MOST_CELL_BYTES: Final = 9


def available() -> bool:
    """Tell whether the library is installed, without importing it."""
    return find_spec("zstandard") is not None


def pack(lanes: Sequence[Lane]) -> bytes:
    """Pack lanes at the level that is worth it for so few bytes."""
    import zstandard

    return zstandard.ZstdCompressor(level=LEVEL).compress(raw.pack(lanes))


def unpack(reader: Reader, lanes: Sequence[Lane], rows: int) -> list[list[int]]:
    """Undo `pack`, never expanding beyond what such lanes can take."""
    most = len(lanes) * (rows * MOST_CELL_BYTES + MOST_CELL_BYTES + 2)
    plain = Reader(expand(Coding.ZSTD, reader.rest(), most))
    found = raw.unpack(plain, lanes, rows)
    if plain.rest():
        raise WireError("bad-body", "bytes after the last lane")
    return found
