"""Ends of signatures: what is told of them, when, how often, and that it is taken back."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import GatewayError
from gateway.push.ends import DAY_MS, HANDS_MS, HOUR_MS, MOST_PROMISE_MS, End, Watch, read, told
from node.wire.messages import Presence, State
from tests.gateway.world import NOW_MS, open_site, sent
from tools.models import keys
from tools.models.repository import Lives, Repository

if TYPE_CHECKING:
    from pathlib import Path

ONLINE_MS: Final = 30 * DAY_MS
"""How long a timestamp lasts by default."""


def made(folder: Path, now_ms: int = NOW_MS, **lives: float) -> Repository:
    """Return a repository that was signed at a time, by its files' marks too."""
    repository = Repository(folder, now_ms, Lives(**lives))
    repository.init()
    _marked(folder, now_ms)
    return repository


def renewed(folder: Path, now_ms: int) -> None:
    """Publish at a time."""
    repository = Repository(folder, now_ms)
    repository.publish(keys.read(repository.key("online")))
    _marked(folder, now_ms)


def _marked(folder: Path, now_ms: int) -> None:
    for path in (folder / "metadata").iterdir():
        os.utime(path, (now_ms / 1000, now_ms / 1000))


def no_promise() -> int:
    """Tell of no sleeper."""
    return 0


def test_ends_are_read_nearest_first_of_what_is_newest(tmp_path: Path) -> None:
    """By the numbers of the files, so that the tenth is newer than the ninth; the timestamp has none."""
    made(tmp_path, root=400.0)
    for day in range(1, 10):
        renewed(tmp_path, NOW_MS + day * DAY_MS)
    assert (tmp_path / "metadata" / "10.snapshot.json").exists()
    whole_ms = NOW_MS // 1000 * 1000
    assert [(each.role, each.ends_ms - whole_ms) for each in read(tmp_path)] == [
        ("timestamp", ONLINE_MS + 9 * DAY_MS),
        ("snapshot", ONLINE_MS + 9 * DAY_MS),
        ("targets", 365 * DAY_MS),
        ("root", 400 * DAY_MS),
    ]
    assert read(tmp_path / "nowhere") == []


@pytest.mark.parametrize("content", [b"", b"[]", b'{"signed": {}}', b'{"signed": {"expires": "soon"}}', b"\xff"])
def test_end_that_cannot_be_read_names_its_file(tmp_path: Path, content: bytes) -> None:
    """And the watch tells that, until it is mended."""
    made(tmp_path)
    path = tmp_path / "metadata" / "timestamp.json"
    whole = path.read_bytes()
    path.write_bytes(content)
    with pytest.raises(GatewayError, match=r"timestamp\.json does not say"):
        read(tmp_path)
    watch = Watch(tmp_path)
    watch.look(NOW_MS, no_promise)
    assert "timestamp.json" in watch.reason
    path.write_bytes(whole)
    watch.look(NOW_MS + HOUR_MS + 1, no_promise)
    assert watch.reason == ""


def test_watch_of_no_repository_has_nothing_to_say(tmp_path: Path) -> None:
    """A gateway that serves no models."""
    watch = Watch(tmp_path / "models")
    watch.look(NOW_MS, no_promise)
    assert watch.reason == ""


def test_watch_tells_before_the_end_and_after_it_and_takes_it_back(tmp_path: Path) -> None:
    """A week and the longest sleep ahead; what is run is taken up at the next look, not an hour later."""
    made(tmp_path)
    watch = Watch(tmp_path)
    sleep_ms = 2 * DAY_MS
    first_ms = NOW_MS // 1000 * 1000 + ONLINE_MS - 7 * DAY_MS - sleep_ms
    watch.look(first_ms - 1, lambda: sleep_ms)
    assert watch.reason == ""
    watch.look(first_ms + HOUR_MS, lambda: sleep_ms)
    assert watch.reason.startswith("timestamp ends 20")
    assert watch.reason.count("ends") == 2, "the snapshot's too, and no other"
    assert watch.reason.endswith(f": `torpor models publish {tmp_path}`")
    over_ms = NOW_MS + ONLINE_MS + HOUR_MS
    watch.look(over_ms, lambda: sleep_ms)
    assert watch.reason.startswith("nodes refuse every update: timestamp ended 20")
    renewed(tmp_path, over_ms)
    watch.look(over_ms + 250, lambda: sleep_ms)
    assert watch.reason == ""


def test_watch_of_targets_and_root_asks_for_those_who_hold_their_keys(tmp_path: Path) -> None:
    """Four weeks ahead, for two people must sign."""
    made(tmp_path, root=60.0, targets=60.0, online=400.0)
    watch = Watch(tmp_path)
    watch.look(NOW_MS + 33 * DAY_MS, no_promise)
    assert f"`torpor models renew {tmp_path} targets`" in watch.reason
    assert f"`torpor models renew {tmp_path} root`" in watch.reason
    assert "timestamp" not in watch.reason


def test_watch_reads_when_files_change_and_once_an_hour_alone(tmp_path: Path) -> None:
    """Not four times a second; the promise is asked for at each reading, so it counts them."""
    made(tmp_path)
    watch = Watch(tmp_path)
    asked: list[int] = []

    def promise_ms() -> int:
        asked.append(1)
        return 0

    for tick in range(0, HOUR_MS, 250_000):
        watch.look(NOW_MS + tick, promise_ms)
    assert len(asked) == 1
    watch.look(NOW_MS + HOUR_MS + 1, promise_ms)
    assert len(asked) == 2
    renewed(tmp_path, NOW_MS + HOUR_MS)
    watch.look(NOW_MS + HOUR_MS + 2, promise_ms)
    assert len(asked) == 3
    watch.look(NOW_MS - DAY_MS, promise_ms)
    assert len(asked) == 4, "a clock that was set back does not keep it from looking for a day"


def test_watch_logs_once_a_day(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """And once more when the end has come; then that it is over."""
    caplog.set_level(logging.INFO)
    made(tmp_path)
    watch = Watch(tmp_path)
    begin_ms = NOW_MS + 24 * DAY_MS
    for hour in range(3 * 24):
        watch.look(begin_ms + hour * (HOUR_MS + 1), no_promise)
    assert [record.levelname for record in caplog.records] == ["WARNING"] * 3
    watch.look(NOW_MS + ONLINE_MS + 1, no_promise)
    assert len(caplog.records) == 4
    assert "nodes refuse" in caplog.messages[-1]
    renewed(tmp_path, NOW_MS + ONLINE_MS + 2)
    watch.look(NOW_MS + ONLINE_MS + 3, no_promise)
    watch.look(NOW_MS + ONLINE_MS + 4, no_promise)
    assert [record.levelname for record in caplog.records[4:]] == ["INFO"]


@given(st.sampled_from(sorted(HANDS_MS)), st.integers(1, 1000 * DAY_MS), st.integers(0, 10**12), st.integers(0, 10**12))
@settings(deadline=None, max_examples=200)
def test_notice_is_never_longer_than_half_a_life_nor_without_bound(
    role: str, life_ms: int, promise_ms: int, other_ms: int
) -> None:
    """A young signature is silent, whatever a node promises; a longer sleep never makes it later."""
    end = End(role, NOW_MS + life_ms, NOW_MS)
    notice_ms = end.notice_ms(promise_ms)
    assert 0 <= notice_ms <= min(life_ms / 2, HANDS_MS[role] + MOST_PROMISE_MS)
    assert (end.notice_ms(other_ms) >= notice_ms) or other_ms < promise_ms


def test_told_of_none_is_nothing(tmp_path: Path) -> None:
    """No reason, no word."""
    assert told([], tmp_path, NOW_MS) == ""


def test_site_tells_by_the_longest_sleep_that_a_node_promised(tmp_path: Path) -> None:
    """Nine days ahead only because somebody sleeps for two; from the first tick on, and until it is renewed."""
    made(tmp_path / "models")
    site = open_site(tmp_path, models={"folder": tmp_path / "models"})
    now_ms = NOW_MS + ONLINE_MS - 8 * DAY_MS
    site.tick(now_ms)
    assert site.ending == ""
    nap = Presence(
        state=State.SLEEPING, boot_id=b"boot-1", time_ms=now_ms, next_wake_ms=now_ms + 2 * DAY_MS, interval_s=600.0
    )
    site.commit([sent(nap)], now_ms)
    site.tick(now_ms + HOUR_MS + 1)
    assert "timestamp ends" in site.ending
    renewed(tmp_path / "models", now_ms)
    site.tick(now_ms + HOUR_MS + 251)
    assert site.ending == ""
