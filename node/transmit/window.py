"""The window: which frames are on their way (pure).

A frame is sent, PUBACKed by the broker, and some time later receipted by the gateway; only the last counts. What stays
unreceipted is sent again after a while that doubles, so that a gateway which is away for a day does not come back to
a queue full of copies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from node.transmit.ranges import common
from node.values import Frame

if TYPE_CHECKING:
    from collections.abc import Iterable

    from node.transmit.ranges import Ranges
    from node.values import Receipt

RESEND_MOST_S: Final = 3600.0


@dataclass(slots=True, kw_only=True)
class Flight:
    """One frame on its way.

    Attributes:
        frame: it.
        order: how many were sent on this connection before it, at its last sending.
        mid: MQTT's packet id; None once the PUBACK has come.
        missed: whether that said that the broker has nobody to give it to, or would not take it.
        again_at_s: when to send it again.
        wait_s: from the last sending to that.
    """

    frame: Frame
    order: int
    mid: int | None
    again_at_s: float
    wait_s: float
    missed: bool = False


class Window:
    """The frames of one connection that are not receipted."""

    def __init__(self, resend_s: float) -> None:
        """Start with none.

        Args:
            resend_s: from the first sending to the second.
        """
        self._resend_s = resend_s
        self._flights: dict[tuple[bytes, Ranges], Flight] = {}
        self._done: set[tuple[bytes, Ranges]] = set()
        self._sent = 0
        self._newest_receipted = -1

    def __len__(self) -> int:
        return len(self._flights)

    @property
    def unacked(self) -> int:
        """How many wait for their PUBACK: these count against the broker's receive maximum."""
        return sum(flight.mid is not None for flight in self._flights.values())

    def next(self, frames: Iterable[Frame], now_s: float) -> Frame | None:
        """Return the first frame that was not sent yet, or is due again; never one that was receipted meanwhile."""
        for frame in frames:
            if _key(frame) in self._done:
                continue
            flight = self._flights.get(_key(frame))
            if flight is None or (flight.mid is None and self._is_due(flight, now_s)):
                return frame
        return None

    def _is_due(self, flight: Flight, now_s: float) -> bool:
        """Whether it is time again; for one that was missed, once a later receipt shows that the gateway has come."""
        return now_s >= flight.again_at_s or (flight.missed and self._newest_receipted > flight.order)

    def sent(self, frame: Frame, mid: int, now_s: float) -> None:
        """Note a frame's sending."""
        before = self._flights.get(_key(frame))
        wait_s = min(before.wait_s * 2.0, RESEND_MOST_S) if before else self._resend_s
        self._flights[_key(frame)] = Flight(
            frame=frame, order=self._sent, mid=mid, again_at_s=now_s + wait_s, wait_s=wait_s
        )
        self._sent += 1

    def acked(self, mid: int, *, taken: bool = True) -> Frame | None:
        """Note a PUBACK; returns the frame, None where it is not one of these.

        Args:
            mid: the packet id in it.
            taken: whether the broker has the frame now, for somebody.
        """
        for flight in self._flights.values():
            if flight.mid == mid:
                flight.mid, flight.missed = None, not taken
                return flight.frame
        return None

    def receipted(self, receipt: Receipt) -> int:
        """Note a receipt: a frame that it touches is on its way no more, be it whole or only in part.

        Returns:
            How many frames it touched.
        """
        before = len(self._flights)
        for key, flight in list(self._flights.items()):
            if flight.frame.boot_id == receipt.boot_id and common(flight.frame.ranges, receipt.ranges):
                self._newest_receipted = max(self._newest_receipted, flight.order)
                del self._flights[key]
                self._done.add(key)
        return before - len(self._flights)

    def refill(self, frames: Iterable[Frame]) -> None:
        """Note what the outbox offers now; it still offers what was receipted only while its disk refuses."""
        self._done &= {_key(frame) for frame in frames}

    @property
    def proven(self) -> bool:
        """Whether anything was receipted on this connection: then what fails on it is to blame itself."""
        return self._newest_receipted >= 0

    def overtaken(self) -> list[Frame]:
        """Return the frames that went without a receipt though one sent after them had its own.

        Those that the broker did not take are none of them: after its restart a node is often back before the gateway.
        """
        passed = [flight for flight in self._flights.values() if flight.order < self._newest_receipted]
        return [flight.frame for flight in passed if not flight.missed]

    def exposed(self) -> list[Frame]:
        """Return the frames that the broker has not answered for: one of them may be why it hung up."""
        return [flight.frame for flight in self._flights.values() if flight.mid is not None]


def _key(frame: Frame) -> tuple[bytes, Ranges]:
    return frame.boot_id, frame.ranges
