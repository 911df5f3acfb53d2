"""Laws of any-of: one is enough, and none is passed over."""

from node.gate import Combination
from tests.node.gate.shown import gate, problems, sample

DELTA = {"part": "send_on_delta", "channels": ["t"], "delta": 1.0}
HOT = {"part": "level", "channel": "h", "level": 50.0, "hold": True}


def test_any_of_with_one_branch_open_opens_for_its_reason() -> None:
    """The verdict is that of the branch which opened."""
    rule = gate("any_of", gates=[DELTA, HOT])
    rule.judge(sample(t=0.0, h=0.0))
    verdict = rule.judge(sample(t=0.0, h=60.0))
    assert verdict.opens
    assert verdict.channel == "h"


def test_any_of_opened_by_one_branch_asks_the_others_too() -> None:
    """A z-score behind an open branch goes on learning: no short cut."""
    zscore = {"part": "zscore", "channel": "t", "warmup": 10, "threshold": 6.0}
    rule = gate("any_of", gates=[{"part": "level", "channel": "h", "level": 50.0}, zscore])
    for i in range(40):
        rule.judge(sample(i, t=float(i % 2), h=0.0 if i % 2 else 60.0))
    assert rule.memory()["1.count"] == 40


def test_any_of_opened_by_one_branch_counts_as_reported_for_the_others() -> None:
    """The report of another branch carries t too: the dead band begins there, and the receiver is never further off."""
    rule = gate("any_of", gates=[DELTA, HOT])
    told = [rule.judge(sample(t=t, h=h)).opens for t, h in [(0.0, 0.0), (-0.75, 60.0), (0.5, 0.0)]]
    assert told == [True, True, True]


def test_any_of_nested_in_another_keeps_its_memory_apart() -> None:
    """Two branches of one kind do not write over one another, at any depth."""
    rule = gate("any_of", gates=[DELTA, {"part": "any_of", "gates": [{**DELTA, "channels": ["h"]}, DELTA]}])
    rule.judge(sample(2.0, t=1.0, h=3.0))
    assert rule.channels == ("t", "h")
    assert rule.memory() == {
        "0.sent.t": 1.0,
        "0.time_ms": 2000,
        "1.0.sent.h": 3.0,
        "1.0.time_ms": 2000,
        "1.1.sent.t": 1.0,
        "1.1.time_ms": 2000,
    }


def test_any_of_is_a_combination() -> None:
    """Its guard leaves gaps to the branches."""
    assert isinstance(gate("any_of", gates=[DELTA])._gate, Combination)


def test_any_of_nothing_is_refused_and_a_branch_in_error_is_named() -> None:
    """A problem below is reported with its whole path."""
    assert "gates is empty" in problems("any_of", gates=[])
    assert problems("any_of", gates=[DELTA, {"part": "levle"}]).startswith("gate.gates[1].part: no 'levle'")
