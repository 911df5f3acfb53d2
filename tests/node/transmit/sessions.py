"""A node's side of the link and the gateway's, for tests of the session."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from node.transmit.broker import Params, Who
from node.transmit.inbox import Inbox
from node.transmit.outbox import Outbox
from node.transmit.outbox import Params as OutboxParams
from node.transmit.session import Session
from tests.node.transmit.worlds import BOOT, MonotonicClock, TinyGateway, encode, record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.broker import Broker


class World:
    """A node's outbox, inbox and session, and the broker they speak to."""

    def __init__(self, folder: Path, broker: Broker, **options: object) -> None:
        self.broker = broker
        self.outbox = Outbox(folder / "outbox.db", OutboxParams(batch_records=10, strikes=2), BOOT, encode)
        self.inbox = Inbox(folder / "desired.cbor")
        settings = {"host": "127.0.0.1", "port": broker.port, "receipt_wait_s": 1.0, "ack_wait_s": 2.0, **options}
        settings.setdefault("retry_first_s", 1e-6)
        who = Who(site="orchard", node="pump", boot_id=BOOT)
        self.session = Session(Params(**settings), who, MonotonicClock(), self.outbox, self.inbox)  # type: ignore[arg-type]  # as options

    def fill(self, count: int) -> None:
        """Put records into the outbox."""
        for number in range(count):
            self.outbox.append(record(number), 0.0)
        self.outbox.commit()


@contextmanager
def gateway_beside(gateway: TinyGateway) -> Iterator[None]:
    """Let a gateway work while the node is busy."""
    done = threading.Event()

    def work() -> None:
        while not done.is_set():
            gateway.turn(0.02)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield
    finally:
        done.set()
        worker.join()
