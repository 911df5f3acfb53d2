"""Ingest: every record once, every record receipted, and no message that hurts another."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import StoreError
from gateway.identity import denial
from gateway.ingest import intake
from node.wire.messages import Raw
from tests.gateway.world import BOOT, NOW_MS, Delivery, count, counter, open_site, results, sent

if TYPE_CHECKING:
    from pathlib import Path

POISON = (
    Delivery("torpor/1/site/n1/results", b""),
    Delivery("torpor/1/site/n1/results", b"\xff" * 100),
    Delivery("torpor/1/site/n1/results", b"\x9f" * 100),
    Delivery("torpor/1/site/n1/results", bytes(70_000)),
    Delivery("torpor/1/site/n1/results", bytes.fromhex("c48200" + "1b" + "00" * 8)),
    Delivery("torpor/1/site/n1/presence", b"\xa1\x00\x02"),
    Delivery("torpor/1/site/_/results", b"\xa0"),
    Delivery("torpor/1/site/N1/results", b"\xa0"),
    Delivery("torpor/1/other/n1/results", b"\xa0"),
    Delivery("torpor/1/site/n1/desired", b"\xa0"),
    Delivery("torpor/2/site/n1/results", b"\xa0"),
    Delivery("'; DROP TABLE record; --", b"\xa0"),
)


@settings(deadline=None, max_examples=25)
@given(batches=st.lists(st.lists(st.integers(0, 30), min_size=1, max_size=8, unique=True).map(sorted), max_size=12))
def test_ingest_any_resends_store_each_record_once_and_receipt_all(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[int]]
) -> None:
    """The table is the set of what was sent; every message earns a receipt, also the repeated ones."""
    site = open_site(tmp_path_factory.mktemp("site"))
    for at in range(0, len(batches), 3):
        group = batches[at : at + 3]
        done = site._ingest.commit([sent(results(each)) for each in group], NOW_MS)
        assert done.taken["n1"][BOOT] == [seq for each in group for seq in each]
    model = {seq for each in batches for seq in each}
    assert count(site, "record") == len(model)
    assert counter(site, "duplicates") == sum(map(len, batches)) - len(model)


def test_ingest_poison_is_quarantined_and_the_others_flow(tmp_path: Path) -> None:
    """Good messages between bad ones are stored; each bad one is counted and kept, none is receipted."""
    site = open_site(tmp_path)
    mixed = [each for at, bad in enumerate(POISON) for each in (bad, sent(results([at]), node="good"))]
    done = site._ingest.commit(mixed, NOW_MS)
    assert count(site, "record") == len(POISON)
    assert count(site, "quarantine") == counter(site, "quarantined") == len(POISON)
    assert set(done.taken) == {"good"}


def test_ingest_revoked_node_is_quarantined_until_it_is_welcome_again(tmp_path: Path) -> None:
    """Whatever the broker lets through, nothing of it is stored or receipted; the neighbour flows."""
    identity = tmp_path / "identity"
    identity.mkdir()
    site = open_site(tmp_path, identity={"folder": identity})
    both = [sent(results([0]), node="stolen"), sent(results([0]), node="good")]
    denial.write(identity, lambda: ["stolen"])
    site.tick(NOW_MS)
    assert set(site._ingest.commit(both, NOW_MS).taken) == {"good"}
    assert counter(site, "quarantined.revoked") == 1
    denial.write(identity, list)
    site.tick(NOW_MS)
    assert set(site._ingest.commit(both, NOW_MS).taken) == {"good", "stolen"}


def test_ingest_quarantine_is_bounded(tmp_path: Path) -> None:
    """Ten kept, all counted."""
    site = open_site(tmp_path, ingest={"quarantine_rows": 10})
    for _ in range(3):
        site._ingest.commit([POISON[1]] * 20, NOW_MS)
    assert count(site, "quarantine") == 10
    assert counter(site, "quarantined") == 60


def test_ingest_flooding_node_is_dropped_without_receipt_and_others_are_not(tmp_path: Path) -> None:
    """What is over the limit earns no receipt, so the node keeps it; the neighbour loses nothing."""
    site = open_site(tmp_path, ingest={"rate_per_s": 1.0, "burst": 60.0})  # 50 are for the boot
    flood = [sent(results([seq]), node="flood") for seq in range(50)]
    done = site._ingest.commit([*flood, *(sent(results([seq]), node="calm") for seq in range(5))], NOW_MS)
    assert done.taken["flood"][BOOT] == list(range(10))
    assert done.taken["calm"][BOOT] == list(range(5))
    assert counter(site, "limited") == 40


def test_ingest_restart_knows_what_was_seen(tmp_path: Path) -> None:
    """A resend after a restart is a duplicate, also when retention has removed the rows."""
    open_site(tmp_path)._ingest.commit([sent(results([1, 2, 3]))], NOW_MS)
    again = open_site(tmp_path)
    again._store.database.execute("DELETE FROM record")
    again._ingest.commit([sent(results([2, 3, 4]))], NOW_MS)
    assert count(again, "record") == 1
    assert counter(again, "duplicates") == 2


def test_ingest_failed_commit_takes_nothing_and_can_be_repeated(tmp_path: Path) -> None:
    """When the disk refuses, no memory of the batch stays, and the same batch then goes in whole."""
    site = open_site(tmp_path)
    batch = [sent(results([1, 2]))]
    site._store.database.execute("PRAGMA query_only = ON")
    with pytest.raises(StoreError):
        site._ingest.commit(batch, NOW_MS)
    site._store.database.execute("PRAGMA query_only = OFF")
    done = site._ingest.commit(batch, NOW_MS)
    assert done.counters["records"] == 2
    assert count(site, "record") == 2


def test_ingest_invented_boots_do_not_grow_memory_nor_lose_truth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten times more boots than are remembered, each sent twice: each record is stored once."""
    monkeypatch.setattr(intake, "MOST_BOOTS", 20)
    site = open_site(tmp_path, ingest={"burst": 100_000.0})  # what memory holds is asked, not what a node may spend
    boots = [at.to_bytes(6, "big") for at in range(200)]
    for _ in range(2):
        site._ingest.commit([sent(results([7], boot_id=boot)) for boot in boots], NOW_MS)
        site._ingest.commit([sent(results([7, 8], boot_id=boot)) for boot in boots], NOW_MS)
    assert len(site._ingest._boots) <= 20
    assert count(site, "record") == 400


def test_ingest_raw_window_and_record_share_one_sequence(tmp_path: Path) -> None:
    """A raw window is a record too: receipted, and stored once."""
    site = open_site(tmp_path)
    raw = Raw(boot_id=BOOT, seq=5, time_ms=NOW_MS, stream="pump", shape=[2], dtype="u1", data=b"ab")
    done = site._ingest.commit([sent(raw), sent(raw), sent(results([5, 6]))], NOW_MS)
    assert done.taken["n1"][BOOT] == [5, 5, 5, 6]
    assert (count(site, "raw"), count(site, "record")) == (1, 1)


def test_ingest_missing_values_are_null_in_the_table(tmp_path: Path) -> None:
    """NaN is no JSON; null says the same."""
    site = open_site(tmp_path)
    site._ingest.commit([sent(results([1], value=float("nan")))], NOW_MS)
    assert site._store.database.execute("SELECT body FROM record").fetchone() == ('[null,"a"]',)


def test_store_unique_key_refuses_what_the_memory_forgot(tmp_path: Path) -> None:
    """The database is the truth: even without `Seen`, a second insertion changes nothing."""
    site = open_site(tmp_path)
    row = (1, 1, 1, NOW_MS, NOW_MS, 0, NOW_MS, "[]")
    with site._store.transaction():
        site._store.add([row, row])
    assert count(site, "record") == 1
    with pytest.raises(sqlite3.IntegrityError):
        site._store.database.execute(
            "INSERT INTO record (boot, seq, series, event_ms, time_ms, quality, received_ms, body)"
            " VALUES (1, 1, 1, 1, 1, 1, 1, '')"
        )
