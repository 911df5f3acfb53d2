"""Target: pieces of a file, in any order and of any sort, to the assembly; a disk beside it is the truth.

The input is a small script. Three bytes say how large the file is, how fine its grid, and whether the pieces have
digests of their own. Then, step by step: one byte for what happens (the right piece, a piece from the input, a File
message from the input, a restart with the notes as they were or with others), one or two for where.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from node.transmit import assembly
from node.transmit.assembly import Assembly, Wanted
from node.wire import codec
from node.wire.errors import WireError
from node.wire.messages import File
from tools.fuzzing import expect_known

if TYPE_CHECKING:
    from collections.abc import Callable

    Take = Callable[[Assembly, bytes, int, int, bytes], Assembly]

MOST_STEPS: Final = 64
_CONTENT: Final = hashlib.shake_256(b"a file").digest(1024)


class Script:
    """The input, read from its front; behind its end come zeros."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def is_over(self) -> bool:
        """Whether all of it was read."""
        return self._at >= len(self._data)

    def number(self, most: int) -> int:
        """Return a number from 0 to `most`, of as many bytes as that takes."""
        size = -(-most.bit_length() // 8)
        return int.from_bytes(self.some(size), "big") % (most + 1)

    def some(self, size: int) -> bytes:
        """Return the next bytes, as many as there are."""
        self._at += size
        return self._data[self._at - size : self._at]


class World:
    """A node that fetches one file, and its disk.

    Attributes:
        state: what it believes to have.
        disk: what was written.
    """

    def __init__(self, script: Script, take: Take) -> None:
        content = _CONTENT[: 1 + script.number(1023)]
        piece_bytes = 1 + script.number(255)
        pieces = [content[at : at + piece_bytes] for at in range(0, len(content), piece_bytes)]
        checks = b"".join(hashlib.sha256(each).digest()[: assembly.CHECK_BYTES] for each in pieces)
        self.content = content
        self.state = Assembly(
            Wanted(
                digest=hashlib.sha256(content).digest(),
                size_bytes=len(content),
                piece_bytes=piece_bytes,
                checks=checks if script.number(1) else b"",
            )
        )
        self.disk = bytearray(len(content))
        self._take = take

    def step(self, script: Script) -> None:
        """Let the next thing happen."""
        wanted = self.state.wanted
        match script.number(4):
            case 0:
                gap = wanted.gap(script.number(wanted.pieces - 1))
                self._receive(wanted.digest, gap.offset, wanted.size_bytes, self.content[gap.offset :][: gap.length])
            case 1:
                offset, size = script.number(2047), script.number(255)
                self._receive(wanted.digest, offset, wanted.size_bytes, script.some(size))
            case 2:
                self._hear(script.some(script.number(255)))
            case 3:
                self.state = assembly.resume(wanted, self.state.dump())
            case _:
                self._forget(script.some(script.number(63)))

    def _hear(self, payload: bytes) -> None:
        try:
            message = codec.decode(File.kind, payload)
        except WireError:
            return
        assert isinstance(message, File)
        self._receive(message.digest, message.offset, message.size_bytes, message.data)

    def _forget(self, notes: bytes) -> None:
        """Read the notes back as somebody else has left them: at worst they are right, and less than before."""
        state = assembly.resume(self.state.wanted, notes)
        assert state.here >> state.wanted.pieces == 0, "a piece that cannot be"
        self.state = Assembly(state.wanted, state.here & self.state.here)

    def _receive(self, digest: bytes, offset: int, size_bytes: int, data: bytes) -> None:
        try:
            state = self._take(self.state, digest, offset, size_bytes, data)
        except WireError as error:
            expect_known(error)
            return
        if state is not self.state:
            assert offset + len(data) <= len(self.disk), "written beyond the end"
            self.disk[offset : offset + len(data)] = data
        assert state.here & self.state.here == self.state.here, "a piece was lost"
        assert (state.here ^ self.state.here).bit_count() <= 1, "one piece came, and more are here"
        self.state = state

    def judge(self) -> None:
        """Hold what is believed against the disk."""
        wanted = self.state.wanted
        gaps = self.state.missing(assembly.MOST_PIECES)
        assert self.state.here_bytes == wanted.size_bytes - sum(gap.length for gap in gaps), "the bytes do not add up"
        assert self.state.is_complete == (not gaps), "complete, and something is missing"
        right = self.disk == self.content
        assert assembly.is_whole(wanted, [bytes(self.disk)]) == right, "the whole is misjudged"
        assert right or gaps or not wanted.checks, "verified piece by piece, and wrong"


def check(data: bytes, subject: Take = assembly.take) -> None:
    """Try one input.

    Raises:
        AssertionError: the assembly believes what the disk does not hold.
    """
    script = Script(data)
    world = World(script, subject)
    for _ in range(MOST_STEPS):
        if script.is_over:
            break
        world.step(script)
    world.judge()
