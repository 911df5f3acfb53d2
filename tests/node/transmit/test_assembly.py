"""The assembly: whatever arrives, what is marked as here was asked for, fits, and lies where it belongs."""

from __future__ import annotations

import hashlib
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from node.errors import WireError
from node.transmit import assembly
from node.transmit.assembly import Assembly, Gap, Wanted, is_whole, resume, take
from node.wire import codec, topics
from node.wire.messages import File

FILE: Final = bytes(range(256)) * 5 + b"the rest"
PIECE: Final = 100


def wanted(data: bytes = FILE, piece_bytes: int = PIECE, *, checked: bool = False) -> Wanted:
    """Return what a signed target would say of some bytes."""
    pieces = [data[at : at + piece_bytes] for at in range(0, len(data), piece_bytes)]
    checks = b"".join(hashlib.sha256(each).digest()[:16] for each in pieces) if checked else b""
    return Wanted(digest=hashlib.sha256(data).digest(), size_bytes=len(data), piece_bytes=piece_bytes, checks=checks)


def piece(state: Assembly, offset: int, data: bytes) -> Assembly:
    """Take a piece that names the right file."""
    return take(state, state.wanted.digest, offset, state.wanted.size_bytes, data)


class Fetching(RuleBasedStateMachine):
    """A node that fetches, is interrupted, and is sent whatever anybody likes; the disk beside it is the truth."""

    def __init__(self) -> None:
        super().__init__()
        self.state = Assembly(wanted(checked=True))
        self.disk = bytearray(len(FILE))
        self.asked: list[Gap] = []

    def _take(self, offset: int, data: bytes) -> None:
        try:
            state = piece(self.state, offset, data)
        except WireError:
            return
        if state is not self.state:
            self.disk[offset : offset + len(data)] = data
        self.state = state

    @precondition(lambda self: not self.state.is_complete)
    @rule(most=st.integers(1, 4))
    def fetch(self, most: int) -> None:
        """Ask for what is missing, and get it."""
        for gap in self.state.missing(most):
            assert gap not in self.asked, "asked for again"
            self.asked.append(gap)
            self._take(gap.offset, FILE[gap.offset : gap.offset + gap.length])

    @rule(offset=st.integers(0, 2 * len(FILE)), data=st.binary(max_size=2 * PIECE))
    def noise(self, offset: int, data: bytes) -> None:
        """Take what nobody asked for."""
        self._take(offset, data)

    @rule(
        offset=st.integers(0, len(FILE) // PIECE).map(lambda at: at * PIECE), data=st.binary(min_size=1, max_size=PIECE)
    )
    def forgery(self, offset: int, data: bytes) -> None:
        """Take a piece that lies where one belongs, and is long enough, but holds something else."""
        self._take(offset, (data * PIECE)[: min(PIECE, len(FILE) - offset)])

    @rule()
    def restart(self) -> None:
        """Read from disk what was here."""
        self.state = resume(self.state.wanted, self.state.dump())

    @invariant()
    def what_is_here_is_right(self) -> None:
        """Every piece that is marked holds the file's own bytes, and the count agrees."""
        gaps = set(self.state.missing(assembly.MOST_PIECES))
        here = [gap for at in range(self.state.wanted.pieces) if (gap := self.state.wanted.gap(at)) not in gaps]
        assert all(self.disk[at : at + length] == FILE[at : at + length] for at, length in here)
        assert self.state.here_bytes == sum(length for _, length in here)
        assert self.state.is_complete == (not gaps) == is_whole(self.state.wanted, [bytes(self.disk)])


Fetching.TestCase.settings = settings(deadline=None, max_examples=40, stateful_step_count=25)
TestFetching = Fetching.TestCase


def test_take_without_checks_leaves_the_judgement_to_the_whole() -> None:
    """Negative control: a forged piece of the right length is marked as here, and only the whole tells."""
    state = Assembly(wanted())
    disk = bytearray(FILE)
    for gap in state.missing(99):
        disk[gap.offset] ^= gap.offset == 300
        state = piece(state, gap.offset, bytes(disk[gap.offset : gap.offset + gap.length]))
    assert state.is_complete
    assert not is_whole(state.wanted, [bytes(disk)])
    with pytest.raises(WireError, match="bad-digest"):
        piece(Assembly(wanted(checked=True)), 300, bytes(disk[300:400]))


@pytest.mark.parametrize(
    ("digest", "offset", "size_bytes", "data", "reason"),
    [
        (bytes(32), 0, len(FILE), FILE[:100], "unasked"),
        (wanted().digest, 0, len(FILE) + 1, FILE[:100], "unasked"),
        (wanted().digest, 1, len(FILE), FILE[1:101], "out-of-range"),
        (wanted().digest, -100, len(FILE), FILE[:100], "out-of-range"),
        (wanted().digest, 1300, len(FILE), FILE[:100], "out-of-range"),
        (wanted().digest, 100 << 60, len(FILE), FILE[:100], "out-of-range"),
        (wanted().digest, 0, len(FILE), FILE[:99], "bad-length"),
        (wanted().digest, 0, len(FILE), FILE[:200], "bad-length"),
        (wanted().digest, 1200, len(FILE), FILE[1188:], "bad-length"),
        (wanted().digest, 0, len(FILE), b"", "bad-length"),
    ],
)
def test_take_of_a_wrong_piece_is_refused(
    digest: bytes, offset: int, size_bytes: int, data: bytes, reason: str
) -> None:
    """Another file, off the grid, beyond the end, too short, too long: each has its reason."""
    with pytest.raises(WireError) as caught:
        take(Assembly(wanted()), digest, offset, size_bytes, data)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"size_bytes": 2**63}, "too-large"),
        ({"size_bytes": (64 << 20) + 1}, "too-large"),
        ({"size_bytes": 0}, "out-of-range"),
        ({"size_bytes": -1}, "out-of-range"),
        ({"piece_bytes": 0}, "out-of-range"),
        ({"piece_bytes": -5}, "out-of-range"),
        ({"piece_bytes": 61_441}, "out-of-range"),
        ({"size_bytes": 5000, "piece_bytes": 1}, "out-of-range"),
        ({"digest": bytes(31)}, "bad-length"),
        ({"checks": bytes(16)}, "bad-length"),
    ],
)
def test_wanted_that_nobody_could_want_is_refused(change: dict[str, object], reason: str) -> None:
    """A declared size of 2^63, none, a grid of single bytes: refused before anything is allocated."""
    with pytest.raises(WireError) as caught:
        Wanted(**{"digest": bytes(32), "size_bytes": 1000, "piece_bytes": 100} | change)  # type: ignore[arg-type] # on purpose
    assert caught.value.reason == reason


@given(st.binary(max_size=40), st.integers(1, 3000))
@settings(deadline=None, max_examples=200)
def test_resume_from_any_bytes_never_claims_a_piece_that_cannot_be(kept: bytes, size_bytes: int) -> None:
    """Notes damaged on the disk are void, or at worst wrong about pieces of this file, which the digest finds."""
    file = Wanted(digest=bytes(32), size_bytes=size_bytes, piece_bytes=PIECE)
    state = resume(file, kept)
    assert 0 <= state.here_bytes <= size_bytes
    assert state.here == 0 or state.dump() == kept
    assert len(state.missing(assembly.MOST_PIECES)) == file.pieces - state.here.bit_count()


def test_largest_piece_fits_into_a_message_and_a_broker() -> None:
    """The grid's largest piece, in a File with the largest of everything, is a payload that peers and brokers take."""
    payload = codec.encode(
        File(
            id=2**63 - 1,
            digest=b"\xff" * 32,
            offset=2**63 - 1,
            size_bytes=2**63 - 1,
            data=bytes(assembly.MOST_PIECE_BYTES),
        )
    )
    assert len(payload) + topics.MOST_BYTES < 65_536


def test_is_whole_stops_reading_a_file_without_end() -> None:
    """Endless data costs one block more than the file."""
    blocks = iter([bytes(1000)] * 1000)
    assert not is_whole(wanted(), blocks)
    assert len(list(blocks)) == 998
