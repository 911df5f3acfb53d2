"""Whether a model that died is started again, on a virtual clock."""

from __future__ import annotations

from gateway.escalate.lives import PAUSES_S, Lives


def test_lives_are_waited_for_longer_each_time_and_then_over() -> None:
    """The first death costs no time; each one after it more, and the last all of it."""
    lives, pauses = Lives(), []
    while not lives.are_over:
        lives = lives.died(100.0)
        pauses.append(lives.until_s - 100.0)
    assert pauses == [*PAUSES_S, 0.0]
    assert pauses[0] == 0.0
    assert list(PAUSES_S) == sorted(PAUSES_S)
