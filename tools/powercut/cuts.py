"""Where a trial is cut: drawn from a seed, so that a cut that found something can be made again."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

from tools.powercut.log import Cut, Keep, Mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tools.powercut.log import Event

KEEPS: Final = (Keep.NONE, Keep.SOME, Keep.SOME, Keep.ALL)


def drawn(events: Sequence[Event], count: int, seed: int) -> list[Cut]:
    """Draw cuts: every other one right after a promise, where most can be lost, the rest anywhere.

    Args:
        events: a whole log.
        count: how many cuts.
        seed: of all of them.
    """
    rng = Random(seed)
    marks = [place + 1 for place, event in enumerate(events) if isinstance(event, Mark)]
    anywhere = range(1, len(events) + 1)
    return [
        Cut(rng.choice(marks if marks and number % 2 else anywhere), rng.choice(KEEPS), rng.getrandbits(32))
        for number in range(count)
    ]
