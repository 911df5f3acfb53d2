"""Assembly: which pieces of a file are here, and which to ask for next. Pure: somebody else holds the bytes.

A file is named by the SHA-256 of the whole and cut on a grid, so that a piece is (digest, offset) and nothing about it
depends on who sends it, when, or in which order. A bit a piece says what is here; the bits are written down after
their bytes, and so no power cut can make them promise too much. A piece off the grid, of another length or of another
file is refused: overlaps and gaps cannot happen.

Where the signed target also carries the pieces' own digests, a piece is verified before it counts, and a liar costs
the piece alone. Without them only the whole can be judged, at the end, and a liar costs all of it.

    >>> wanted = Wanted(digest=hashlib.sha256(b"abcdefgh").digest(), size_bytes=8, piece_bytes=3)
    >>> some = take(Assembly(wanted), wanted.digest, 3, 8, b"def")
    >>> some.missing(2), some.is_complete
    ([Gap(offset=0, length=3), Gap(offset=6, length=2)], False)
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from node.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Iterable

DIGEST_BYTES: Final = 32
CHECK_BYTES: Final = 16
"""Of a piece's own digest, a SHA-256 cut to 128 bits: a forger needs a second preimage, not a collision."""
MOST_PIECE_BYTES: Final = 61_440
"""60 KiB: with what stands around it in a File, and the topic, inside the 64 KiB of a message."""
MOST_PIECES: Final = 4096
MOST_FILE_BYTES: Final = 64 << 20
"""No board that this firmware is for runs a larger model."""


class Gap(NamedTuple):
    """A piece that is not here."""

    offset: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A file to fetch; all of it comes from a signed target, not from whoever sends the pieces.

    Attributes:
        digest: SHA-256 of the whole.
        size_bytes: 1 to 64 MiB.
        piece_bytes: the grid, at most 60 KiB; the last piece is what is left.
        checks: of each piece in turn the first 16 bytes of its SHA-256; or empty.

    Raises:
        WireError: `too-large`, `bad-length` or `out-of-range`: nothing is allocated for a file that nobody could want.
    """

    digest: bytes
    size_bytes: int
    piece_bytes: int = MOST_PIECE_BYTES
    checks: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        if self.size_bytes > MOST_FILE_BYTES:
            raise WireError("too-large", f"a file of {self.size_bytes} bytes; at most {MOST_FILE_BYTES}")
        if self.size_bytes < 1 or not 1 <= self.piece_bytes <= MOST_PIECE_BYTES or self.pieces > MOST_PIECES:
            raise WireError("out-of-range", f"{self.size_bytes} bytes in pieces of {self.piece_bytes}")
        if len(self.digest) != DIGEST_BYTES or len(self.checks) not in {0, CHECK_BYTES * self.pieces}:
            raise WireError("bad-length", f"a digest of {len(self.digest)} bytes, checks of {len(self.checks)}")

    @property
    def pieces(self) -> int:
        """How many there are."""
        return -(-self.size_bytes // self.piece_bytes)

    def gap(self, piece: int) -> Gap:
        """Return where a piece lies."""
        offset = piece * self.piece_bytes
        return Gap(offset, min(self.piece_bytes, self.size_bytes - offset))

    def check(self, piece: int) -> bytes:
        """Return a piece's own digest, empty where none was given."""
        return self.checks[piece * CHECK_BYTES : (piece + 1) * CHECK_BYTES]


@dataclass(frozen=True, slots=True)
class Assembly:
    """What is here of a file.

    Attributes:
        wanted: the file.
        here: bit n: piece n is here.
    """

    wanted: Wanted
    here: int = 0

    @property
    def is_complete(self) -> bool:
        """Whether every piece is here; the whole has still to be judged, by `is_whole`."""
        return self.here == (1 << self.wanted.pieces) - 1

    @property
    def here_bytes(self) -> int:
        """How much is here."""
        last = self.wanted.gap(self.wanted.pieces - 1).length
        short = self.wanted.piece_bytes - last if self.here >> (self.wanted.pieces - 1) else 0
        return self.here.bit_count() * self.wanted.piece_bytes - short

    def missing(self, most: int) -> list[Gap]:
        """Return the first `most` pieces to ask for."""
        found: list[Gap] = []
        for piece in range(self.wanted.pieces):
            if len(found) >= most:
                break
            if not self.here >> piece & 1:
                found.append(self.wanted.gap(piece))
        return found

    def dump(self) -> bytes:
        """Return what to keep on disk, once the bytes of every piece are there durably."""
        return self.here.to_bytes(-(-self.wanted.pieces // 8), "big")


def resume(wanted: Wanted, kept: bytes) -> Assembly:
    """Go on where the last start ended; notes that do not fit the file are worth nothing, and all is asked for again.

    Args:
        wanted: the file.
        kept: what `dump` gave, as the disk gives it back.
    """
    here = int.from_bytes(kept[: MOST_PIECES // 8], "big")
    fits = len(kept) == -(-wanted.pieces // 8) and here >> wanted.pieces == 0
    return Assembly(wanted, here if fits else 0)


def take(assembly: Assembly, digest: bytes, offset: int, size_bytes: int, data: bytes) -> Assembly:
    """Take a piece in; the caller writes `data` at `offset` where the assembly returned is another.

    Args:
        assembly: what was here.
        digest: of the whole, as the piece names it.
        offset: where it says that it belongs.
        size_bytes: how long it says that the whole is.
        data: its bytes; nothing about them is believed.

    Returns:
        What is here now; the same object for a piece that was here already.

    Raises:
        WireError: `unasked`, `out-of-range`, `bad-length` or `bad-digest`; nothing has changed.
    """
    wanted = assembly.wanted
    if digest != wanted.digest or size_bytes != wanted.size_bytes:
        raise WireError("unasked", f"a piece of {digest.hex()[:16]}, {size_bytes} bytes; not the file being fetched")
    piece, off_grid = divmod(offset, wanted.piece_bytes)
    if off_grid or not 0 <= piece < wanted.pieces:
        raise WireError("out-of-range", f"a piece at {offset}; pieces lie every {wanted.piece_bytes} bytes")
    if len(data) != wanted.gap(piece).length:
        raise WireError("bad-length", f"{len(data)} bytes at {offset}; {wanted.gap(piece).length} belong there")
    if wanted.checks and hashlib.sha256(data).digest()[:CHECK_BYTES] != wanted.check(piece):
        raise WireError("bad-digest", f"the piece at {offset} is not what its digest says")
    return assembly if assembly.here >> piece & 1 else replace(assembly, here=assembly.here | 1 << piece)


def is_whole(wanted: Wanted, blocks: Iterable[bytes]) -> bool:
    """Whether a file is the one that was wanted; nobody parses it before.

    Args:
        wanted: the file.
        blocks: all its bytes in order, as they come back from the disk; reading stops where they are too many.
    """
    digest, size_bytes = hashlib.sha256(), 0
    for block in blocks:
        size_bytes += len(block)
        if size_bytes > wanted.size_bytes:
            return False
        digest.update(block)
    return size_bytes == wanted.size_bytes and digest.digest() == wanted.digest
