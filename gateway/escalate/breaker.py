"""Breaker: whether somebody who failed lately is asked again. Pure.

Closed, everything is asked. After some failures in a row it opens, and nobody waits for a dead endpoint any more. After
a pause it is half open: one may try; what becomes of that closes it, or opens it for a pause twice as long.

Source: Nygard, Release It!, 2nd edition 2018, chapter 5.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

State = Literal["closed", "open", "half-open"]
LONGEST_PAUSES: Final = 16
"""The pause doubles up to so many times the first one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """What is known of somebody's failures.

    Attributes:
        most_failures: in a row that open it.
        pause_s: the first pause.
        failures: in a row so far.
        opened: how often it opened since it was last closed.
        until_s: the end of the pause; None while it is closed.
        trying: one is trying, half open.
    """

    most_failures: int = 5
    pause_s: float = 30.0
    failures: int = 0
    opened: int = 0
    until_s: float | None = None
    trying: bool = False

    def state(self, now_s: float) -> State:
        """Return its state, in a word."""
        if self.until_s is None:
            return "closed"
        return "half-open" if now_s >= self.until_s else "open"

    def asked(self, now_s: float) -> tuple[Breaker, bool]:
        """Return it after a question, and whether the question may be asked."""
        if self.until_s is None:
            return self, True
        if now_s < self.until_s or self.trying:
            return self, False
        return replace(self, trying=True), True

    def succeeded(self) -> Breaker:
        """Return it after an answer."""
        return replace(self, failures=0, opened=0, until_s=None, trying=False)

    def failed(self, now_s: float) -> Breaker:
        """Return it after a failure."""
        failures = self.failures + 1
        if not self.trying and failures < self.most_failures:
            return replace(self, failures=failures)
        pause_s = self.pause_s * min(2**self.opened, LONGEST_PAUSES)
        return replace(self, failures=failures, opened=self.opened + 1, until_s=now_s + pause_s, trying=False)
