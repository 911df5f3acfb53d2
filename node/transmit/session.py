"""The session: carries frames to the broker, and what comes down to the inbox; all within an awake budget.

A frame is published at QoS 1 and stays in the outbox until the gateway's receipt comes: a PUBACK opens the window for
the next frame and means nothing else. Whatever the network does, no call takes longer than its budget: no network is
not a reason to empty the battery. (The system's resolver is the one wait that cannot be bounded from here; the dialer
remembers a good address, so that it is asked once.)
"""

from __future__ import annotations

import contextlib
import logging
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from node.errors import ConfigError, LinkError
from node.transmit import dialer, poison, tally, waker, window

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from node.hal import Clock
    from node.transmit import link as links
    from node.transmit.broker import Params, Who
    from node.values import Frame, Receipt, Traffic

log = logging.getLogger(__name__)

UNHEARD: Final = 0x10
"""PUBACK "no matching subscribers": the gateway is not there, and its session neither. Not a delivery."""
FAILURE: Final = 0x80
BAD_MESSAGE: Final = frozenset({0x90, 0x99})
"""PUBACK that blames the message: topic name invalid, payload format invalid."""
BLAMES: Final = frozenset({0x81, 0x82, 0x83, 0x90, 0x94, 0x95, 0x99})
"""DISCONNECT that blames what was sent: malformed, protocol error, topic or alias invalid, packet too large, ..."""

OVERTAKEN: Final = "no receipt though later messages had theirs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What one `deliver` did.

    Attributes:
        sent: frames, resends included.
        receipted: records.
        bytes_published: payload bytes of the frames.
        seconds: awake for it.
        reason: why it ended before everything was receipted; empty where everything was.
    """

    sent: int
    receipted: int
    bytes_published: int
    seconds: float
    reason: str

    def then(self, later: Delivery) -> Delivery:
        """Return both as one, with the reason why the later one ended."""
        return Delivery(
            sent=self.sent + later.sent,
            receipted=self.receipted + later.receipted,
            bytes_published=self.bytes_published + later.bytes_published,
            seconds=self.seconds + later.seconds,
            reason=later.reason,
        )


class Source(Protocol):
    """Where frames come from; `node.transmit.outbox` is one."""

    def frames(self, *, limit_count: int, most_bytes: int) -> list[Frame]:
        """Return what to send, in order."""
        ...

    def settle(self, receipt: Receipt) -> int:
        """Forget what the gateway has; returns how many records."""
        ...

    def refuse(self, frame: Frame, reason: str) -> None:
        """Set aside what cannot be sent at all."""
        ...

    def strike(self, frames: Collection[Frame], blame: poison.Blame) -> None:
        """Count a session that ended badly for these."""
        ...


class Sink(Protocol):
    """Where what comes down goes; `node.transmit.inbox` is one."""

    def receive(self, kind: str, payload: bytes) -> Sequence[Receipt]:
        """Take a message in; returns the receipts in it, for the outbox."""
        ...


class Session:
    """The node's side of the link. Connects when it has to, and again after every loss when it is told to.

    Attributes:
        counters: since this start: connections, frames_sent, bytes_published, records_receipted, unheard, refused,
            callback_errors.
        trouble: the broker's newest refusal, for health; empty while there is none.
    """

    def __init__(self, params: Params, who: Who, clock: Clock, outbox: Source, inbox: Sink) -> None:
        """Take the parts; nothing is dialled yet."""
        self.counters: Counter[str] = Counter()
        self.trouble = ""
        self._params = params
        self._who = who
        self._clock = clock
        self._outbox = outbox
        self._inbox = inbox
        self._link: links.Link | None = None
        self._window = window.Window(params.resend_s)
        self._states: set[int] = set()
        self._progress_s = 0.0
        self._settled = 0
        self._suspicion = poison.Suspicion()
        self._disturbed = False
        self._tally = tally.Tally()
        self._dialer = dialer.Dialer(params, who, clock, self._tally)
        self._waker = waker.Waker()

    @property
    def connected(self) -> bool:
        """Whether there is a connection that the broker accepted, as far as is known."""
        return self._link is not None

    @property
    def traffic(self) -> Traffic:
        """What the links carried since this start, those that failed included."""
        return self._tally.traffic(self.counters["connections"])

    # Coming.

    def connect(self, budget_s: float) -> None:
        """Connect, unless connected.

        Args:
            budget_s: longest time for it.

        Raises:
            LinkError: not within the budget, or refused, or too soon after the last failure.
            ConfigError: a certificate, key or password file cannot be used.
        """
        if self._link is not None:
            return
        self._link = self._dialer.dial(budget_s, self, self._waker)
        self.counters["connections"] += 1

    # Sending.

    def deliver(self, budget_s: float) -> Delivery:
        """Send what the outbox has, and wait for the receipts; connects first where it has to. Never raises.

        Args:
            budget_s: hard limit for all of it.
        """
        start_s = self._clock.monotonic_s()
        before = self.counters.copy()
        try:
            self.connect(budget_s)
            reason = self._drain(start_s + budget_s)
        except (LinkError, ConfigError) as error:
            reason = str(error)
            self._lose(reason)
        made = self.counters - before
        return Delivery(
            sent=made["frames_sent"],
            receipted=made["records_receipted"],
            bytes_published=made["bytes_published"],
            seconds=self._clock.monotonic_s() - start_s,
            reason=reason,
        )

    def _drain(self, deadline_s: float) -> str:
        """Go on until the outbox is empty, the budget is over or nobody answers; returns which, empty for empty."""
        frames = self._frames()
        self._progress_s = self._clock.monotonic_s()
        while frames:
            now_s = self._clock.monotonic_s()
            if now_s >= deadline_s:
                return "the awake budget is over"
            self._send(frames, now_s)
            patience_s = self._progress_s + self._patience_s() - now_s
            if patience_s <= 0.0:
                return self._silence()
            self._wait(min(deadline_s - now_s, patience_s))
            if not len(self._window) or 2 * self._settled >= len(frames):
                frames = self._frames()
        return ""

    def _frames(self) -> list[Frame]:
        link = self._linked()
        self._settled = 0
        most_bytes = link.packet_most - link.overhead_bytes("results")
        frames = self._outbox.frames(limit_count=min(self._params.window, link.receive_most), most_bytes=most_bytes)
        self._window.refill(frames)
        return frames

    def _send(self, frames: Sequence[Frame], now_s: float) -> None:
        link = self._linked()
        while self._window.unacked + len(self._states) < link.receive_most:
            frame = self._window.next(frames, now_s)
            if frame is None:
                return
            if frame in self._window.overtaken():
                self._outbox.strike([frame], poison.Blame(reason=OVERTAKEN, proven=True, suspect=False))
            self._window.sent(frame, link.publish(frame.kind, frame.payload), now_s)
            self._progress_s = now_s
            self.counters["frames_sent"] += 1
            self.counters["bytes_published"] += len(frame.payload)

    def _patience_s(self) -> float:
        waits_for_broker = self._window.unacked or self._linked().writing
        return self._params.ack_wait_s if waits_for_broker else self._params.receipt_wait_s

    def _silence(self) -> str:
        """Nobody answered: a gateway that is away is normal, a broker that does not acknowledge is a dead link."""
        if not self._window.unacked:
            return f"no receipt within {self._params.receipt_wait_s:g} s: is the gateway running?"
        if self._window.proven:
            self._suspicion.hear("no PUBACK")
        raise LinkError(f"no PUBACK for {self._window.unacked} messages within {self._params.ack_wait_s:g} s")

    def publish_state(self, kind: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish something that is not a record: presence, health, reported, a question.

        Args:
            kind: the last level of its topic.
            payload: encoded.
            retain: whether late subscribers shall see it.

        Raises:
            LinkError: not connected, or no longer.
        """
        self._states.add(self._linked().publish(kind, payload, retain=retain))

    # Napping and going.

    def attend(self, duration_s: float) -> float:
        """Keep an open connection alive while the node naps.

        Args:
            duration_s: longest time; returns early when a wish or a piece of a file came, at `wake`, and when the
                link is lost.

        Returns:
            Seconds spent; 0 where there is no connection.
        """
        start_s = self._clock.monotonic_s()
        with contextlib.suppress(LinkError):  # the next deliver connects again
            while self._link is not None and not self._disturbed:
                left_s = start_s + duration_s - self._clock.monotonic_s()
                if left_s <= 0.0:
                    break
                self._turn(min(left_s, self._params.keepalive_s / 2.0))
        self._disturbed = False  # only now: a wake that came just before this call counts for it
        return self._clock.monotonic_s() - start_s

    def wake(self) -> None:
        """End `attend`, from any thread or signal handler."""
        self._disturbed = True
        self._waker.wake()

    def close(self, presence: bytes | None, budget_s: float = 2.0) -> None:
        """Say where the node goes, and disconnect cleanly. Never raises; does nothing where there is no connection.

        Args:
            presence: encoded Presence, `sleeping` with its next wake or `disconnected`; None says nothing.
            budget_s: longest time to wait until the broker has it.
        """
        deadline_s = self._clock.monotonic_s() + budget_s
        with contextlib.suppress(LinkError):
            if presence is not None:
                self.publish_state("presence", presence, retain=True)
            while self._states and self._clock.monotonic_s() < deadline_s:
                self._wait(deadline_s - self._clock.monotonic_s())
            self._linked().disconnect()
            while self._clock.monotonic_s() < deadline_s:  # until the socket is closed, which `turn` tells
                self._linked().turn(deadline_s - self._clock.monotonic_s(), self._waker)
        self._let_go("closed")

    def _wait(self, timeout_s: float) -> None:
        """Wait for the network, awake for nothing else."""
        start_s = self._clock.monotonic_s()
        try:
            self._turn(timeout_s)
        finally:
            self._tally.waited_s += self._clock.monotonic_s() - start_s

    def _turn(self, timeout_s: float) -> None:
        """Let the link do what the network asks for; a lost one is let go of."""
        try:
            self._linked().turn(timeout_s, self._waker)
        except LinkError as error:
            self._lose(str(error))
            raise
        self._waker.rest()

    def _lose(self, reason: str) -> None:
        """Let go of a link that broke; without one there is nothing to lose."""
        if self._link is not None:
            self._dialer.failed(reason)
            exposed, proven = self._window.exposed(), self._window.proven
            blame = self._suspicion.judge(exposed=len(exposed), proven=proven, reason=reason)
            if blame:
                self._outbox.strike(exposed, blame)
            self._let_go(reason)

    def _let_go(self, reason: str) -> None:
        if self._link is None:
            return
        overtaken = self._window.overtaken()
        if overtaken:
            self._outbox.strike(overtaken, poison.Blame(reason=OVERTAKEN, proven=True, suspect=False))
        self._link.drop()
        self._link = None
        self._window = window.Window(self._params.resend_s)
        self._states.clear()
        log.info("transmit: link ended: %s", reason)

    def _linked(self) -> links.Link:
        if self._link is None:
            raise LinkError("not connected")
        return self._link

    # Called by the link, inside its `turn`. A fault of ours is counted: paho would end the connection for it.

    def on_ack(self, mid: int, code: int, reason: str) -> None:
        """Take a PUBACK."""
        self._progress_s = self._clock.monotonic_s()
        self._states.discard(mid)
        frame = self._window.acked(mid, taken=code < UNHEARD)
        if code == UNHEARD and frame is not None:
            self.counters["unheard"] += 1
        elif code >= FAILURE:
            self.counters["refused"] += 1
            self.trouble = f"the broker refused a message: {reason}"
            if frame is not None and code in BAD_MESSAGE:
                self._guarded(lambda: self._outbox.refuse(frame, reason))

    def on_message(self, kind: str, payload: bytes) -> None:
        """Take a message that came down."""
        self._guarded(lambda: self._take(kind, payload))

    def on_hang_up(self, code: int, reason: str) -> None:
        """Take the broker's own DISCONNECT."""
        if code in BLAMES:
            self._suspicion.hear(f"the broker hung up: {reason}")

    def _take(self, kind: str, payload: bytes) -> None:
        receipts = self._inbox.receive(kind, payload)
        for receipt in receipts:
            self.counters["records_receipted"] += self._outbox.settle(receipt)
            self._settled += self._window.receipted(receipt)
            self._progress_s = self._clock.monotonic_s()
        self._disturbed = self._disturbed or kind != "receipt"

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # the boundary: a fault of ours, inside a callback of paho's, must not end the link
            self.counters["callback_errors"] += 1
            self.trouble = f"{type(error).__name__}: {error}"
            log.debug("transmit: in a callback", exc_info=True)
