"""Windows: in event time, patient for a while, and closed once."""

from __future__ import annotations

import random

from gateway.aggregate.windows import Aggregator, Closed, messages

KEY = ("node", "climate")
COLUMNS = ("temperature",)
START_MS = 1_795_000_200_000  # a window's edge


def windows(aggregator: Aggregator) -> dict[int, tuple[int, float | None]]:
    """Return count and mean of every open window, by start."""
    found = {}
    for start_ms, window in aggregator._streams[KEY].windows.items():
        (message,) = messages(Closed(*KEY, window), aggregator.window_ms)
        found[start_ms] = (message.count, message.mean)
    return found


def take(aggregator: Aggregator, *rows: tuple[int, float]) -> int:
    """Hand over rows of (seconds after the start, value)."""
    times = [START_MS + second * 1000 for second, _ in rows]
    return aggregator.take(KEY, COLUMNS, times, [[value] for _, value in rows])


def test_aggregator_any_order_within_the_lateness_gives_the_same_windows() -> None:
    """Order does not matter before the watermark."""
    rows = [(second, float(second)) for second in range(0, 600, 7)]
    ordered, shuffled = Aggregator(60_000, 3_600_000, {}), Aggregator(60_000, 3_600_000, {})
    take(ordered, *rows)
    random.Random(1).shuffle(rows)
    for row in rows:
        assert take(shuffled, row) == 0
    assert windows(ordered) == windows(shuffled)


def test_aggregator_rows_split_at_random_equal_one_batch() -> None:
    """Folding early or late is the same."""
    rows = [(second, second * 0.5) for second in range(120)]
    whole, parts = Aggregator(60_000, 60_000, {}), Aggregator(60_000, 60_000, {})
    take(whole, *rows)
    for row in rows:
        take(parts, row)
        windows(parts)
    assert windows(whole) == windows(parts)


def test_aggregator_window_ripens_when_its_stream_is_past_the_lateness() -> None:
    """It waits for the lateness in event time, and only for its own stream."""
    aggregator = Aggregator(60_000, 120_000, {})
    take(aggregator, (0, 1.0), (179, 2.0))
    assert aggregator.ripe() == []
    aggregator.take(("other", "climate"), COLUMNS, [START_MS + 9_000_000], [[1.0]])
    assert [each for each in aggregator.ripe() if each.node == "node"] == []
    take(aggregator, (180, 3.0))
    assert [each.window.start_ms for each in aggregator.ripe()] == [START_MS]


def test_aggregator_row_for_a_closed_window_is_late_and_changes_nothing() -> None:
    """Closed is closed; the late row is counted."""
    aggregator = Aggregator(60_000, 0, {})
    take(aggregator, (0, 1.0), (60, 2.0))
    ripe = aggregator.ripe()
    aggregator.close(ripe)
    assert take(aggregator, (30, 9.0)) == 1
    assert aggregator.ripe() == []
    assert windows(aggregator) == {START_MS + 60_000: (1, 2.0)}


def test_aggregator_with_watermarks_of_before_does_not_open_closed_windows() -> None:
    """After a restart the same rows make the same open windows, and no closed one again."""
    rows = [(0, 1.0), (60, 2.0), (61, 4.0)]
    before = Aggregator(60_000, 0, {})
    take(before, *rows)
    ripe = before.ripe()
    closed = before.watermarks(ripe)
    before.close(ripe)
    after = Aggregator(60_000, 0, closed)
    assert take(after, *rows) == 1
    assert windows(after) == windows(before)


def test_aggregator_changed_gives_each_newest_window_once_until_it_changes() -> None:
    """Subscribers are told news only."""
    aggregator = Aggregator(60_000, 60_000, {})
    take(aggregator, (0, 1.0))
    assert len(list(aggregator.changed())) == 1
    assert list(aggregator.changed()) == []
    take(aggregator, (1, 1.0))
    assert len(list(aggregator.changed())) == 1


def test_messages_words_and_numbers_are_told_apart() -> None:
    """A label column has classes and no mean."""
    aggregator = Aggregator(60_000, 60_000, {})
    aggregator.take(KEY, ("label", "score"), [START_MS] * 3, [["a", 1.0], ["b", None], ["a", 3.0]])
    (each,) = aggregator.changed()
    label, score = messages(each, 60_000)
    assert (dict(label.classes), label.mean, label.count) == ({"a": 2, "b": 1}, None, 3)
    assert (score.mean, score.count, score.total) == (2.0, 2, 4.0)


def test_aggregator_closed_in_portions_keeps_what_is_still_open_over_a_restart() -> None:
    """A week that came at once is closed a little at a time, and no watermark passes a window that stays open."""
    rows = [(60 * at, float(at)) for at in range(10)]
    aggregator = Aggregator(60_000, 0, {})
    take(aggregator, *rows)
    seen = 0
    while ripe := aggregator.ripe(2):
        seen += len(ripe)
        restarted = Aggregator(60_000, 0, aggregator.watermarks(ripe))
        assert take(restarted, *rows) == seen
        aggregator.close(ripe)
        assert windows(restarted) == windows(aggregator)
    assert seen == 9
