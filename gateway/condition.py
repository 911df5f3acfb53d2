"""How the gateway itself fares: what went wrong at its edges, told under `_/status` without asking the disk for leave.

Two things can go wrong there that no message shows. The disk refuses, and nothing is acknowledged until it takes what
comes. And the broker drops: a queue was full, somebody's messages are gone, and who sent them holds an acknowledgement.
mosquitto tells the latter in one number, the sum since its start, over all its clients.

Source: mosquitto(8), "Broker status": `$SYS/broker/publish/messages/dropped`.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from gateway import counters
from gateway.publish import output

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.outgoing import Outgoing

log = logging.getLogger(__name__)

DROPPED: Final = "$SYS/broker/publish/messages/dropped"
ALARM_S: Final = 600.0
"""So long the status says that the broker dropped something; the counter says it for good."""
REMEDY: Final = "for a queue was full: its log says whose; `torpor-gateway check` looks at its limits"
EVERY_S: Final = 5.0
"""The status is told at most this often."""


class Condition:
    """What is counted and said of the gateway's edges; used by the loop's thread alone.

    Attributes:
        counters: since the gateway's start.
        refusal: why the disk does not take what comes; empty while it does.
        escalation: what keeps larger models from answering; empty where nothing does.
        models: which of their signatures end soon, and what to run; empty where none does.

    Args:
        site: whose status it is.
    """

    def __init__(self, site: str) -> None:
        self.counters = dict.fromkeys(counters.EDGE, 0)
        self.refusal = ""
        self.escalation = ""
        self.models = ""
        self._site = site
        self._dropped = 0
        self._alarm_ends_s = 0.0
        self._told: Outgoing | None = None
        self._told_s = -EVERY_S

    def refused(self, reason: str) -> None:
        """Note that the disk refused; logged once, until it takes what comes: the status says the newest reason."""
        self.counters["refusals"] += 1
        if not self.refusal:
            log.error("nothing is acknowledged until the disk takes it, free it or replace it: %s", reason)
        self.refusal = reason

    def taken(self) -> None:
        """Note that the disk takes what comes."""
        if self.refusal:
            log.info("the disk takes what comes again")
        self.refusal = ""

    def hear(self, topic: str, payload: bytes, now_s: float) -> None:
        """Take in what the broker says of itself; what is no number says nothing.

        Args:
            topic: below `$SYS`.
            payload: a number in decimal.
            now_s: monotonic.
        """
        if topic != DROPPED or not payload.isdigit():
            return
        total = int(payload)
        new = total - self._dropped if total >= self._dropped else total  # a broker that was started again counts anew
        self._dropped = total
        if new:
            self.counters["broker_dropped"] += new
            self._alarm_ends_s = now_s + ALARM_S
            log.warning("the broker dropped %d messages, %s", new, REMEDY)

    def due(self, link: Mapping[str, int], now_s: float, *, anew: bool = False) -> list[Outgoing]:
        """Return the status where it is another than was told.

        Args:
            link: the connection's counters.
            now_s: monotonic.
            anew: tell it in any case, for the broker may have lost it.
        """
        status = output.status(self._site, "ready", *self.told(link, now_s))
        if not anew and (status == self._told or now_s - self._told_s < EVERY_S):
            return []
        self._told, self._told_s = status, now_s
        return [status]

    def told(self, link: Mapping[str, int], now_s: float) -> tuple[dict[str, int], dict[str, str]]:
        """Return what was counted, the connection's counters included, and what is not as it should be."""
        return {**self.counters, **link}, self._reasons(now_s)

    def _reasons(self, now_s: float) -> dict[str, str]:
        reasons = {}
        if self.refusal:
            reasons["store"] = self.refusal
        if now_s < self._alarm_ends_s:
            reasons["broker"] = f"it dropped {self._dropped} messages since its start, {REMEDY}"
        if self.escalation:
            reasons["escalate"] = self.escalation
        if self.models:
            reasons["models"] = self.models
        return reasons
