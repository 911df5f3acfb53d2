"""An unsure window's whole way through a site: asked, answered, kept, and said to its node and to subscribers."""

from __future__ import annotations

import json
import threading
import time
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest

from gateway.errors import StoreError
from gateway.escalate.apart import Apart
from gateway.escalate.desk import Desk
from gateway.store import queries
from node.wire import codec
from node.wire.messages import Answers, Column, Health, Presence, Raw, Results, State
from tests.gateway.escalate.deadly import KILLS
from tests.gateway.world import BOOT, NOW_MS, admit, count, counter, open_site, refuse, sent
from tests.imports import ROOT
from tools.bench.cascade_data import held_out

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gateway.outgoing import Outgoing
    from gateway.site import Site

ZOO: Final = ROOT / "tools" / "zoo"
LARGE: Final = {"models": {"digits": ZOO / "digits_standard_float.tflite"}, "deadline_ms": 5.0}
PATIENCE_S: Final = 20.0


@pytest.fixture
def sites(tmp_path: Path) -> Iterator[list[Site]]:
    """Close every site that a test opens."""
    opened: list[Site] = []
    yield opened
    for each in opened:
        each.close()


def row(seq: int, label: str = "1") -> Results:
    """Return what the node made of the window, unsure."""
    columns: list[tuple[str, float | str]] = [
        ("label", label),
        ("confidence", 0.41),
        ("margin", 0.1),
        ("temperature", 21.5),
    ]
    return Results(
        boot_id=BOOT,
        seqs=[seq],
        times_ms=[NOW_MS + seq],
        stream="digits",
        columns=[Column(name=name, values=[value]) for name, value in columns],
        model="digits_small_int8@1",
    )


def window(about: int, seq: int, picture: int = 0) -> Raw:
    """Return the window of a record, as a node sends it."""
    data = held_out().windows[picture].astype(np.uint8)
    return Raw(
        boot_id=BOOT,
        seq=seq,
        time_ms=NOW_MS,
        stream="digits",
        shape=data.shape,
        dtype="u1",
        data=data.tobytes(),
        about=about,
    )


def until(site: Site, topic: str) -> list[Outgoing]:
    """Tick until something is said under a topic; returns all that was said."""
    said: list[Outgoing] = []
    deadline_s = time.monotonic() + PATIENCE_S
    while not any(topic in each.topic for each in said):
        assert time.monotonic() < deadline_s, [each.topic for each in said]
        said += site.tick(NOW_MS + 10)
        threading.Event().wait(0.005)
    return said


def under(said: list[Outgoing], end: str) -> list[Outgoing]:
    """Return what was said under topics that end so."""
    return [each for each in said if each.topic.endswith(end)]


def body(message: Outgoing) -> dict[str, Any]:
    """Return what subscribers read."""
    found: dict[str, Any] = json.loads(message.payload)
    return found


def test_unsure_window_is_answered_to_node_and_subscribers(tmp_path: Path, sites: list[Site]) -> None:
    """Subscribers see the node's answer first, then the gateway's, beside the same other columns; the node hears it."""
    sites.append(site := open_site(tmp_path, escalate=LARGE))
    first = site.commit([sent(row(7))], NOW_MS) + site.tick(NOW_MS)
    (own,) = under(first, "results/digits")
    assert (body(own)["answered_by"], body(own)["values"]["label"]) == ("node", "1")

    site.commit([sent(window(7, 8))], NOW_MS)
    said = until(site, "/answer")
    (better,) = under(said, "results/digits")
    told = body(better)
    truth = held_out().labels[0]
    assert (told["answered_by"], told["model"], told["node_label"]) == ("gateway", "digits_standard_float@1", "1")
    assert (told["values"]["label"], told["values"]["temperature"], told["seq"]) == (truth, 21.5, 7)
    assert better.retain

    (down,) = under(said, "/n1/answer")
    message = codec.decode("answer", down.payload)
    assert isinstance(message, Answers)
    assert [(each.seq, each.by, each.label) for each in message.answers] == [(7, "gateway", truth)]
    assert (down.retain, counter(site, "answered_gateway")) == (True, 1)
    assert body(under(said, "_/n1/cascade")[0])["answered"] == {"gateway": 1}


def test_answer_is_taken_back_once_its_node_was_here_again(tmp_path: Path, sites: list[Site]) -> None:
    """A sleeper finds it retained when it wakes; its hello then ends that, also after the gateway's restart."""
    sites.append(site := open_site(tmp_path, escalate=LARGE))
    site.commit([sent(row(7)), sent(window(7, 8))], NOW_MS)
    until(site, "/answer")
    sites.append(again := open_site(tmp_path, escalate=LARGE))
    assert len(under(again.repeat(NOW_MS), "/n1/answer")) == 1

    ready = Presence(state=State.READY, boot_id=BOOT, time_ms=NOW_MS)
    assert under(again.commit([sent(ready, retain=True)], NOW_MS), "/answer") == []  # the broker's memory is no hello
    again.commit([sent(ready)], NOW_MS)
    (gone,) = under(again.tick(NOW_MS), "/n1/answer")
    assert (gone.payload, gone.retain) == (b"", True)
    assert under(again.repeat(NOW_MS), "/answer") == []


def test_restart_keeps_the_better_answer_and_sums_up_the_node_s(tmp_path: Path, sites: list[Site]) -> None:
    """What is retained after a restart is the better answer; windows of time are made of what nodes said, as before."""
    sites.append(site := open_site(tmp_path, escalate=LARGE))
    site.commit([sent(row(7)), sent(window(7, 8))], NOW_MS)
    until(site, "/answer")
    sites.append(again := open_site(tmp_path, escalate=LARGE))
    (better,) = under(again.repeat(NOW_MS), "results/digits")
    assert body(better)["answered_by"] == "gateway"
    (said,) = list(queries.open_rows(again._store.database))
    assert said.values[0] == "1"


def test_answer_about_an_older_row_is_said_and_not_retained(tmp_path: Path, sites: list[Site]) -> None:
    """Time does not turn back on a retained topic."""
    sites.append(site := open_site(tmp_path, escalate=LARGE))
    site.commit([sent(row(7)), sent(row(9)), sent(window(7, 10))], NOW_MS)
    said = until(site, "/answer")
    corrected = [each for each in under(said, "results/digits") if body(each)["answered_by"] == "gateway"]
    assert [(body(each)["seq"], each.retain) for each in corrected] == [(7, False)]
    assert body(under(site.repeat(NOW_MS), "results/digits")[0])["seq"] == 9


def test_unsure_window_that_nobody_answers_is_told_so(tmp_path: Path, sites: list[Site]) -> None:
    """Without a model and a cloud the node's answer stands, and subscribers and node read why."""
    sites.append(site := open_site(tmp_path))
    site.commit([sent(row(7)), sent(window(7, 8))], NOW_MS)
    said = until(site, "/answer")
    told = [each for each in map(body, under(said, "results/digits")) if "unanswered" in each]
    assert [(each["answered_by"], each["values"]["label"]) for each in told] == [("node", "1")]
    assert "escalate.models" in told[0]["unanswered"]
    assert counter(site, "unanswered") == 1


def test_window_that_comes_again_is_not_asked_again(tmp_path: Path, sites: list[Site]) -> None:
    """A node that missed its receipt sends twice, and has one answer."""
    sites.append(site := open_site(tmp_path, escalate=LARGE))
    site.commit([sent(row(7)), sent(window(7, 8))], NOW_MS)
    until(site, "/answer")
    site.commit([sent(window(7, 8))], NOW_MS)
    site.commit([sent(row(11)), sent(window(11, 12, picture=1))], NOW_MS)
    until(site, "/answer")
    assert counter(site, "answered_gateway") == 2


def test_raw_window_about_no_record_asks_nothing(tmp_path: Path, sites: list[Site]) -> None:
    """A window that is kept for people is no question."""
    sites.append(site := open_site(tmp_path, escalate=LARGE))
    plain = window(7, 8)
    site.commit([sent(replace(plain, about=None))], NOW_MS)
    assert site._escalations._desk is None
    assert counter(site, "raw_windows") == 1


def test_windows_beyond_the_queue_are_dropped_and_told(tmp_path: Path, sites: list[Site]) -> None:
    """Ingest commits and receipts all of them at once; those without a place are told as unanswered."""
    options = LARGE | {"queue_windows": 2, "deadline_ms": 10_000.0}
    sites.append(site := open_site(tmp_path, escalate=options))
    batch = [sent(row(seq)) for seq in range(5)] + [sent(window(seq, 100 + seq, seq)) for seq in range(5)]
    assert under(site.commit(batch, NOW_MS), "/receipt")
    until(site, "/answer")
    assert (counter(site, "escalations_dropped"), counter(site, "raw_windows")) == (3, 5)


def test_drift_of_a_node_is_shown_with_what_its_cascade_costs(tmp_path: Path, sites: list[Site]) -> None:
    """From a node's own counters: shares, bytes and joules over all of its starts, and an alarm when it is unsure."""
    sites.append(site := open_site(tmp_path))
    told: dict[str, Any] = {}
    inferences = unsure = 0
    for share in [0.02] * 20 + [0.5] * 10:
        inferences, unsure = inferences + 50, unsure + round(50 * share)
        health = Health(
            boot_id=BOOT,
            time_ms=NOW_MS,
            uptime_s=1.0,
            counters={
                "inferences": inferences,
                "unsure": unsure,
                "escalated": unsure // 2,
                "escalated_bytes": 60 * unsure,
                "escalated_uj": 3000 * unsure,
            },
        )
        site.commit([sent(health)], NOW_MS)
        told = body(under(site.tick(NOW_MS), "_/n1/cascade")[0])
    assert (told["inferences"], told["unsure"], told["escalated_bytes"]) == (1500, 270, 16_200)
    assert (told["escalated_share"], told["escalated_j"], told["drift"]) == (0.09, 0.81, True)
    sites.append(again := open_site(tmp_path))
    assert body(under(again.repeat(NOW_MS), "_/n1/cascade")[0]) == told


def test_window_about_a_record_that_never_came_leaves_nothing_behind(tmp_path: Path, sites: list[Site]) -> None:
    """An inventor of windows cannot fill the database with answers that no retention finds."""
    sites.append(site := open_site(tmp_path, escalate=LARGE))
    site.commit([sent(window(seq, 100 + seq)) for seq in range(5)] + [sent(row(7)), sent(window(7, 8))], NOW_MS)
    until(site, "/answer")
    assert (counter(site, "raw_windows"), counter(site, "answered_gateway")) == (6, 1)
    assert count(site, "answer") == 1
    site._store.database.execute("DELETE FROM record")
    assert count(site, "answer") == 0


def test_window_that_cannot_be_unpacked_is_counted_and_stops_nothing(tmp_path: Path, sites: list[Site]) -> None:
    """Its message was sound, its data are not: it is stored, receipted, and nobody has an answer, for that reason."""
    sites.append(site := open_site(tmp_path, escalate=LARGE))
    broken = replace(window(7, 8), coding=1, data=b"no zlib stream")
    assert under(site.commit([sent(row(7)), sent(broken)], NOW_MS), "/receipt")
    said = until(site, "/answer")
    assert body(under(said, "_/n1/cascade")[0])["answered"] == {"unanswered": 1}
    assert "cannot be read" in body(under(said, "results/digits")[-1])["unanswered"]
    site.commit([sent(row(9)), sent(window(9, 10))], NOW_MS)
    until(site, "/answer")
    assert counter(site, "answered_gateway") == 1


def test_window_with_no_numbers_in_it_costs_nobody_an_answer(tmp_path: Path, sites: list[Site]) -> None:
    """NaN makes of a whole run of a model none: it is refused before it shares one with the windows of others."""
    sites.append(site := open_site(tmp_path, escalate=LARGE))
    poison = replace(window(7, 8), dtype="f4", data=np.full((8, 8, 1), np.nan, "<f4").tobytes(), shape=(8, 8, 1))
    sound = replace(window(9, 10), dtype="f4", data=held_out().windows[0].astype("<f4").tobytes())
    site.commit([sent(row(7)), sent(row(9)), sent(poison), sent(sound)], NOW_MS)
    while counter(site, "answered_gateway") + counter(site, "unanswered") < 2:
        until(site, "/answer")
    assert (counter(site, "answered_gateway"), counter(site, "unanswered"), count(site, "raw")) == (1, 1, 2)


def test_answer_that_the_disk_refuses_is_kept_when_it_takes_it(tmp_path: Path, sites: list[Site]) -> None:
    """What was answered while the disk was full is neither lost nor said before it is kept."""
    sites.append(site := open_site(tmp_path, escalate=LARGE))
    refuse(site, "INSERT ON answer")
    site.commit([sent(row(7)), sent(window(7, 8))], NOW_MS)
    with pytest.raises(StoreError, match="no room"):
        until(site, "/answer")
    admit(site)
    assert under(until(site, "/answer"), "/n1/answer")
    assert counter(site, "answered_gateway") == 1


def test_commit_while_the_disk_refuses_what_follows_is_done_once(tmp_path: Path, sites: list[Site]) -> None:
    """A hello takes an answer back, and may not: the rows that came with it are committed, and summed up, all the same.

    The same commit, done again, would find nothing new in them.
    """
    sites.append(site := open_site(tmp_path, escalate=LARGE))
    site.commit([sent(row(7)), sent(window(7, 8))], NOW_MS)
    until(site, "/answer")
    refuse(site, "UPDATE ON answer")
    ready = Presence(state=State.READY, boot_id=BOOT, time_ms=NOW_MS)
    assert under(site.commit([sent(ready), sent(row(9))], NOW_MS), "/receipt")
    with pytest.raises(StoreError, match="no room"):
        site.tick(NOW_MS)
    admit(site)
    (gone,) = under(site.tick(NOW_MS), "/n1/answer")
    assert (gone.payload, counter(site, "records")) == (b"", 2)
    assert body(under(site.repeat(NOW_MS), "results/digits")[0])["seq"] == 9


def test_restart_asks_again_about_what_was_not_answered(tmp_path: Path, sites: list[Site]) -> None:
    """A gateway that ends between the receipt and the answer gives it after its next start, and no answer twice."""
    sites.append(slow := open_site(tmp_path, escalate=LARGE | {"deadline_ms": 10_000.0}))
    slow.commit([sent(row(7)), sent(window(7, 8))], NOW_MS)
    slow.close()
    assert counter(slow, "answered_gateway") == 0
    sites.append(again := open_site(tmp_path, escalate=LARGE))
    until(again, "/answer")
    sites.append(third := open_site(tmp_path, escalate=LARGE))
    assert third._escalations._desk is None
    assert counter(third, "answered_gateway") == 1


def test_model_that_cannot_be_opened_is_a_reason_for_each_window(tmp_path: Path, sites: list[Site]) -> None:
    """A damaged file stops nothing: what is asked of it is unanswered, and says why."""
    (tmp_path / "large.tflite").write_bytes(b"noise" * 9)
    (tmp_path / "large.toml").write_text((ZOO / "digits_int8.toml").read_text())
    sites.append(site := open_site(tmp_path, escalate={"models": {"digits": tmp_path / "large.tflite"}}))
    for seq in (7, 9):
        site.commit([sent(row(seq)), sent(window(seq, seq + 1))], NOW_MS)
        said = [body(each) for each in under(until(site, "/answer"), "results/digits")]
        assert ["no TFLite file" in each["unanswered"] for each in said if "unanswered" in each] == [True]
    assert "no TFLite file" in site.trouble


def test_model_that_kills_costs_its_site_an_answer_and_is_counted(tmp_path: Path, sites: list[Site]) -> None:
    """The gateway lives, says what happened, and has the next window answered."""
    sites.append(site := open_site(tmp_path, escalate=LARGE))
    model = Apart(tmp_path / "deadly", program="tests.gateway.escalate.deadly")
    site._escalations._desk = Desk({"digits": model}, None, batch=(1, 0.0))
    killing = replace(window(7, 8), dtype="f4", shape=(1,), data=np.array([KILLS], "<f4").tobytes())
    site.commit([sent(row(7)), sent(killing)], NOW_MS)
    said = until(site, "/answer")
    assert "SIGSEGV" in body(under(said, "results/digits")[-1])["unanswered"]
    harmless = replace(killing, seq=10, about=9, data=np.array([3.0], "<f4").tobytes())
    site.commit([sent(row(9)), sent(harmless)], NOW_MS)
    until(site, "/answer")
    assert (counter(site, "model_deaths"), counter(site, "unanswered"), counter(site, "answered_gateway")) == (1, 1, 1)


def test_window_larger_than_any_model_s_is_not_unpacked(tmp_path: Path, sites: list[Site]) -> None:
    """What the wire lets through would be a thousand times its size in memory, and many may wait."""
    sites.append(site := open_site(tmp_path, escalate=LARGE))
    bomb = replace(window(7, 8), shape=(4096, 4096), coding=1, data=zlib.compress(bytes(1 << 24), 9))
    site.commit([sent(row(7)), sent(bomb)], NOW_MS)
    said = until(site, "/answer")
    assert "16777216 numbers" in body(under(said, "results/digits")[-1])["unanswered"]
