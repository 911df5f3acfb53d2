"""Steering: which policy each node is sent, from the register, the schedule and what the nodes tell.

It signs what the schedule asks for; what operators sign with `torpor-gateway policy set` it finds in the register at
the next tick. Whether a node follows is the node's to say: see `Reported`.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, NamedTuple

from gateway.policy import key, register, schedule
from gateway.policy.register import OPERATOR, SCHEDULE, Draft, Signed
from gateway.policy.schedule import Schedule, Seen
from node.wire import policy
from node.wire.messages import Health, Reported

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from gateway import config
    from gateway.store import Store
    from node.wire.cose import Sign

log = logging.getLogger(__name__)

STALE_MS: Final = 26 * 3_600_000
"""What a node told longer ago is not known any more; one that wakes once a day still counts."""
MJ_PER_WH: Final = 3.6e6
_MOST_A_TICK: Final = 200
"""Policies signed at once; the others follow in the next tick."""


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
    """

    def __init__(self, site: str, store: Store, params: config.Policy) -> None:
        self._site = site
        self._store = store
        self._params = params
        self._groups: dict[str, str] = {}
        self._energy: dict[str, _Told] = {}
        self._step_ms = 0
        self._schedule = schedule.read(params.schedule_file) if params.schedule_file else Schedule()
        self._key: tuple[bytes, Sign] | None = key.read(params.key_file) if self._schedule.rule else None
        self._counter = -1
        self._holding: dict[str, list[Signed]] = {}
        self._reload()

    def learn(self, node: str, message: object, now_ms: int) -> bool:
        """Take in what a node told of itself; whether another policy may be meant for it now."""
        if isinstance(message, Reported):
            group = str(message.settings.get("policy.group") or "")
            before, self._groups[node] = self._groups.get(node, ""), group
            return group != before
        if isinstance(message, Health):
            sun_mj = message.gauges.get("sun_expected_mj")
            sun_wh = None if sun_mj is None else sun_mj / MJ_PER_WH
            self._energy[node] = _Told(now_ms, message.gauges.get("battery_charge"), sun_wh)
        return False

    def envelope(self, node: str, now_ms: int) -> bytes:
        """Return the policy to send to a node; empty where none is meant for it."""
        newest = self._newest(node, now_ms)
        return newest.envelope if newest else b""

    def tick(self, nodes: Collection[str], now_ms: int) -> bool:
        """Look for what was signed elsewhere, and sign what the schedule asks for now.

        Args:
            nodes: all that are known.
            now_ms: the time.

        Returns:
            Whether there is something new for somebody.

        Raises:
            StoreError: the disk refused; it is due again.
        """
        is_news = register.last(self._store.database) != self._counter
        if is_news:
            self._reload()
            self._step_ms = now_ms
        if self._key and now_ms >= self._step_ms:
            drafts = [draft for node in nodes if (draft := self._draft(node, now_ms))]
            if drafts:
                with self._store.transaction():
                    register.sign(self._store.database, drafts[:_MOST_A_TICK], self._key, now_ms)
                log.info("the schedule has %d nodes live otherwise", len(drafts))
                self._reload()
                is_news = True
            self._step_ms = now_ms + (0 if len(drafts) > _MOST_A_TICK else round(self._params.schedule_s * 1000))
        return is_news

    def _reload(self) -> None:
        """Read the register anew."""
        self._counter = register.last(self._store.database)
        self._holding = {}
        for each in register.holding(self._store.database):
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
        rule = schedule.chosen(self._schedule, self._seen(node, now_ms), now_ms, ours.note if ours else "")
        settings = {**(base.settings if base else {}), **(rule.settings if rule else {})}
        valid_ms = round(self._schedule.valid_h * 3_600_000)
        if settings == dict(newest.settings if newest else {}):
            if ours is None or rule is None or ours.not_after_ms - now_ms > valid_ms / 2:
                return None
        elif ours and now_ms - ours.made_ms < self._schedule.hold_s * 1000:
            return None
        not_after_ms = now_ms + valid_ms if rule or base is None else base.not_after_ms
        return Draft(
            audience=f"{self._site}/{node}",
            settings=settings,
            not_after_ms=min(not_after_ms, base.not_after_ms) if base else not_after_ms,
            source=SCHEDULE,
            note=rule.name if rule else "",
        )

    def _seen(self, node: str, now_ms: int) -> Seen:
        told = self._energy.get(node)
        if told is None or now_ms - told.told_ms > STALE_MS:
            return Seen(node, self._groups.get(node, ""))
        return Seen(node, self._groups.get(node, ""), told.charge, told.sun_wh)
