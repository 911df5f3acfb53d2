"""One message must not cost the others: what a node forges is refused, and a gateway that missed one goes on."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Final

import pytest

from gateway.publish import output
from gateway.site import Site
from node.wire import codec
from node.wire.messages import Column, Raw, Results
from tests.gateway.world import NOW_MS, Delivery, count, counter, open_site, results, sent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from gateway.outgoing import Outgoing
    from gateway.publish.output import Result
    from node.wire.messages import Message, Value

HOUR_MS: Final = 3_600_000


def forged(name: str, values: Sequence[Value], was: bytes, becomes: bytes) -> Delivery:
    """Return a message whose body says what no honest peer can encode: some of its bytes are others."""
    message = Results(
        boot_id=b"forger",
        seqs=range(len(values)),
        times_ms=[NOW_MS] * len(values),
        stream="climate",
        columns=[Column(name=name, values=values)],
    )
    payload = codec.encode(message)
    assert payload.count(was) == 1 and len(was) == len(becomes)  # noqa: PT018 - one claim: the forgery fits
    return Delivery("torpor/1/site/n1/results", payload.replace(was, becomes))


FORGED: Final = {
    "column with a slash": forged("a_b", [1.5], b"a_b", b"a/b"),
    "column with a wildcard": forged("abc", [1.5], b"abc", b"ab#"),
    "column with a NUL": forged("abc", [1.5, 2.5], b"abc", b"a\x00c"),
    "column that is no UTF-8": forged("abc", [1.5, 2.5], b"abc", b"a\xffc"),
    "word with a NUL": forged("abc", ["dry"], b"dry", b"d\x00y"),
    "word with a NUL among others": forged("abc", ["dry", "wet"], b"wet", b"\x00et"),
    "word that is no UTF-8": forged("abc", ["dry"], b"dry", b"\xff\xfe\xfd"),
}


def live(site: Site) -> list[Outgoing]:
    """Let a site live through an hour, and repeat all that is retained."""
    said = [each for hour in range(3) for each in site.tick(NOW_MS + hour * HOUR_MS)]
    return said + site.repeat(NOW_MS)


@pytest.mark.parametrize("what", FORGED)
def test_commit_of_a_forged_body_is_quarantined_and_costs_nobody(tmp_path: Path, what: str) -> None:
    """Names and words that no topic, no JSON key and no peer could carry are refused before they are stored."""
    site = open_site(tmp_path)
    site.commit([FORGED[what], sent(results([1]))], NOW_MS)
    assert (count(site, "record"), count(site, "quarantine")) == (1, 1)
    assert counter(site, "quarantined.bad-body") == 1
    assert live(site)
    assert live(open_site(tmp_path))


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("rows", [1, 2])
def test_restart_after_a_missing_reading_repeats_it(tmp_path: Path, value: float, rows: int) -> None:
    """What is null in the database is NaN on the wire: a gateway comes up again, whatever its newest row lacks."""
    message = dataclasses.replace(results(range(rows)), columns=[Column(name="co2", values=[value] * rows)])
    open_site(tmp_path).commit([sent(message)], NOW_MS)
    said = {each.topic: each.payload for each in live(open_site(tmp_path))}
    heard = codec.decode("results", said["torpor/1/site/_/n1/results/climate/cbor"])
    assert isinstance(heard, Results)
    (number,) = heard.columns[0].values
    assert isinstance(number, float)
    assert math.isnan(number)
    assert b'"co2": null' in said["torpor/1/site/_/n1/results/climate"]


def test_node_that_invents_streams_keeps_its_own_and_no_more(tmp_path: Path) -> None:
    """Streams are memory while the gateway runs: beyond the limit they are refused, and other nodes are not."""
    site = open_site(tmp_path, ingest={"streams": 5})
    site.commit([sent(results([at], stream=f"s{at}")) for at in range(100)], NOW_MS)
    site.commit([sent(results([200], stream="s0")), sent(results([1], stream="s200"), node="n2")], NOW_MS)
    assert count(site, "record") == 7
    assert count(site, "series") == 6
    assert counter(site, "quarantined.too-many-streams") == 95


class Careless(Site):
    """A site whose ingest let something through that cannot be published."""

    def _say_result(self, row: Result) -> list[Outgoing]:
        bad = dataclasses.replace(
            row, columns=("a/b", *row.columns[1:]), stream="a/b" if row.node == "n1" else row.stream
        )
        return self._said_safely(row.node, lambda: output.result("site", bad if row.node == "n1" else row, {}))


def test_tick_with_a_row_that_cannot_be_said_says_the_others(tmp_path: Path) -> None:
    """Behind a fault of ingest's stands a second wall: the row is passed over and counted, everything else is said."""
    site = open_site(tmp_path)
    careless = Careless(site._config, site._store)
    careless.commit([sent(results([1])), sent(results([1]), node="n2")], NOW_MS)
    topics = {each.topic for each in careless.tick(NOW_MS)}
    assert "torpor/1/site/_/n2/results/climate" in topics
    assert counter(careless, "unsaid") == 1


def raw(boot_id: bytes) -> Raw:
    """Return a small raw window."""
    return Raw(boot_id=boot_id, seq=1, time_ms=NOW_MS, stream="climate", shape=(1,), dtype="u1", data=b"x")


@pytest.mark.parametrize("say", [lambda boot_id: results([1], boot_id=boot_id), raw], ids=["results", "raw"])
def test_node_with_a_new_boot_a_message_is_heard_at_its_rate_and_others_at_once(
    tmp_path: Path, say: Callable[[bytes], Message]
) -> None:
    """Boots are rows and memory: ten thousand invented ones cost the inventor its tokens, and its neighbour nothing."""
    site = open_site(tmp_path, ingest={"rate_per_s": 100.0, "burst": 1000.0})
    fake = [sent(say(at.to_bytes(6, "big"))) for at in range(1000)]
    site.commit([*fake, sent(results([1]), node="n2")], NOW_MS)
    assert count(site, "boot") == 1 + 20
    site.commit(fake, NOW_MS + 60_000)
    assert count(site, "boot") == 1 + 20 + 20
    assert counter(site, "quarantined") == 0


def test_rows_of_a_year_in_one_message_are_taken_and_closed_a_little_at_a_time(tmp_path: Path) -> None:
    """What a node brings after a long outage is stored at once and summed up in portions; a second such has to wait."""
    site = open_site(tmp_path, ingest={"rate_per_s": 1.0, "burst": 1000.0})
    rows = 3000
    message = dataclasses.replace(
        results(range(rows)),
        times_ms=[NOW_MS - 600_000 * (rows - at) for at in range(rows)],
        columns=[Column("co2", [1.5] * rows)],
    )
    site.commit([sent(message), sent(dataclasses.replace(message, stream="other"))], NOW_MS)
    assert (count(site, "record"), counter(site, "limited")) == (rows, 1)
    closed = []
    for at in range(20):
        site.tick(NOW_MS + 250 * at)
        closed.append(count(site, "aggregate"))
    assert closed[:3] == [200, 400, 600]
    assert closed[-1] > rows - 20


def test_quarantine_of_large_messages_keeps_their_beginnings(tmp_path: Path) -> None:
    """A thousand messages of 64 KiB are no 64 MB: the first bytes stay, with the whole length."""
    site = open_site(tmp_path)
    site.commit([Delivery("torpor/1/site/n1/health", bytes(60_000))], NOW_MS)
    ((size, detail),) = site._store.database.execute("SELECT length(payload), detail FROM quarantine").fetchall()
    assert size == 4096
    assert "the first 4096 of 60000 bytes" in detail


def test_names_that_nobody_can_have_share_one_rate(tmp_path: Path) -> None:
    """A bad name has no bucket of its own; all of them together have one."""
    site = open_site(tmp_path, ingest={"rate_per_s": 1.0, "burst": 10.0})
    site.commit([Delivery(f"torpor/1/site/BAD{at}/health", b"") for at in range(50)], NOW_MS)
    assert (counter(site, "quarantined.bad-name"), counter(site, "limited")) == (10, 40)
