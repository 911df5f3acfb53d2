"""A node with one fault: it forgets a record on the broker's PUBACK. Everything else of it is the real thing.

The negative control of the system test: `python tests/system/forgetful.py node.toml`. What it loses, the test can see.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from node.app import App
from node.config import load_strictly
from node.transmit.broker import Who
from node.transmit.session import FAILURE, Session
from node.values import Receipt

if TYPE_CHECKING:
    from node.transmit.inbox import Inbox
    from node.transmit.outbox import Outbox
    from node.transmit.uplink import Courier


class Forgetful(Session):
    """A session that takes the broker's word for the gateway's."""

    def on_ack(self, mid: int, code: int, reason: str) -> None:
        """Take a PUBACK for a receipt."""
        acked = [flight.frame for flight in self._window._flights.values() if flight.mid == mid]
        super().on_ack(mid, code, reason)
        for frame in acked if code < FAILURE else ():
            receipt = Receipt(boot_id=frame.boot_id, ranges=frame.ranges)
            self.counters["records_receipted"] += self._outbox.settle(receipt)
            self._settled += self._window.receipted(receipt)


def main() -> int:
    """Run the node."""
    config = load_strictly(Path(sys.argv[1]))
    params = config.mqtt
    assert params is not None

    def carry(outbox: Outbox, inbox: Inbox) -> Courier:
        who = Who(site=config.node.site, node=config.node.name, boot_id=app.boot_id)
        return Forgetful(params, who, app.ports.clock, outbox, inbox)

    app = App(config, carry=carry)
    return app.run()


if __name__ == "__main__":
    sys.exit(main())
