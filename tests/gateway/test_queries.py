"""Questions to the database: what is stored, and how the nodes are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway import queries
from gateway.config import Presence as Params
from node.wire.messages import Presence, State
from tests.gateway.world import BOOT, NOW_MS, open_site, results, sent

if TYPE_CHECKING:
    from pathlib import Path


def test_status_counts_rows_and_shows_every_node(tmp_path: Path) -> None:
    """Read beside a running gateway, judged at the time of asking."""
    site = open_site(tmp_path)
    asleep = Presence(state=State.SLEEPING, boot_id=BOOT, time_ms=1000, next_wake_ms=61_000, grace_s=1.0)
    site.commit([sent(results([1, 2])), sent(results([2])), sent(asleep, node="n2")], NOW_MS)
    site.tick(NOW_MS)
    status = queries.status(tmp_path / "gateway.db", Params(), NOW_MS + 200_000)
    assert (status["records_stored"], status["duplicates"], status["quarantined"]) == (2, 1, 0)
    assert status["nodes"] == {"n1": "ready", "n2": "lost"}


def test_between_gives_a_streams_rows_of_a_span_in_order(tmp_path: Path) -> None:
    """Half open, oldest first, of that node and stream only."""
    site = open_site(tmp_path)
    site.commit([sent(results([1, 2, 3])), sent(results([1]), node="n2"), sent(results([9], stream="other"))], NOW_MS)
    rows = list(queries.between(site._store.database, "n1", "climate", NOW_MS - 2000, NOW_MS))
    assert [(each.seq, each.event_ms) for each in rows] == [(1, NOW_MS - 2000), (2, NOW_MS - 1000)]
    assert rows[0].columns == ("temperature", "label")
    assert rows[0].values == [21.5, "a"]


def test_newest_gives_the_last_row_of_each_series(tmp_path: Path) -> None:
    """What a restarted gateway tells late subscribers."""
    site = open_site(tmp_path)
    site.commit([sent(results([1, 2, 3])), sent(results([5]), node="n2")], NOW_MS)
    newest = queries.newest(site._store.database)
    assert {(each.node, each.seq) for each in newest} == {("n1", 3), ("n2", 5)}
