"""The uplink: when the link is used, and what is said besides records: presence, health, what the node runs on.

It puts the room's parts to use in one order: connect, say that we are here, deliver, say how we are, and either stay or
say when we will be back. Nothing of it is built, and paho is not imported, before something is to be sent.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from node.errors import LinkError
from node.transmit.schedule import every_s, first, is_due, loud_slot_s, next_slot_s
from node.values import TimeQuality

if TYPE_CHECKING:
    from collections.abc import Callable

    from node.transmit.company import Courier, Equipment, Machine, Teller
    from node.transmit.schedule import First, Params
    from node.transmit.session import Delivery
    from node.values import Nap
    from node.wire.messages import Message, Reported

GLANCE_S: Final = 0.1
"""Long enough to send what waits, and to see the receipts of a gateway on the same network."""
HOUR_MS: Final = 3_600_000
JITTER_S: Final = 0.001
"""A cycle that is held at a slot may begin so much before it."""


class Uplink:
    """Uses the link when it is due, and not longer than the awake budget allows."""

    def __init__(self, params: Params, machine: Machine, teller: Teller, equip: Callable[[], Equipment] | None) -> None:
        """Plan the first transmission.

        Args:
            params: the rhythm.
            machine: clock, sleeper and memory.
            teller: knows what to say.
            equip: builds outbox, inbox and session; None for a node that has no broker: it is never due.
        """
        self._params = params
        self._machine = machine
        self._clock = machine.clock
        self._teller = teller
        self._equip = equip
        self._equipment: Equipment | None = None
        self._health_at_s: float | None = None
        self._told: Reported | None = None
        self._version = self._words = 0
        self.every_s = self._every_s() if machine.every_s is None else machine.every_s
        self._promised = (0, self.every_s)
        begun = self._begin()
        self._slot_s = self._loud_s(self._clock.monotonic_s() + begun.slot_s)
        self._greets = self._hurried = begun.greets
        self._unheard = ""

    def due(self) -> bool:
        """Whether it is time to transmit."""
        if self._equip is None:
            return False
        return self._hurried or is_due(now_s=self._clock.monotonic_s(), slot_s=self._slot_s, slack_s=self._slack_s())

    @property
    def promised_s(self) -> float | None:
        """When the next transmission is due, monotonic; None where it is now, or never."""
        return None if self._equip is None or self._hurried else self._slot_s

    @property
    def next_ms(self) -> int | None:
        """Wall time of the next slot, for the next start; None where that one should speak at once, as this one."""
        if self._greets:
            return None
        return self._clock.wall_ms() + round((self._slot_s - self._clock.monotonic_s()) * 1000.0)

    def hurry(self) -> None:
        """Be due at once: something was recorded that cannot wait."""
        self._hurried = True

    def follow(self, params: Params) -> None:
        """Transmit as configured anew; the slot that was promised stands."""
        self._params = params

    def obey(self) -> None:
        """Note what the gateway wished for; it is answered at the next transmission."""
        desired = self._equipment.inbox.pending() if self._equipment else None
        self._machine.heed(desired)
        if desired is not None and self._equipment is not None:
            # Receipts in it were settled when it came; models are the guest's.
            self._equipment.inbox.applied(desired.version)
            self._version = desired.version

    def transmit(self) -> None:
        """Deliver what waits, within the awake budget, and stay or say when we will be back."""
        try:
            self._exchange()
        finally:
            if self._equipment is not None and not self._stays:  # also where telling failed: an open link keeps awake
                self._equipment.session.close(self._promise())
            self._account()
        guest = self._machine.guest()
        if guest is not None:
            guest.afterwards()

    @property
    def _stays(self) -> bool:
        """Whether the link is kept through the coming nap."""
        return self._params.stays_connected or self._machine.vigil.vigil_s() > 0.0

    @property
    def called(self) -> bool:
        """Whether it should `answer` before the next cycle: a wish came, or a vigil has begun or ended."""
        if self._equipment is None:
            return False
        if self._equipment.inbox.pending() is not None:
            return True
        is_open, is_vigil = self._equipment.session.connected, self._machine.vigil.vigil_s() > 0.0
        return not is_open if is_vigil else is_open and not self._params.stays_connected

    def answer(self) -> None:
        """Obey what came between two cycles; and say so, where the link is open or has to be."""
        self.obey()
        if self._equipment is not None and (self._equipment.session.connected or self._machine.vigil.vigil_s()):
            self.transmit()

    def nap(self, nap: Nap) -> float:
        """Sleep, serving the link where it is kept; returns the seconds slept."""
        if self._equipment is not None and self._equipment.session.connected:
            slept_s = self._equipment.session.attend(nap.duration_s)
            self._account()
            return slept_s
        return self._machine.sleeper.sleep(nap.duration_s)

    def wake(self) -> None:
        """End the current nap, from a signal handler."""
        self._machine.sleeper.wake()
        if self._equipment is not None:
            self._equipment.session.wake()

    def close(self, *, for_good: bool) -> None:
        """Let go of the link; for good, deliver what is left and say goodbye before.

        Args:
            for_good: the node stops; else it only sleeps until it is started again.
        """
        try:
            if for_good and self._equip is not None:
                self._health_at_s, self._unheard = None, ""
                self._exchange().close(self._presence("disconnected"))
            elif self._equipment is not None and self._equipment.session.connected:
                self._equipment.session.close(self._promise())  # else the broker would call a sleeper lost
        finally:
            self._account()

    def _account(self) -> None:
        """Have what went over the air booked within the stage that waited for it, however that ended."""
        if self._equipment is not None:
            self._teller.carried(self._equipment.session.traffic)

    def _exchange(self) -> Courier:
        """Connect, deliver, tell; a link that is away is a reason, not an error."""
        began_s = self._clock.monotonic_s()
        self.every_s = self._every_s()  # from here on: what was promised before is kept by now
        slot_s = next_slot_s(now_s=began_s, slot_s=self._slot_s, every_s=self.every_s, slack_s=self._slack_s())
        self._slot_s = self._loud_s(slot_s)
        self._greets = self._hurried = False
        session = self._opened().session
        try:
            self._arrive(session)
            spent_s = self._clock.monotonic_s() - began_s
            delivery = self._delivered(session, max(self._params.awake_s - spent_s, 0.0))
            self._listen()
            if self._hurried and session.connected:  # the gateway has just asked for what waits now
                spent_s, self._hurried = self._clock.monotonic_s() - began_s, False
                delivery = delivery.then(self._delivered(session, max(self._params.awake_s - spent_s, 0.0)))
            self._teller.delivered(delivery)
            guest = self._machine.guest()
            if guest is not None and session.connected:
                guest.errand(session, self._opened().inbox)
            if session.connected or not delivery.reason:
                self._say_how(session)
                self._renew(began_s + self._params.awake_s)
        except LinkError as error:
            self._teller.unreachable(error)
        return session

    def _listen(self) -> None:
        """Take the gateway's words to heart, while there is a link to answer by; it may be asked to stay open."""
        words = self._equipment.inbox.counters["words"] if self._equipment else 0
        if words > self._words:
            self._machine.heard()
        self._words = words
        self.obey()

    def _renew(self, deadline_s: float) -> None:
        """Keep the certificate young, in what is left of the awake budget."""
        renewal = self._opened().renewal
        if renewal is not None and renewal.due():
            renewal.renew(deadline_s - self._clock.monotonic_s())

    def _delivered(self, session: Courier, budget_s: float) -> Delivery:
        """Deliver; where the last one waited in vain and the link stays, the receipts may come during the nap.

        Else a gateway that is away would cost every interval a wait, and with it the samples due meanwhile.
        """
        delivery = session.deliver(min(budget_s, GLANCE_S) if self._unheard else budget_s)
        mute = bool(delivery.reason) and session.connected and not delivery.receipted
        if mute and self._unheard:
            delivery = replace(delivery, reason=self._unheard)
        self._unheard = delivery.reason if mute and self._params.stays_connected else ""
        return delivery

    def _opened(self) -> Equipment:
        if self._equipment is None:
            assert self._equip is not None, "never due without a broker"
            self._equipment = self._equip()
        return self._equipment

    def _arrive(self, session: Courier) -> None:
        """Connect, and say that we are here; a connection that was kept needs neither."""
        if session.connected:
            return
        session.connect(self._params.awake_s)
        self._say_where(session)

    def _say_where(self, session: Courier) -> None:
        self._promised = awake_until_ms, _ = self._promises()
        session.publish_state("presence", self._presence("ready", awake_until_ms=awake_until_ms), retain=True)

    def _say_how(self, session: Courier) -> None:
        """Publish health when it is due, and what we run on when it changed."""
        now_s = self._clock.monotonic_s()
        if self._health_at_s is None or now_s >= self._health_at_s:
            self._health_at_s = now_s + self._params.health_s
            session.publish_state("health", _encoded(self._teller.health_message()))
        if self._stays and self._promises() != self._promised:
            self._say_where(session)
        reported = self._teller.reported(self._version)
        if reported != self._told:
            session.publish_state("reported", _encoded(reported), retain=True)
            self._told = reported

    def _promises(self) -> tuple[int, float]:
        """Return until when a lease keeps the node up, and how often it is heard: by both it is judged."""
        return self._machine.vigil.awake_until_ms, self.every_s

    def _promise(self) -> bytes:
        """Say that we sleep, and until when."""
        return self._presence("sleeping", next_wake_ms=self.next_ms)

    def _presence(self, state: str, next_wake_ms: int | None = None, awake_until_ms: int = 0) -> bytes:
        from node.wire.messages import Presence, State

        return _encoded(
            Presence(
                state=State(state),
                boot_id=self._machine.boot_id,
                time_ms=self._clock.wall_ms(),
                next_wake_ms=next_wake_ms,
                interval_s=self.every_s,
                grace_s=self._params.grace_s,
                awake_until_ms=awake_until_ms,
            )
        )

    def _every_s(self) -> float:
        tempo = self._machine.tempo
        return every_s(interval_s=tempo.interval_s, period_s=tempo.steady_s)

    def _loud_s(self, slot_s: float) -> float:
        """Put a slot off until the quiet hours are over; a clock that was never set knows no hours."""
        if not self._params.quiet_h or self._clock.quality() is TimeQuality.UNSET:
            return slot_s
        at_ms = self._clock.wall_ms() + (slot_s - self._clock.monotonic_s()) * 1000.0
        return loud_slot_s(slot_s, every_s=self.every_s, hour=at_ms / HOUR_MS % 24.0, params=self._params)

    def _slack_s(self) -> float:
        """How early a cycle may serve a slot: who stays up is woken for it, and "nearly" would be a whole fleet's."""
        return JITTER_S if self._machine.resident else self._machine.tempo.shortest_s / 2.0

    def _begin(self) -> First:
        machine = self._machine
        return first(
            left_s=None if machine.next_ms is None else (machine.next_ms - self._clock.wall_ms()) / 1000.0,
            resident=machine.resident,
            every_s=self.every_s,
            period_s=machine.tempo.steady_s,
            phase_s=machine.phase * self._every_s(),
        )


def _encoded(message: Message) -> bytes:
    from node.wire import codec

    return codec.encode(message)
