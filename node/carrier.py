"""Who carries a node's answers to its broker, built when there is first something to carry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from node.transmit.company import Equipment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from node.config import Config
    from node.hal import Clock
    from node.transmit.broker import Who
    from node.transmit.company import Courier
    from node.transmit.inbox import Inbox
    from node.transmit.outbox import Outbox
    from node.transmit.renewal import Renewal
    from node.transmit.session import Session

    Carry = Callable[[Outbox, Inbox], Courier]


class Carrier:
    """The session with the broker, what comes in by it, and the certificate it shows.

    Attributes:
        session: with the broker; None before the first transmission, and where somebody else carries.
        inbox: where what the gateway says comes in; None before the first transmission.
        renewal: who keeps the certificate young; None before the first transmission, and where nobody does.
    """

    def __init__(
        self, config: Config, clock: Clock, boot_id: bytes, *, dry_run: bool = False, carry: Carry | None = None
    ) -> None:
        """Open nothing yet.

        Args:
            config: who the node is and who its broker is.
            clock: of the machine.
            boot_id: of this process start.
            dry_run: print instead of publishing.
            carry: makes who carries; None for the session with the broker that the configuration names.
        """
        self.session: Session | None = None
        self.inbox: Inbox | None = None
        self.renewal: Renewal | None = None
        self._node, self._mqtt = config.node, config.mqtt
        self._clock, self._boot_id, self._dry_run = clock, boot_id, dry_run
        self._carry = carry or self._configured()

    @property
    def carries(self) -> bool:
        """Whether anybody does; a node without `[mqtt]` keeps its answers."""
        return self._carry is not None

    def equip(self, outbox: Outbox, folder: Path) -> Equipment:
        """Open what a transmission needs.

        Args:
            outbox: where answers wait.
            folder: where what comes in is kept.
        """
        from node.transmit.inbox import Inbox

        assert self._carry, "a node without a broker has no use for it"
        self.inbox = inbox = Inbox(folder / "desired.cbor")
        session = self._carry(outbox, inbox)
        return Equipment(outbox=outbox, inbox=inbox, session=session, renewal=self._renewal())

    def _configured(self) -> Carry | None:
        if self._dry_run:
            return self._dry
        return self._session if self._mqtt else None

    def _session(self, outbox: Outbox, inbox: Inbox) -> Courier:
        from node.transmit.session import Session

        assert self._mqtt, "without it there is no session"
        self.session = Session(self._mqtt, self._who(), self._clock, outbox, inbox)
        return self.session

    def _renewal(self) -> Renewal | None:
        if self._dry_run or self._mqtt is None or not self._mqtt.renewal:
            return None
        from node.transmit.renewal import Renewal

        self.renewal = Renewal(self._mqtt, self._who(), self._clock)
        return self.renewal

    def _who(self) -> Who:
        from node.transmit.broker import Who

        return Who(site=self._node.site, node=self._node.name, boot_id=self._boot_id)

    def _dry(self, outbox: Outbox, _inbox: Inbox) -> Courier:
        from node.transmit.dry import DrySession

        return DrySession(f"torpor/1/{self._node.site}/{self._node.name}/", outbox, print)
