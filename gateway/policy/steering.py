"""Steering: which policy each node is sent, from the register, the schedule and what the nodes tell.

It signs what the schedule asks for; what operators sign with `torpor-gateway policy set` it finds in the register at
the next tick. Whether a node follows is the node's to say: see `Reported`.
"""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple
from zoneinfo import ZoneInfo

from gateway.policy import key, register, schedule
from gateway.policy.register import OPERATOR, SCHEDULE, Draft, Signed
from gateway.policy.schedule import Schedule, Seen
from node.wire import policy
from node.wire.messages import Health, Reported

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from gateway import config
    from gateway.store.database import Store
    from node.wire.cose import Sign

log = logging.getLogger(__name__)

STALE_MS: Final = 26 * 3_600_000
"""What a node told longer ago is not known any more; one that wakes once a day still counts."""
MJ_PER_WH: Final = 3.6e6
_MOST_LOOKED: Final = 500
"""Nodes that the schedule looks at in a tick, some 15 ms of work; the others follow in the next."""
_NEVER_MS: Final = 1 << 62


class _Told(NamedTuple):
    """What a node told of its energy, and when."""

    told_ms: int
    charge: float | None
    sun_wh: float | None


class Steering:
    """Knows what each node is to be sent.

    Args:
        site: the site's name.
        store: of the gateway.
        params: where the key and the schedule are.
        zone: of the clock on the site's wall, which the schedule goes by.
    """

    def __init__(self, site: str, store: Store, params: config.Policy, zone: str) -> None:
        self._site = site
        self._zone = ZoneInfo(zone)
        self._store = store
        self._params = params
        self._groups: dict[str, str] = {}
        self._energy: dict[str, _Told] = {}
        self._step_ms = 0
        self._schedule = schedule.read(params.schedule_file) if params.schedule_file else Schedule()
        self._key: tuple[bytes, Sign] | None = key.read(params.key_file) if self._schedule.rule else None
        self._followed: dict[str, int] = {}
        self._waiting: deque[str] = deque()
        self._counter, self._over_ms = -1, 0
        self._holding: dict[str, list[Signed]] = {}

    def learn(self, node: str, message: object, now_ms: int) -> bool:
        """Take in what a node told of itself; whether another policy may be meant for it now."""
        if isinstance(message, Reported):
            group = str(message.settings.get("policy.group") or "")
            before, self._groups[node] = self._groups.get(node), group
            return group != before  # a node that is new may be meant as well
        if isinstance(message, Health):
            sun_mj = message.gauges.get("sun_expected_mj")
            sun_wh = None if sun_mj is None else sun_mj / MJ_PER_WH
            self._energy[node] = _Told(now_ms, message.gauges.get("battery_charge"), sun_wh)
        return False

    def envelope(self, node: str, now_ms: int) -> bytes:
        """Return the policy to send to a node; empty where none is meant for it."""
        newest = self._newest(node, now_ms)
        return newest.envelope if newest else b""

    def answers(self, node: str, message: object) -> bool:
        """Whether a report is to be answered with a word: the node lives by another policy than it told before.

        It waits for one: a policy under which the gateway is not heard gives way.
        """
        if not isinstance(message, Reported):
            return False
        before, self._followed[node] = self._followed.get(node, 0), message.policy_counter
        return message.policy_counter not in {0, before}

    def tick(self, nodes: Collection[str], now_ms: int) -> Collection[str]:
        """Look for what was signed elsewhere, and sign what the schedule asks for now.

        Args:
            nodes: all that are known.
            now_ms: the time.

        Returns:
            The nodes for which another policy may be meant than before.

        Raises:
            StoreError: the disk refused; it is due again.
        """
        news: Collection[str] = ()
        if register.last(self._store.database) != self._counter or now_ms >= self._over_ms:
            self._reload(now_ms)
            self._step_ms, news = now_ms, nodes
        return {*news, *self._follow_schedule(nodes, now_ms)}

    def _follow_schedule(self, nodes: Collection[str], now_ms: int) -> Collection[str]:
        """Look at some nodes, at all of them in turn, and sign for those that are to live otherwise."""
        if self._key is None:
            return ()
        if now_ms >= self._step_ms and not self._waiting:
            self._step_ms = now_ms + round(self._params.schedule_s * 1000)
            self._waiting.extend(nodes)
        some = [self._waiting.popleft() for _ in range(min(_MOST_LOOKED, len(self._waiting)))]
        drafts = {node: draft for node in some if (draft := self._draft(node, now_ms))}
        if drafts:
            with self._store.transaction():
                register.sign(self._store.database, drafts.values(), self._key, now_ms)
            log.info("the schedule has %d nodes live otherwise", len(drafts))
            self._reload(now_ms)
        return drafts.keys()

    def _reload(self, now_ms: int) -> None:
        """Read the register anew, but for what is over."""
        self._counter = register.last(self._store.database)
        holding = [each for each in register.holding(self._store.database) if each.not_after_ms > now_ms]
        self._over_ms = min((each.not_after_ms for each in holding), default=_NEVER_MS)
        self._holding = {}
        for each in holding:
            self._holding.setdefault(each.audience, []).append(each)

    def _meant(self, node: str) -> Iterable[Signed]:
        for audience in policy.audiences(self._site, node, self._groups.get(node, "")):
            yield from self._holding.get(audience, ())

    def _newest(self, node: str, now_ms: int, source: str = "") -> Signed | None:
        address = (self._site, node, self._groups.get(node, ""))
        meant = [each for each in self._meant(node) if source in {"", each.source}]
        return register.newest_for(meant, address, now_ms)

    def _draft(self, node: str, now_ms: int) -> Draft | None:
        """Return what is to be signed for a node now; None where it is sent the right thing already."""
        newest, base = self._newest(node, now_ms), self._newest(node, now_ms, OPERATOR)
        ours = newest if newest and newest.source == SCHEDULE else None
        hour = schedule.local_hour(self._schedule, self._zone, now_ms)
        rule = schedule.chosen(self._schedule, self._seen(node, now_ms), hour, ours.note if ours else "")
        settings = {**(base.settings if base else {}), **(rule.settings if rule else {})}
        valid_ms = round(self._schedule.valid_h * 3_600_000)
        not_after_ms = min(now_ms + valid_ms, base.not_after_ms if base else _NEVER_MS)
        if settings == dict(newest.settings if newest else {}):
            if ours is None or rule is None or not_after_ms - ours.not_after_ms < valid_ms / 2:
                return None
        elif ours and now_ms - ours.made_ms < self._schedule.hold_s * 1000:
            return None
        return Draft(
            audience=f"{self._site}/{node}",
            settings=settings,
            not_after_ms=base.not_after_ms if base and not rule else not_after_ms,
            source=SCHEDULE,
            note=rule.name if rule else "",
        )

    def _seen(self, node: str, now_ms: int) -> Seen:
        told = self._energy.get(node)
        if told is None or now_ms - told.told_ms > STALE_MS:
            return Seen(node, self._groups.get(node, ""))
        return Seen(node, self._groups.get(node, ""), told.charge, told.sun_wh)
