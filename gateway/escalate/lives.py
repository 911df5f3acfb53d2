"""Lives: whether a model whose process died is started again, and when. Pure.

The first death of a row is forgiven at once, so that the windows beside the one that did it are answered. What dies
again waits longer each time, and what never answers in between is given up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

PAUSES_S: Final = (0.0, 10.0, 60.0, 300.0)
"""After the first death of a row, the second and so on; one more, and it is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lives:
    """What is known of a model's deaths.

    Attributes:
        pauses_s: after the first death of a row, the second and so on.
        deaths: in a row, without an answer.
        until_s: when it may be started again.
    """

    pauses_s: tuple[float, ...] = PAUSES_S
    deaths: int = 0
    until_s: float = 0.0

    @property
    def are_over(self) -> bool:
        """Whether it is given up."""
        return self.deaths > len(self.pauses_s)

    def died(self, now_s: float) -> Lives:
        """Return it after a death."""
        pause_s = self.pauses_s[self.deaths] if self.deaths < len(self.pauses_s) else 0.0
        return replace(self, deaths=self.deaths + 1, until_s=now_s + pause_s)

    def answered(self) -> Lives:
        """Return it after an answer: what dies now begins another row."""
        return replace(self, deaths=0, until_s=0.0)
