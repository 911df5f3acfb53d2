"""The inbox stores before it tells, and never goes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from node.transmit.inbox import FILES, Inbox
from node.values import Receipt
from node.wire import codec
from node.wire.messages import Answer, Answers, Desired, File, Receipts
from node.wire.messages import Receipt as WireReceipt

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

BOOT = b"boot-1"


def desired(version: int, **more: object) -> bytes:
    """Return an encoded wish."""
    return codec.encode(Desired(version=version, **more))  # type: ignore[arg-type]  # the fields are the caller's


def test_pending_survives_a_restart_and_is_quiet_once_applied(tmp_path: Path) -> None:
    """A wish is on disk before it is handed out, and handed out until it was applied."""
    inbox = Inbox(tmp_path / "desired.cbor")
    assert inbox.pending() is None
    inbox.receive("desired", desired(3, lease_until_ms=7))
    again = Inbox(tmp_path / "desired.cbor")
    for each in (inbox, again):
        wish = each.pending()
        assert wish is not None
        assert (wish.version, wish.lease_until_ms) == (3, 7)
        each.applied(3)
        assert each.pending() is None


def test_receive_of_an_older_wish_changes_nothing(tmp_path: Path) -> None:
    """Versions never go backwards, also not across a restart."""
    path = tmp_path / "desired.cbor"
    Inbox(path).receive("desired", desired(5))
    inbox = Inbox(path)
    inbox.receive("desired", desired(4))
    wish = inbox.pending()
    assert wish is not None
    assert wish.version == 5
    assert inbox.counters["stale"] == 1
    assert path.read_bytes() == desired(5)


def test_receive_of_receipts_and_watermarks_returns_them(tmp_path: Path) -> None:
    """Receipts count whichever way they come, also with a wish that is known already."""
    inbox = Inbox(tmp_path / "desired.cbor")
    receipts = [WireReceipt(boot_id=BOOT, ranges=[(1, 4), (9, 9)])]
    expected = [Receipt(boot_id=BOOT, ranges=((1, 4), (9, 9)))]
    assert inbox.receive("receipt", codec.encode(Receipts(receipts=receipts))) == expected
    for _ in range(2):
        assert inbox.receive("desired", desired(1, watermarks=receipts)) == expected


@settings(deadline=None, max_examples=80)
@given(st.sampled_from(["desired", "receipt", "file", "results", "nonsense"]), st.binary(max_size=200))
def test_receive_of_any_bytes_never_raises(tmp_path_factory: pytest.TempPathFactory, kind: str, noise: bytes) -> None:
    """A peer's mistake is counted and stops nothing."""
    inbox = Inbox(tmp_path_factory.getbasetemp() / "never-written.cbor")
    assert inbox.receive(kind, noise) == []
    assert inbox.counters["malformed"] == 1
    assert inbox.pending() is None


def test_receive_where_the_disk_refuses_holds_the_wish_back(tmp_path: Path) -> None:
    """What cannot be stored is not acted on."""
    (tmp_path / "file").write_bytes(b"")
    inbox = Inbox(tmp_path / "file" / "desired.cbor")
    inbox.receive("desired", desired(1))
    assert inbox.pending() is None
    assert inbox.counters["unstored"] == 1


def test_inbox_with_a_damaged_file_waits_for_the_broker(tmp_path: Path) -> None:
    """A stored wish that cannot be read is as good as none, and the next one is taken."""
    path = tmp_path / "desired.cbor"
    path.write_bytes(b"\xff\xff")
    inbox = Inbox(path)
    assert inbox.pending() is None
    inbox.receive("desired", desired(1))
    assert inbox.pending() is not None


def test_files_keep_the_newest_pieces_once(tmp_path: Path) -> None:
    """Pieces are handed over once; of too many the oldest give way."""
    inbox = Inbox(tmp_path / "desired.cbor")
    for number in range(FILES + 2):
        piece = File(id=number, digest=bytes(32), offset=0, size_bytes=4, data=b"data")
        inbox.receive("file", codec.encode(piece))
    assert [piece.id for piece in inbox.files()] == list(range(2, FILES + 2))
    assert inbox.files() == []


def test_answers_are_handed_over_once_and_taken_back_in_silence(tmp_path: Path) -> None:
    """What a larger model said is handed over once; the empty message that ends its retention is no mistake."""
    inbox = Inbox(tmp_path / "desired.cbor")
    answer = Answer(boot_id=BOOT, seq=7, by="gateway", label="wet", confidence=0.5, note="")
    inbox.receive("answer", codec.encode(Answers(answers=(answer,))))
    inbox.receive("answer", b"")
    assert inbox.answers() == [answer]
    assert inbox.answers() == []
    assert (inbox.counters["answers"], inbox.counters["malformed"]) == (1, 0)
