"""An hour without a gateway, in seconds: its messages wait at the broker, which may die at the end of it.

A hundred nodes with a message every ten seconds make 36,000 in an hour. Here some dozens send as many as fast as they
can, one record a message. They are the node's own outbox and session, one after the other in this process; broker and
gateway are processes. The gateway was there before, so that the broker knows for whom to keep what comes.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from boards import open_ports
from node.compress import TABLE, auto
from node.compress.framer import Framer
from node.options import Spec
from node.transmit.broker import Params, Who
from node.transmit.inbox import Inbox
from node.transmit.outbox import Outbox
from node.transmit.outbox import Params as OutboxParams
from node.transmit.session import Session
from node.values import BOOT_ID_BYTES, Record, TimeQuality
from tools.chaos import journal
from tools.chaos.configs import SITE
from tools.chaos.faults import GATEWAY
from tools.chaos.forgetful import Forgetful
from tools.chaos.site import Habits, Site, SiteError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from node.transmit.session import Delivery

MESSAGES: Final = 36_000
"""An hour of a hundred nodes with a message every ten seconds."""
EACH: Final = 1000
"""Messages of one node: as many as its window may hold."""
BUDGET_S: Final = 120.0
PAUSE_S: Final = 0.05
START_MS: Final = 1_767_225_600_000
DEFAULT_BROKER: Final = "listener {port} 127.0.0.1\nallow_anonymous true\n"
"""mosquitto with its own defaults, but for the way in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What is tried.

    Attributes:
        name: for people.
        session: what carries: the node's own, or one that believes PUBACKs.
        broker: its configuration; empty for that of `torpor-gateway init`.
        broker_dies: whether it is killed before the gateway is back.
    """

    name: str
    session: type[Session]
    broker: str = ""
    broker_dies: bool = False


RECEIPTS: Final = Trial(name="receipts, broker killed", session=Session, broker_dies=True)
LIMITS: Final = Trial(name="PUBACKs, broker set up by init", session=Forgetful)
DEFAULTS: Final = Trial(name="PUBACKs, broker's defaults", session=Forgetful, broker=DEFAULT_BROKER)
TRIALS: Final = (RECEIPTS, LIMITS, DEFAULTS)
"""What must lose nothing whatever dies; what the broker's limits alone are worth while it lives; the control."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of the messages.

    Attributes:
        trial: its name.
        messages: that the broker acknowledged while the gateway was away.
        lost: of those, not in the store at the end.
        duplicates: rows of the store beyond the first of each.
        altered: stored with another time or other values.
        resent: that the gateway received once more and dropped.
        send_s: to send them.
        catch_up_s: from the return of the gateway until no outbox and no queue holds one.
    """

    trial: str
    messages: int
    lost: int
    duplicates: int
    altered: int
    resent: int
    send_s: float
    catch_up_s: float


class Sender:
    """A node's outbox and session, whose records go out one by one."""

    def __init__(self, name: str, folder: Path, port: int, session: type[Session], resend_s: float) -> None:
        """Open the outbox; nothing is dialled yet.

        Args:
            name: of the node.
            folder: for its files.
            port: the broker's.
            session: what carries.
            resend_s: to the second sending of what nobody receipts.
        """
        self.name = name
        boot_id = os.urandom(BOOT_ID_BYTES)
        framer = Framer(Spec("auto", TABLE["auto"], auto.Params()))
        self.outbox = Outbox(folder / "outbox.db", OutboxParams(batch_records=1), boot_id, framer.frame)
        params = Params(
            host="127.0.0.1", port=port, window=EACH, receipt_wait_s=0.05, retry_first_s=0.05, resend_s=resend_s
        )
        who = Who(site=SITE, node=name, boot_id=boot_id)
        clock = open_ports("generic").clock
        self.session = session(params, who, clock, self.outbox, Inbox(folder / "desired.cbor"))
        self._boot = boot_id.hex()
        self._handed: dict[journal.Identity, journal.Content] = {}

    def fill(self, count: int) -> None:
        """Put records into the outbox."""
        for at in range(count):
            values = {"temperature": 20.0 + at / 8}
            record = Record(
                stream="outage", time_ms=START_MS + at * 10_000, time_quality=TimeQuality.SYNCED, values=values
            )
            seq = self.outbox.append(record, 0.0)
            self._handed[self._boot, seq] = (record.time_ms, tuple(values.values()))
        self.outbox.commit()

    @property
    def truth(self) -> journal.Truth:
        """What was ever put in; all of it is committed."""
        return journal.Truth(self._handed, frozenset(self._handed))

    def deliver(self) -> Delivery:
        """Send what waits, and stay connected."""
        return self.session.deliver(BUDGET_S)

    def drain(self, site: Site) -> None:
        """Deliver until the outbox is empty.

        Raises:
            SiteError: it is not after BUDGET_S, or the gateway ended.
        """
        until_s = time.monotonic() + BUDGET_S
        while self.outbox.waiting:
            site.check()
            delivery = self.deliver()
            if time.monotonic() > until_s:
                raise SiteError(f"{self.name} still has {self.outbox.waiting} records: {delivery.reason}")
            threading.Event().wait(PAUSE_S)

    def close(self) -> None:
        """Hang up, and close the outbox."""
        self.session.close(None)
        self.outbox.close()


def endure(folder: Path, trial: Trial, messages: int, tell: Callable[[str], None]) -> Outcome:
    """Live through the outage.

    Args:
        folder: for all files; empty.
        trial: how.
        messages: how many.
        tell: told what is happening.

    Raises:
        SiteError: broker or gateway did not do as they should, or something took more than two minutes.
    """
    with Site(folder, Habits(broker=trial.broker)) as site, ExitStack() as stack:

        def sender(name: str, session: type[Session], resend_s: float = 30.0) -> Sender:
            made = Sender(name, folder / name, site.broker.port, session, resend_s)
            stack.callback(made.close)
            return made

        scout = sender("scout", Session, resend_s=0.5)
        senders = [sender(f"node-{at}", trial.session) for at in range(-(-messages // EACH))]
        for at, each in enumerate(senders):
            each.fill(min(EACH, messages - at * EACH))
        _introduce(site, scout)
        send_s = _sent(site, senders)
        tell(f"{trial.name}: {messages} messages wait for the gateway")
        catch_up_s = _caught_up(site, trial, senders, scout)
        verdict = journal.total(journal.judge(each.truth, site.stored(each.name)) for each in senders)
        return Outcome(
            trial=trial.name,
            messages=verdict.committed,
            lost=verdict.lost,
            duplicates=verdict.duplicates,
            altered=verdict.altered,
            resent=site.taken().get("duplicates", 0),
            send_s=round(send_s, 1),
            catch_up_s=round(catch_up_s, 1),
        )


def _introduce(site: Site, scout: Sender) -> None:
    """Let broker and gateway meet, so that the one keeps what comes for the other."""
    site.start_gateway()
    scout.fill(1)
    scout.drain(site)
    site.kill(GATEWAY)


def _sent(site: Site, senders: Sequence[Sender]) -> float:
    """Send everything to the broker, and have it acknowledged; returns the seconds."""
    start_s = time.monotonic()
    for each in senders:
        delivery = each.deliver()
        if delivery.reason and not each.session.connected:
            raise SiteError(f"{each.name} could not send: {delivery.reason}")
    site.check()
    return time.monotonic() - start_s


def _caught_up(site: Site, trial: Trial, senders: Sequence[Sender], scout: Sender) -> float:
    """Bring the gateway back; return the seconds until no outbox holds anything, and nothing waits at the broker.

    The scout's second message stands behind all others in the broker's queue: when it is receipted, they were taken.
    """
    if trial.broker_dies:
        site.broker.kill()
        site.broker.start()
    start_s = time.monotonic()
    site.start_gateway()
    scout.fill(1)
    scout.drain(site)
    for each in senders:
        each.drain(site)
    return time.monotonic() - start_s
