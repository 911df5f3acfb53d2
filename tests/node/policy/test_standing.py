"""The standing of policies: whatever happens, nothing comes back, and nothing cuts a node off for good."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from node.policy import standing
from node.policy.standing import Standing
from node.wire.messages import Policy

CONTACT_S: Final = 100.0


class Life(RuleBasedStateMachine):
    """A node that hears policies, words, and nothing, and loses its power in between."""

    def __init__(self) -> None:
        super().__init__()
        self.now = Standing()
        self.now_ms = 1_000_000
        self.good: set[int] = set()
        self.alone_ms = 0
        self.highest = -1

    @rule(leap=st.integers(1, 3), lasts_s=st.integers(1, 1000))
    def take(self, leap: int, lasts_s: int) -> None:
        """Accept a policy."""
        counter = self.now.counter + leap
        policy = Policy(
            audience="a", counter=counter, not_after_ms=self.now_ms + lasts_s * 1000, settings={"n": counter}
        )
        self.now = standing.taken(self.now, policy, f"digest {counter}", self.now_ms)
        self.alone_ms = 0

    @rule()
    def hear(self) -> None:
        """Hear the gateway."""
        self.now = standing.heard(self.now)
        if self.now.current:
            self.good.add(self.now.current.counter)

    @rule(seconds=st.integers(0, 150))
    def look(self, seconds: int) -> None:
        """Let time go by."""
        self.now_ms += seconds * 1000
        self.alone_ms += seconds * 1000
        self.now = standing.looked(self.now, self.now_ms, CONTACT_S)
        self.now = standing.looked(self.now, self.now_ms, CONTACT_S)
        current = self.now.current
        assert current is None or current.not_after_ms >= self.now_ms
        assert current is None or current.counter in self.good or self.alone_ms <= CONTACT_S * 1000

    @rule()
    def reboot(self) -> None:
        """Lose the power."""
        self.now = standing.recalled(json.loads(json.dumps(standing.memory(self.now))))

    @invariant()
    def counter_never_falls(self) -> None:
        """What was accepted once is never accepted again."""
        assert self.now.counter >= self.highest
        self.highest = self.now.counter

    @invariant()
    def only_what_was_good_waits(self) -> None:
        """What a node goes back to is something under which it was reached."""
        assert self.now.former is None or self.now.former.counter in self.good

    @precondition(lambda self: self.now.current is not None)
    @invariant()
    def what_is_not_the_newest_is_explained(self) -> None:
        """An operator can read why a node lives by an older policy."""
        assert self.now.current
        assert self.now.current.counter == self.now.counter or self.now.lapse


Life.TestCase.settings = settings(deadline=None, max_examples=60, stateful_step_count=30)
TestLife = Life.TestCase


def test_looked_without_the_rule_of_contact_keeps_what_cuts_off() -> None:
    """Negative control: with endless patience, a policy under which nobody is heard stays in force."""
    policy = Policy(audience="a", counter=1, not_after_ms=10**12, settings={})
    alone = standing.taken(Standing(), policy, "", 0)
    assert standing.looked(alone, 10**9, float("inf")).current
    assert standing.looked(alone, 10**9, CONTACT_S).current is None
    assert standing.looked(replace(alone, proven=True), 10**9, CONTACT_S).current


def test_looked_after_the_clock_went_back_waits_no_longer_than_patience() -> None:
    """A policy that was accepted while the clock was days ahead cuts a node off for no longer than any other."""
    policy = Policy(audience="a", counter=1, not_after_ms=10**12, settings={})
    ahead = standing.taken(Standing(), policy, "", 10**9)
    back = standing.looked(ahead, 0, CONTACT_S)
    assert back.current
    assert standing.looked(back, round(CONTACT_S * 1000) + 1, CONTACT_S).current is None
