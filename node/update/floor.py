"""The floor: what was once believed of the metadata, and the time that has surely come; nothing below it is believed.

A clock that lost its setting sees nothing expire, so a time that was known is kept. But a clock that was set may have
been wrong: a time server lies, a receiver's weeks roll over. So the time counts up to where what was seen by then is
over, and no further: that stays over, whatever the clock says next, and what is signed later is not. No clock can lock
a node up for good: its publisher signs anew. Where two of three name other online keys all but the root begins anew,
the time as well, for a thief of the old ones may have signed without an end. Pure.

Source: TUF specification 1.0.31, 5.3.11, and 5.7 and 5.8 on freezing.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tuf.ngclient import Updater

ROLES: Final = ("root", "timestamp", "snapshot", "targets")
ROOT: Final = "root"
TIME: Final = "time_ms"
"""Under which the floor has the time that has surely come."""
OVER: Final = "over_ms"
"""Under which it has the moment from which some of what was seen is over."""
ONLINE: Final = "online"
"""Under which it has a mark of the keys that sign what is newest."""
_HOUR_MS: Final = 3_600_000

Floor = dict[str, int]
"""Versions by role, and the three above; what is not there is 0."""


def timed(floor: Mapping[str, int], told_ms: int) -> Floor:
    """Return the floor after a clock that was set told the time; it rises by the hour, and to the end of what was seen.

    Args:
        floor: before.
        told_ms: what it told; 0 for nothing.

    >>> timed({"over_ms": 30}, 20), timed({"over_ms": 30}, 40)
    ({'over_ms': 30}, {'over_ms': 30, 'time_ms': 30})
    """
    over_ms, before_ms = floor.get(OVER, 0), floor.get(TIME, 0)
    time_ms = min(told_ms, over_ms)
    if time_ms > before_ms and (time_ms == over_ms or time_ms > before_ms + _HOUR_MS):
        return {**floor, TIME: time_ms}
    return dict(floor)


def rooted(floor: Mapping[str, int], client: Updater) -> Floor:
    """Return the floor under the root that a client has come to: what it revokes is revoked, whatever comes after."""
    version = client._trusted_set.root.version  # noqa: SLF001 - no public way
    if version <= floor.get(ROOT, 0):
        return dict(floor)
    return {**(floor if floor.get(ONLINE, 0) in {0, online(client)} else {}), ROOT: version}


def over(floor: Mapping[str, int], client: Updater) -> Floor:
    """Return the floor after a client has seen what it does not believe: signed as it should be, it may be over."""
    if any(each.type == "timestamp" for each in client._trusted_set):  # noqa: SLF001 - as above
        return {**floor, OVER: max(floor.get(OVER, 0), over_ms(client))}
    return dict(floor)


def believed(floor: Mapping[str, int], client: Updater) -> Floor:
    """Return the floor after a client has believed all that there is."""
    return {**floor, **versions(client), ONLINE: online(client), OVER: over_ms(client)}


def versions(client: Updater) -> Floor:
    """Return the versions of what a client believes."""
    trusted = client._trusted_set  # noqa: SLF001 - as above
    return {role: trusted[role].version for role in ROLES}


def over_ms(client: Updater) -> int:
    """Return when the first of what a client has seen is over."""
    return round(min(each.expires for each in client._trusted_set).timestamp() * 1000)  # noqa: SLF001 - as above


def online(client: Updater) -> int:
    """Return a mark of the keys that sign what is newest."""
    roles = client._trusted_set.root.roles  # noqa: SLF001 - as above
    named = " ".join(sorted({*roles["timestamp"].keyids, *roles["snapshot"].keyids}))
    return int.from_bytes(hashlib.sha256(named.encode()).digest()[:6], "big")
