"""Escalation: hands windows that the node is unsure of to the outbox, and hears what a larger model made of them.

What may be asked is decided by `node.infer.cascade`; here its budget is kept, over halts as well. Time that the node
was off counts where both clocks can be believed, that of the halt and that of the start; else only time awake does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from node.infer.cascade import Params, recalled
from node.values import Block, TimeQuality, Window

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterable, Mapping

    import numpy as np
    import numpy.typing as npt

    from node.hal import Clock
    from node.sleep.ledger import Ledger
    from node.values import Inference, Record
    from node.wire.messages import Answer


class Escalation:
    """Keeps the budget of one node's cascade.

    Attributes:
        newest: what was last answered, in words; empty before the first.
    """

    def __init__(
        self,
        params: Params | None,
        clock: Clock,
        ledger: Ledger,
        counters: Counter[str],
        memory: Mapping[str, float],
        size_bytes: Callable[[Window], int],
    ) -> None:
        """Go on where the last start ended.

        Args:
            params: as configured; None for a node without a cascade.
            clock: the node's.
            ledger: knows what a byte on the air takes.
            counters: of its health.
            memory: what `memory` returned; empty for a first start.
            size_bytes: how long a window's message will be; ValueError where no message can hold it.
        """
        self.newest = ""
        self._params = params
        self._clock = clock
        self._ledger = ledger
        self._counters = counters
        self._budget = recalled(params or Params(), memory)
        self._size_bytes = size_bytes
        self._left_ms = memory.get("at_ms")
        self._seen_s = clock.monotonic_s()

    def follow(self, params: Params | None) -> None:
        """Ask as configured anew; what is left of the day's budget stays, inside the new one."""
        self._refill()
        kept = self._budget.memory()
        if params != self._params:
            kept.pop("bar")  # it was found for another threshold, or another share
        self._params = params
        self._budget = recalled(params or Params(), kept)

    def of(self, record: Record, seq: int, inference: Inference, shown: npt.NDArray[np.float32]) -> Window | None:
        """Return what to ask about, counted and paid for; None for a window that the node is sure of, or cannot pay.

        Args:
            record: the node's own answer, as it was kept.
            seq: that record's.
            inference: what the model said.
            shown: the window that it said it of, real units.

        Raises:
            ValueError: the window is too large for a message.
        """
        params = self._params
        if params is None or inference.confidence is None:
            return None
        self._refill()
        bar, self._budget = self._budget.bar, self._budget.judged(params, inference.confidence)
        self._counters["unsure"] += inference.confidence < params.threshold
        if inference.confidence >= bar:
            return None
        return self._paid(_window(record, seq, shown, params.priority))

    def _paid(self, window: Window) -> Window | None:
        if self._budget.lacking(0, 0.0):  # asked first: to measure a window is to compress it
            return None
        size_bytes = self._size_bytes(window)
        energy_mj = size_bytes * self._byte_mj()
        if self._budget.lacking(size_bytes, energy_mj):
            return None
        self._budget = self._budget.spent(size_bytes, energy_mj)
        self._counters["escalated"] += 1
        self._counters["escalated_bytes"] += size_bytes
        self._counters["escalated_uj"] += round(energy_mj * 1000.0)
        return window

    def _byte_mj(self) -> float:
        """Return what a byte sent took so far, all that transmitting takes shared out; 0 before the first one."""
        sent_bytes = self._counters["air_bytes_sent"]
        account = self._ledger.accounts["transmit"]
        return (account.measured_mj + account.modelled_mj) / sent_bytes if sent_bytes else 0.0

    def hear(self, answers: Iterable[Answer]) -> None:
        """Take in what a larger model said, or that none did."""
        for each in answers:
            self._counters["answers" if each.by else "unanswered"] += 1
            said = f"{each.label!r} ({each.confidence:.2f}) by {each.by}" if each.by else f"nobody: {each.note}"
            self.newest = f"{each.boot_id.hex()} {each.seq}: {said}"

    def memory(self) -> dict[str, float]:
        """Return what the next start must know."""
        if self._params is None:
            return {}
        self._refill()
        kept = self._budget.memory()
        return kept if self._clock.quality() is TimeQuality.UNSET else kept | {"at_ms": self._clock.wall_ms()}

    def _refill(self) -> None:
        """Add what time has brought."""
        now_s = self._clock.monotonic_s()
        elapsed_s, self._seen_s = now_s - self._seen_s, now_s
        if self._left_ms is not None and self._clock.quality() is not TimeQuality.UNSET:
            elapsed_s = max((self._clock.wall_ms() - self._left_ms) / 1000.0, elapsed_s)
            self._left_ms = None  # from here on the monotonic clock knows better
        if self._params is not None:
            self._budget = self._budget.refilled(self._params, elapsed_s)


def _window(record: Record, seq: int, shown: npt.NDArray[np.float32], priority: int) -> Window:
    return Window(
        stream=record.stream,
        time_ms=record.time_ms,
        time_quality=record.time_quality,
        block=Block(data=narrowest(shown)),
        priority=priority,
        about=seq,
    )


def narrowest(shown: npt.NDArray[np.float32]) -> npt.NDArray[np.float32] | npt.NDArray[np.uint8]:
    """Return a window in bytes where that loses nothing, as in a picture's; else as it is.

    Args:
        shown: float32, of any shape.
    """
    import numpy as np

    packed = np.clip(shown, 0.0, 255.0).astype(np.uint8)
    return packed if np.array_equal(packed, shown) else shown
