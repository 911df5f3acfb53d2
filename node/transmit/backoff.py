"""Backoff: when to try the link again (pure).

Full jitter: a uniform draw between nothing and a ceiling that doubles. A thousand nodes that lost the same broker in
the same second then do not come back in the same second; of the schemes in Source it needs the fewest attempts.

Source: Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from node.lazy import lazy

if TYPE_CHECKING:
    import random

    import tenacity
else:
    tenacity = lazy("tenacity")  # 18 ms: only once a connection has failed


class Backoff:
    """Draws the time of the next attempt.

    tenacity's own `wait_random_exponential` draws from the process's shared generator, so it cannot be replayed; its
    ceiling is `wait_exponential`, and the draw is made here, from the generator that was handed in.
    """

    def __init__(self, first_s: float, most_s: float, rng: random.Random) -> None:
        """Set the ceilings.

        Args:
            first_s: of the wait after the first failure, above 0.
            most_s: of any wait.
            rng: where the draws come from; seeded differently in every node.
        """
        self._first_s = first_s
        self._most_s = most_s
        self._rng = rng

    def ceiling_s(self, failures: int) -> float:
        """Return the longest wait after so many failures in a row; 0 after none."""
        if failures <= 0:
            return 0.0
        strategy = tenacity.wait_exponential(multiplier=self._first_s, max=self._most_s)
        state = tenacity.RetryCallState(tenacity.Retrying(), None, (), {})
        state.attempt_number = failures
        return float(strategy(state))

    def next_attempt(self, now_s: float, failures: int) -> float:
        """Return when to try again.

        Args:
            now_s: monotonic.
            failures: in a row; 0 means at once.

        Returns:
            Monotonic seconds, at least `now_s`.
        """
        return now_s + self._rng.uniform(0.0, self.ceiling_s(failures))
