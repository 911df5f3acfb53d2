"""Questions to the database: what is stored, and how the nodes are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gateway import __main__ as command
from gateway.config import Presence as Params
from gateway.setup import found
from gateway.store import queries
from node.wire.messages import Presence, State
from tests.gateway.world import BOOT, NOW_MS, Delivery, open_site, results, sent

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


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


def test_quarantine_is_listed_newest_first_and_steers_no_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An operator sees when, where, why and how large; a program gets the bytes themselves."""
    found.write(tmp_path, "site", found.Where(host="127.0.0.1", port=1883))
    config = ["--config", str(tmp_path / "gateway.toml")]
    (tmp_path / "gateway.toml").write_text(f'[store]\npath = "{tmp_path / "gateway.db"}"\n')
    site = open_site(tmp_path)
    site.commit([Delivery("torpor/1/site/n1/health", b"\xa0\x00"), Delivery("\x1b[2J", b"")], NOW_MS)
    assert command.main(["quarantine", *config]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert "bad-topic" in first
    assert "\\x1b[2J" in first
    assert second.split()[1:5] == ["trailing-bytes", "torpor/1/site/n1/health", "2", "bytes"]
    assert command.main(["quarantine", "--reason", "trailing-bytes", "--json", *config]) == 0
    (told,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (told["reason"], told["payload"]) == ("trailing-bytes", "a000")
    assert command.main(["quarantine", "--reason", "tag", *config]) == 0
    assert capsys.readouterr().out == "nothing was refused for 'tag'\n"
