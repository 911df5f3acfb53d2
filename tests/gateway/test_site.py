"""A site over restarts: presence, windows and desired states are what they were."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gateway.errors import StoreError
from node.wire import codec
from node.wire.messages import Ask, AskKind, Desired, Presence, Receipts, State
from tests.gateway.world import BOOT, NOW_MS, admit, count, counter, open_site, refuse, results, sent

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gateway.outgoing import Outgoing
    from gateway.site import Site


def said(outgoing: Iterable[Outgoing]) -> dict[str, dict[str, object]]:
    """Return the JSON of what is published, by the topic below `_`."""
    return {
        each.topic.partition("/_/")[2]: json.loads(each.payload)
        for each in outgoing
        if "/_/" in each.topic and not each.topic.endswith("/cbor")
    }


def desired(outgoing: Iterable[Outgoing], node: str = "n1") -> list[Desired]:
    """Return what a node is told to be."""
    found = [codec.decode("desired", each.payload) for each in outgoing if each.topic.endswith(f"{node}/desired")]
    return [each for each in found if isinstance(each, Desired)]


def test_commit_gives_receipts_as_ranges_by_node_and_boot(tmp_path: Path) -> None:
    """One message a node and commit, whatever it took."""
    site = open_site(tmp_path)
    outgoing = site.commit([sent(results([1, 2])), sent(results([3, 9])), sent(results([4]), node="n2")], NOW_MS)
    receipts = {each.topic: codec.decode("receipt", each.payload) for each in outgoing}
    message = receipts["torpor/1/site/n1/receipt"]
    assert isinstance(message, Receipts)
    assert [(each.boot_id, tuple(each.ranges)) for each in message.receipts] == [(BOOT, ((1, 3), (9, 9)))]
    assert set(receipts) == {"torpor/1/site/n1/receipt", "torpor/1/site/n2/receipt"}


def test_tick_publishes_the_newest_row_once_and_at_its_pace(tmp_path: Path) -> None:
    """Readable by anybody: values by name, units beside them, ISO time, retained."""
    site = open_site(tmp_path)
    site.commit([sent(results([1, 2, 3]))], NOW_MS)
    outgoing = site.tick(NOW_MS)
    result = said(outgoing)["n1/results/climate"]
    assert result["values"] == {"temperature": 21.5, "label": "a"}
    assert result["units"] == {"temperature": "Cel"}
    assert (result["seq"], result["time"], result["clock"]) == (3, "2026-11-18T11:10:00.000Z", "synced")
    assert all(each.retain for each in outgoing if "/results/" in each.topic)
    assert "n1/results/climate" not in said(site.tick(NOW_MS + 100))
    site.commit([sent(results([4]))], NOW_MS + 200)
    assert "n1/results/climate" not in said(site.tick(NOW_MS + 300))
    assert said(site.tick(NOW_MS + 1000))["n1/results/climate"]["seq"] == 4


def test_commit_with_all_results_publishes_every_row(tmp_path: Path) -> None:
    """`results = "all"` leaves none out."""
    site = open_site(tmp_path, publish={"results": "all"})
    outgoing = site.commit([sent(results([1, 2, 3]))], NOW_MS)
    assert [json.loads(each.payload)["seq"] for each in outgoing if each.topic.endswith("/climate")] == [1, 2, 3]


def presence_of(site: Site, now_ms: int) -> object:
    """Return the word that is published for a node, if it is news."""
    return said(site.tick(now_ms)).get("n1/presence", {}).get("state")


def test_restart_keeps_presence_and_its_promise(tmp_path: Path) -> None:
    """A sleeper is still a sleeper, and its promise still runs from when it was given, not from the restart."""
    asleep = Presence(state=State.SLEEPING, boot_id=BOOT, time_ms=1000, next_wake_ms=601_000, grace_s=5.0)
    site = open_site(tmp_path)
    site.commit([sent(asleep)], NOW_MS)
    assert presence_of(site, NOW_MS) == "sleeping"
    again = open_site(tmp_path)
    again.commit([sent(asleep, retain=True)], NOW_MS + 500_000)
    assert presence_of(again, NOW_MS + 500_000) == "sleeping"
    assert presence_of(again, NOW_MS + 606_000) == "late"
    assert presence_of(again, NOW_MS + 1_206_000) == "lost"


def test_restart_keeps_open_windows_and_counts_nothing_twice(tmp_path: Path) -> None:
    """Open windows are a view of the records: the same before and after, and a resend adds nothing."""
    site = open_site(tmp_path)
    site.commit([sent(results([1, 2, 3]))], NOW_MS)
    before = said(site.tick(NOW_MS))["n1/aggregate/climate/temperature"]
    again = open_site(tmp_path)
    again.commit([sent(results([1, 2, 3]))], NOW_MS)
    after = said(again.tick(NOW_MS))["n1/aggregate/climate/temperature"]
    assert before == after
    assert counter(again, "duplicates") == 3


def test_restart_does_not_open_a_closed_window_again(tmp_path: Path) -> None:
    """It was written once, with its sketch; what comes later is late, counted, and stored as a record."""
    options: dict[str, dict[str, object]] = {"aggregate": {"window_s": 1.0, "lateness_s": 0.0}}
    site = open_site(tmp_path, **options)
    site.commit([sent(results([1, 2, 3]))], NOW_MS)
    finals = said(site.tick(NOW_MS))["n1/aggregate/climate/temperature"]
    assert finals["final"] is True
    written = count(site, "aggregate")
    again = open_site(tmp_path, **options)
    again.commit([sent(results([4, 5, 6]))], NOW_MS)
    again.tick(NOW_MS)
    assert count(again, "aggregate") == written == 4
    assert counter(again, "late") == 2
    assert count(again, "record") == 6


def test_desired_repeats_the_receipts_for_a_node_that_lies_down(tmp_path: Path) -> None:
    """Retained, with every range, at once when it says `sleeping`; later otherwise; its version stays."""
    site = open_site(tmp_path)
    site.commit([sent(results([1, 2, 3]))], NOW_MS)
    assert desired(site.tick(NOW_MS)) == []
    site.commit([sent(Presence(state=State.SLEEPING, boot_id=BOOT))], NOW_MS)
    (told,) = desired(site.tick(NOW_MS))
    assert [(each.boot_id, tuple(each.ranges)) for each in told.watermarks] == [(BOOT, ((1, 3),))]
    site.commit([sent(results([4]))], NOW_MS)
    (later,) = desired(site.tick(NOW_MS + 10_000))
    assert later.version == told.version
    assert tuple(later.watermarks[0].ranges) == ((1, 4),)
    assert desired(open_site(tmp_path).repeat(NOW_MS)) == [later]


def test_desired_that_the_disk_refuses_is_told_when_it_takes_it(tmp_path: Path) -> None:
    """What a node is to be told is due until it is stored, and it is not told before."""
    site = open_site(tmp_path)
    refuse(site, "INSERT ON desired")
    site.commit([sent(Ask(id=1, what=AskKind.TIME))], NOW_MS)
    with pytest.raises(StoreError, match="no room"):
        site.tick(NOW_MS)
    admit(site)
    assert [each.topic for each in site.tick(NOW_MS) if each.topic.endswith("/n1/desired")]
    assert not [each.topic for each in site.tick(NOW_MS) if each.topic.endswith("/n1/desired")]


def test_ask_for_the_time_is_answered_with_the_gateways(tmp_path: Path) -> None:
    """A node whose clock was never set gets one."""
    site = open_site(tmp_path)
    site.commit([sent(Ask(what=AskKind.TIME, id=1))], NOW_MS)
    (told,) = desired(site.tick(NOW_MS))
    assert told.time_ms == NOW_MS


def test_repeat_says_all_that_is_retained(tmp_path: Path) -> None:
    """A broker that lost everything has it again, also after a restart of ours."""
    open_site(tmp_path).commit([sent(results([1])), sent(Presence(state=State.READY, boot_id=BOOT))], NOW_MS)
    site = open_site(tmp_path)
    topics = said(site.repeat(NOW_MS))
    assert "n1/results/climate" in topics


def test_tick_removes_what_is_too_old_and_remembers_that_it_was_seen(tmp_path: Path) -> None:
    """Retention removes rows by a clock that has not leapt; a resend of them is still a duplicate."""
    site = open_site(tmp_path, store={"retain_days": 1.0})
    site.commit([sent(results([1, 2]))], NOW_MS)
    site.commit([sent(results([3]))], NOW_MS + 80_000_000)
    for at_ms in range(66_000_000, 90_000_001, 600_000):
        site.tick(NOW_MS + at_ms)
    assert count(site, "record") == 1
    site.commit([sent(results([1, 2]))], NOW_MS + 90_000_000)
    assert count(site, "record") == 1
