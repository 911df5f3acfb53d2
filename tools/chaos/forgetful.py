"""A node with one fault: it forgets a record on the broker's PUBACK. Everything else of it is the real thing.

A control: `python -m tools.chaos.forgetful node.toml`. What it loses, its journal shows.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from node.transmit.broker import Who
from node.transmit.session import FAILURE, Session
from node.values import Receipt
from tools.chaos.subject import Subject, run

if TYPE_CHECKING:
    from node.config import Config
    from node.transmit.company import Courier
    from node.transmit.inbox import Inbox
    from node.transmit.outbox import Outbox


class Forgetful(Session):
    """A session that takes the broker's word for the gateway's."""

    def on_ack(self, mid: int, code: int, reason: str) -> None:
        """Take a PUBACK for a receipt."""
        acked = [flight.frame for flight in self._window._flights.values() if flight.mid == mid]  # noqa: SLF001 - a broken variant breaks in
        super().on_ack(mid, code, reason)
        for frame in acked if code < FAILURE else ():
            receipt = Receipt(boot_id=frame.boot_id, ranges=frame.ranges)
            self.counters["records_receipted"] += self._outbox.settle(receipt)
            self._settled += self._window.receipted(receipt)


class Careless(Subject):
    """A node with such a session."""

    def __init__(self, config: Config) -> None:
        """Put the node together with it."""
        super().__init__(config, carry=self._forgetful)

    def _forgetful(self, outbox: Outbox, inbox: Inbox) -> Courier:
        assert self.config.mqtt, "without it there is no session"
        who = Who(site=self.config.node.site, node=self.config.node.name, boot_id=self.boot_id)
        return Forgetful(self.config.mqtt, who, self.ports.clock, outbox, inbox)


if __name__ == "__main__":
    sys.exit(run(Careless))
