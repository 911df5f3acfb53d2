"""From an unsure answer to a window in the outbox, and from its answer to the node's health."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from node.config import Recording
from node.cycle import Cycle
from node.escalate.escalation import Escalation, narrowest
from node.health import Health
from node.infer.cascade import Params
from node.sleep.ledger import Ledger
from node.transmit import raw
from node.values import Features, Inference, Record, Sample, TimeQuality
from node.wire.messages import Answer
from tests.node.world import STATES, Home, Thermometer, Ticking, asking

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from node.values import Window

ALL = Params(threshold=0.8, share=1.0)
PICTURE = np.arange(64, dtype=np.float32).reshape(8, 8, 1)
RECORD = Record(stream="digits", time_ms=7, time_quality=TimeQuality.SYNCED, values={"label": "7"})


class Wary:
    """An engine that is as sure of each window as its first number says."""

    def infer(self, sample: Sample, features: Features | None) -> Sequence[Inference]:
        """Answer."""
        assert features is not None
        sure = [float(each.flat[0]) for each in features.data]
        return [Inference(values={"label": "7", "confidence": each}, confidence=each) for each in sure]


class Set:
    """A clock that stands where the test puts it."""

    def __init__(self, wall_ms: int, monotonic_s: float = 0.0, quality: TimeQuality = TimeQuality.SYNCED) -> None:
        self.wall, self.monotonic, self.good = wall_ms, monotonic_s, quality

    def wall_ms(self) -> int:
        """Read the wall clock."""
        return self.wall

    def monotonic_s(self) -> float:
        """Read the monotonic one."""
        return self.monotonic

    def quality(self) -> TimeQuality:
        """Say how far to believe the first."""
        return self.good


def sure(confidence: float | None) -> Inference:
    """Make an answer."""
    return Inference(values={"label": "7"}, confidence=confidence)


def escalation(
    params: Params, clock: Set, memory: Mapping[str, float] | None = None
) -> tuple[Escalation, Counter[str]]:
    """Make one, with its counters in sight."""
    counters: Counter[str] = Counter()
    return Escalation(params, clock, Ledger(STATES), counters, memory or {}, raw.size_bytes), counters


def test_cycle_sends_up_the_window_that_it_is_unsure_of() -> None:
    """Of three windows the unsure one follows its record into the outbox, as the model was shown it."""
    shown = np.stack([np.full((2, 2), each, np.float32) for each in (0.9, 0.3, 0.8)])
    home = Home(sensors={"t": Thermometer(1.0)}, chain=lambda _: Features(data=shown), engine=Wary())  # type: ignore[arg-type]
    home.escalation = asking(ALL)
    clock = Ticking()
    Cycle(home, Recording(stream="digits"), clock, Ledger(STATES), Health({})).run()  # type: ignore[arg-type]
    assert [record.values["confidence"] for record in home.outbox.records] == pytest.approx([0.9, 0.3, 0.8])
    (window,) = home.outbox.windows
    assert (window.about, window.stream) == (1, "digits")
    assert window.block.data.tolist() == shown[1].tolist()


def test_cycle_tells_of_a_window_that_no_message_holds_until_another_was_sent_up() -> None:
    """Windows that the node is sure of say nothing about it."""
    large = np.random.default_rng(1).random((1, 200, 200), np.float32) + 1.0
    large[0, 0, 0] = 0.3
    small, certain = np.full((1, 2, 2), 0.3, np.float32), np.full((1, 2, 2), 0.9, np.float32)
    home = Home(sensors={"t": Thermometer(1.0, 1.0, 1.0)}, engine=Wary())  # type: ignore[arg-type]
    home.escalation, health = asking(ALL), Health({})
    cycle = Cycle(home, Recording(stream="digits"), Ticking(), Ledger(STATES), health)  # type: ignore[arg-type]
    for shown, is_told in ((large, True), (certain, True), (small, False)):
        home.chain = lambda _, data=shown: Features(data=data)
        cycle.run()
        assert ("cascade" in health.told) is is_told
    assert len(home.outbox.windows) == 1


def test_node_without_a_cascade_asks_nothing() -> None:
    """However unsure; and neither does one whose engine knows no confidence."""
    assert asking(None).of(RECORD, 0, sure(0.0), PICTURE) is None
    assert asking(ALL).of(RECORD, 0, sure(None), PICTURE) is None


def test_escalation_counts_what_it_is_unsure_of_and_what_it_pays_for() -> None:
    """Unsure windows over the budget are counted and not asked about; bytes are those of the message."""
    asked, counters = escalation(Params(threshold=0.8, share=1.0, daily=2), Set(0))
    windows = [asked.of(RECORD, seq, sure(0.1), PICTURE) for seq in range(4)]
    assert [each is not None for each in windows] == [True, True, False, False]
    assert (counters["unsure"], counters["escalated"]) == (4, 2)
    assert windows[0] is not None
    assert counters["escalated_bytes"] == 2 * raw.size_bytes(windows[0])
    assert raw.size_bytes(windows[0]) < 64 + 60


def test_escalation_over_its_budget_measures_no_window() -> None:
    """To know how long a message is, a window is compressed: for nothing, once the day is spent."""
    measured = []

    def size_bytes(window: Window) -> int:
        measured.append(window.about)
        return 100

    params, counters = Params(threshold=0.8, share=1.0, daily=2), Counter[str]()
    asked = Escalation(params, Set(0), Ledger(STATES), counters, {}, size_bytes)
    for seq in range(9):
        asked.of(RECORD, seq, sure(0.1), PICTURE)
    assert (measured, counters["unsure"]) == ([0, 1], 9)


def test_escalation_books_the_joules_that_a_byte_took_so_far() -> None:
    """By the node's own ledger: all that transmitting took, over the bytes that were sent."""
    counters: Counter[str] = Counter({"air_bytes_sent": 1000})
    ledger = Ledger(STATES)
    ledger.charge("transmit", 500.0)
    window = Escalation(ALL, Set(0), ledger, counters, {}, raw.size_bytes).of(RECORD, 0, sure(0.1), PICTURE)
    assert window is not None
    assert counters["escalated_uj"] == round(500.0 * raw.size_bytes(window))
    poor = Params(threshold=0.8, share=1.0, daily_j=0.001)
    assert Escalation(poor, Set(0), ledger, counters, {}, raw.size_bytes).of(RECORD, 0, sure(0.1), PICTURE) is None


def test_budget_refills_while_the_node_is_off_where_its_clock_can_be_believed() -> None:
    """Half a day off brings half a day's windows; a clock that was never set, or ran backwards, brings none."""
    params = Params(threshold=0.8, share=1.0, daily=10)
    spent = {"windows": 0.0, "share": 5.0, "at_ms": 1_000_000.0}
    half_a_day_ms = 43_200_000
    for clock, brings in (
        (Set(1_000_000 + half_a_day_ms), 5),
        (Set(1_000_000 + half_a_day_ms, quality=TimeQuality.UNSET), 0),
        (Set(10), 0),
    ):
        asked, counters = escalation(params, clock, spent)
        for seq in range(20):
            asked.of(RECORD, seq, sure(0.1), PICTURE)
        assert counters["escalated"] == brings


def test_clock_that_leaps_at_each_start_brings_one_day_and_no_more() -> None:
    """A node without an RTC that is set anew after each boot is not given a day for each of them."""
    params = Params(threshold=0.8, share=1.0, daily=10)
    memory: Mapping[str, float] = {}
    asked_in_all = 0
    for _ in range(5):
        clock = Set(1_000, quality=TimeQuality.UNSET)
        asked, counters = escalation(params, clock, memory)
        for seq in range(20):
            asked.of(RECORD, seq, sure(0.1), PICTURE)
            clock.wall, clock.good = 1_800_000_000_000, TimeQuality.SYNCED  # the network has set it
        asked_in_all += counters["escalated"]
        memory = asked.memory()
    assert asked_in_all == 10


def test_policy_changes_threshold_and_budget_at_once() -> None:
    """A window that was sure is unsure under a higher threshold; a budget of nothing asks nothing."""
    asked, counters = escalation(ALL, Set(0))
    assert asked.of(RECORD, 0, sure(0.85), PICTURE) is None
    asked.follow(Params(threshold=0.9, share=1.0))
    assert asked.of(RECORD, 1, sure(0.85), PICTURE) is not None
    asked.follow(Params(threshold=0.9, share=1.0, daily=0))
    assert asked.of(RECORD, 2, sure(0.85), PICTURE) is None
    assert (counters["unsure"], counters["escalated"]) == (2, 1)


def test_answers_are_counted_and_the_newest_is_told() -> None:
    """By whom, and what; and where nobody answered, why."""
    asked, counters = escalation(ALL, Set(0))
    boot = bytes(6)
    asked.hear([Answer(boot_id=boot, seq=4, by="gateway", label="7", confidence=0.98, note="")])
    assert asked.newest == "000000000000 4: '7' (0.98) by gateway"
    asked.hear([Answer(boot_id=boot, seq=5, by="", label="", confidence=0.0, note="no model")])
    assert asked.newest.endswith("nobody: no model")
    assert (counters["answers"], counters["unanswered"]) == (1, 1)


@settings(deadline=None, max_examples=80)
@given(shown=arrays.arrays(np.float32, 12, elements=st.floats(-300, 300, width=32) | st.integers(0, 255).map(float)))
def test_narrowest_loses_nothing(shown: np.ndarray) -> None:
    """Whatever is packed is the same numbers; whole numbers of a byte take one."""
    packed = narrowest(shown)
    assert np.array_equal(packed.astype(np.float32), shown)
    whole = bool(((shown >= 0) & (shown <= 255) & (shown == np.floor(shown))).all())
    assert (packed.dtype == np.uint8) == whole
