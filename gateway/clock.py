"""The gateway's wall clock. The node's `Clock` port is not visible from here: the gateway sees `node.wire` only.

Everything that decides takes `now_ms` as an argument; only `app.py` reads this clock.
"""

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Milliseconds since 1970."""


def wall_ms() -> int:
    """Return the milliseconds since 1970."""
    return time.time_ns() // 1_000_000  # noqa: TID251 - the gateway's one real clock
