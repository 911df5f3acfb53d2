"""The session that only tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from node.transmit.dry import DrySession
from node.transmit.outbox import Outbox, Params
from tests.node.transmit.worlds import BOOT, encode, record

if TYPE_CHECKING:
    from pathlib import Path


def outbox(folder: Path, records: int) -> Outbox:
    """Return an outbox with some records, in frames of ten."""
    made = Outbox(folder / "outbox.db", Params(batch_records=10), BOOT, encode)
    for number in range(records):
        made.append(record(number), float(number))
    return made


def test_deliver_tells_every_frame_and_empties_the_outbox(tmp_path: Path) -> None:
    """Each message has a line with its topic, bytes and records; afterwards nothing waits."""
    told: list[str] = []
    source = outbox(tmp_path, 25)
    delivery = DrySession("torpor/1/orchard/pump/", source, told.append).deliver(1.0)
    assert [line.partition("  ")[0] for line in told] == ["torpor/1/orchard/pump/results"] * 3
    assert [int(line.split()[-2]) for line in told] == [10, 10, 5]
    assert (delivery.sent, delivery.receipted, delivery.reason) == (3, 25, "")
    assert delivery.bytes_published == sum(int(line.split()[1]) for line in told)
    assert source.waiting == 0


def test_deliver_nothing_waiting_tells_nothing(tmp_path: Path) -> None:
    """An empty outbox is no message."""
    told: list[str] = []
    assert DrySession("t/", outbox(tmp_path, 0), told.append).deliver(1.0).sent == 0
    assert told == []


def test_publish_state_tells_what_is_retained(tmp_path: Path) -> None:
    """Late subscribers would see it: the line says so. The goodbye is retained."""
    told: list[str] = []
    session = DrySession("t/", outbox(tmp_path, 0), told.append)
    session.publish_state("health", b"12345")
    session.close(b"123")
    session.close(None)
    assert told == ["t/health  5 B", "t/presence  3 B, retained"]


def test_dry_session_is_never_connected(tmp_path: Path) -> None:
    """A nap is not spent on a link that is not there."""
    session = DrySession("t/", outbox(tmp_path, 0), print)
    session.connect(1.0)
    session.wake()
    assert not session.connected
    assert session.attend(60.0) == 0.0
