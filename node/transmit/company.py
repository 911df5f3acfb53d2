"""The company an uplink keeps: who tells, who carries, who travels along, and the machine below it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from node.hal import Clock, Sleeper

if TYPE_CHECKING:
    from collections.abc import Callable  # noqa: TC004 - as below

    from node.errors import LinkError
    from node.transmit.inbox import Inbox  # noqa: TC004 - annotations only: importing it costs a cold wake 15 ms
    from node.transmit.outbox import Outbox  # noqa: TC004 - as above
    from node.transmit.renewal import Renewal  # noqa: TC004 - as above
    from node.transmit.session import Delivery
    from node.values import Traffic
    from node.wire.messages import Desired, Health, Reported  # noqa: TC004 - as above


class Teller(Protocol):
    """Who knows what to say of the node."""

    def health_message(self) -> Health:
        """How the node is, now."""
        ...

    def reported(self, desired_version: int) -> Reported:
        """What the node runs on."""
        ...

    def delivered(self, delivery: Delivery) -> None:
        """Note what a delivery did."""
        ...

    def unreachable(self, error: LinkError) -> None:
        """Note why the link could not be used."""
        ...

    def carried(self, traffic: Traffic) -> None:
        """Note what went over the air, since the start."""
        ...


class Courier(Protocol):
    """Who carries; `node.transmit.session` does, `node.transmit.dry` tells what it would."""

    @property
    def connected(self) -> bool:
        """Whether there is a connection."""
        ...

    @property
    def traffic(self) -> Traffic:
        """What went over the air since the start."""
        ...

    def connect(self, budget_s: float) -> None:
        """Connect, or raise LinkError."""
        ...

    def deliver(self, budget_s: float) -> Delivery:
        """Send what the outbox has and wait for the receipts."""
        ...

    def publish_state(self, kind: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish what is not a record."""
        ...

    def attend(self, duration_s: float) -> float:
        """Keep the connection alive through a nap."""
        ...

    def wake(self) -> None:
        """End `attend`."""
        ...

    def close(self, presence: bytes | None, budget_s: float = 2.0) -> None:
        """Say where the node goes, and disconnect."""
        ...


class Guest(Protocol):
    """Who uses the link for something else than records."""

    def errand(self, courier: Courier, inbox: Inbox) -> None:
        """Use it while it is open, once the records are delivered."""
        ...

    def afterwards(self) -> None:
        """Do what waited for the end of the transmission."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """The parts of this room that are built when something is to be sent, all at once."""

    outbox: Outbox
    inbox: Inbox
    session: Courier
    renewal: Renewal | None = None


class Tempo(Protocol):
    """How fast the node lives now; it may be another at the next look."""

    @property
    def steady_s(self) -> float:
        """From cycle to cycle while nothing happens."""
        ...

    @property
    def shortest_s(self) -> float:
        """From cycle to cycle, at the fastest; only in one of them can the link be used."""
        ...

    @property
    def interval_s(self) -> float:
        """From transmission to transmission, as it is wished."""
        ...


class Vigil(Protocol):
    """What keeps the node up, and its link open, beyond its rhythm."""

    def vigil_s(self) -> float:
        """Return the seconds for which it does so from now on; 0 for not at all."""
        ...

    @property
    def awake_until_ms(self) -> int:
        """Until when the gateway has asked for it, by the wall clock; 0 where it has not."""
        ...


class Sleepy:
    """Nothing does."""

    awake_until_ms = 0

    def vigil_s(self) -> float:
        """Return 0."""
        return 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What the uplink needs of the node around it.

    Attributes:
        clock: for deadlines and promises.
        sleeper: for naps without a link.
        boot_id: of this process start.
        tempo: how often it wakes, and how often it is wished to transmit.
        phase: this node's place within any rhythm, a share of it.
        resident: the process stays for more than one wake.
        next_ms: wall time of the slot that was promised before this start; None where none was.
        every_s: after how long it was promised; None where none was.
        heed: takes up what the gateway wishes, between wake and sense; asked at each wake, None where there is no news.
        heard: told of every word that the gateway sent.
        guest: who else uses the link; None where nobody does.
        vigil: what keeps the link open.
    """

    clock: Clock
    sleeper: Sleeper
    boot_id: bytes
    tempo: Tempo
    phase: float = 0.0
    resident: bool = False
    next_ms: int | None = None
    every_s: float | None = None
    heed: Callable[[Desired | None], None] = lambda _: None
    heard: Callable[[], None] = lambda: None
    guest: Callable[[], Guest | None] = lambda: None
    vigil: Vigil = field(default_factory=Sleepy)
