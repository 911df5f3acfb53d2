"""Ends: until when the repository's signatures hold, told while there is time to renew them.

When one is over, every node refuses every update, each at its own next wake; so the gateway that serves them looks.
Like `offers` it reads the metadata without judging signatures, which nodes do.

Source: The Update Framework specification 1.0, 4.3: `expires` of each role.
"""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from gateway.errors import GatewayError
from gateway.publish import output

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

log = logging.getLogger(__name__)

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
HANDS_MS: Final = {"timestamp": 7 * DAY_MS, "snapshot": 7 * DAY_MS, "targets": 28 * DAY_MS, "root": 28 * DAY_MS}
"""By role, the time that renewing it may take: one command beside the gateway, or two people with their keys."""
MOST_PROMISE_MS: Final = 7 * DAY_MS
"""A longer sleep makes no earlier warning: one strange node's promise of years is not to ring for ever."""


class End(NamedTuple):
    """Until when a role's signatures hold.

    Attributes:
        role: of The Update Framework.
        ends_ms: when they are over.
        put_ms: when the file was put there: about when it was signed.
    """

    role: str
    ends_ms: int
    put_ms: int

    def notice_ms(self, promise_ms: int) -> int:
        """Return how long before its end it is told.

        The time that renewing may take and the longest sleep, for what a node begins before that sleep is to hold when
        it goes on after it; at most half of its life, else one that is signed for days would be told from the start.

        Args:
            promise_ms: the longest sleep that a node promised.
        """
        early_ms = HANDS_MS[self.role] + min(promise_ms, MOST_PROMISE_MS)
        return min(early_ms, max(self.ends_ms - self.put_ms, 0) // 2)


def read(folder: Path) -> list[End]:
    """Return the ends of what is in force, the nearest first; none where there is no repository.

    Args:
        folder: of the repository.

    Raises:
        GatewayError: a role does not say when it ends.
    """
    newest = {role: _newest(folder / "metadata", role) for role in HANDS_MS}
    ends = [_end(role, path) for role, path in newest.items() if path is not None]
    return sorted(ends, key=lambda each: each.ends_ms)


def _newest(metadata: Path, role: str) -> Path | None:
    numbered = [path for path in metadata.glob(f"*.{role}.json") if path.name.partition(".")[0].isdigit()]
    plain = metadata / f"{role}.json"
    if plain.exists():  # the timestamp alone has no number
        return plain
    return max(numbered, key=lambda each: int(each.name.partition(".")[0]), default=None)


def _end(role: str, path: Path) -> End:
    try:
        expires = datetime.fromisoformat(json.loads(path.read_bytes())["signed"]["expires"])
        return End(role, round(expires.timestamp() * 1000), path.stat().st_mtime_ns // 1_000_000)
    except (OSError, ValueError, LookupError, TypeError, OverflowError) as error:
        raise GatewayError(f"{path} does not say until when it holds: {error}; publish anew") from error


def remedy(role: str, folder: Path) -> str:
    """Return what to run before a role ends.

    >>> from pathlib import Path
    >>> remedy("timestamp", Path("models"))
    '`torpor models publish models`'
    """
    if role in {"timestamp", "snapshot"}:
        return f"`torpor models publish {folder}`"
    return f"`torpor models renew {folder} {role}`, which says who signs"


def told(ends: Sequence[End], folder: Path, now_ms: int) -> str:
    """Return in words which roles end when, and what to run; empty for none (pure)."""
    roles: dict[str, list[str]] = {}
    for each in ends:
        word = "ends" if now_ms < each.ends_ms else "ended"
        roles.setdefault(remedy(each.role, folder), []).append(f"{each.role} {word} {output.iso(each.ends_ms)}")
    over = "nodes refuse every update: " if any(each.ends_ms <= now_ms for each in ends) else ""
    return over + "; ".join(f"{', '.join(words)}: {run}" for run, words in roles.items())


class Watch:
    """Looks at the ends of a repository that is served: when its files change, and once an hour.

    Attributes:
        reason: which roles end soon or have ended; empty while all hold. May be read by any thread.

    Args:
        folder: of the repository; there need not be one.
    """

    def __init__(self, folder: Path) -> None:
        self.reason = ""
        self._folder = folder
        self._seen: tuple[int, ...] = ()
        self._look_ms = self._log_ms = 0
        self._logged = ""

    def look(self, now_ms: int, promise_ms: Callable[[], int]) -> None:
        """Look, where it is due.

        Args:
            now_ms: the time.
            promise_ms: tells the longest sleep that a node promised.
        """
        seen = self._marks()
        if seen == self._seen and 0 <= self._look_ms - now_ms <= HOUR_MS:
            return
        self._seen, self._look_ms = seen, now_ms + HOUR_MS
        self.reason = self._found(now_ms, promise_ms())
        self._log(now_ms)

    def _marks(self) -> tuple[int, ...]:
        """Return what is another when files were renamed into place, or the timestamp was written over."""
        metadata = self._folder / "metadata"
        with suppress(OSError):
            return metadata.stat().st_mtime_ns, (metadata / "timestamp.json").stat().st_mtime_ns
        return ()

    def _found(self, now_ms: int, promise_ms: int) -> str:
        try:
            near = [each for each in read(self._folder) if now_ms >= each.ends_ms - each.notice_ms(promise_ms)]
        except GatewayError as error:
            return str(error)
        return told(near, self._folder, now_ms)

    def _log(self, now_ms: int) -> None:
        """Log once a day what stands, at once what is new, and that it is over."""
        if self.reason and (self.reason != self._logged or not 0 <= now_ms - self._log_ms < DAY_MS):
            log.warning("models: %s", self.reason)
            self._log_ms = now_ms
        elif self._logged and not self.reason:
            log.info("models: all signatures hold for longer again")
        self._logged = self.reason
