"""The keeper of a node's lease: written down before it counts, watched while it runs.

What cannot be written is not granted: after a power cut nobody would know that it had been, and the next start would
grant it again.
"""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from node import durable
from node.lease import grant
from node.lease.grant import Asked, Now
from node.values import TimeQuality

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from node.hal import Clock
    from node.lease.grant import State
    from node.lease.options import Params
    from node.wire.messages import Desired

log = logging.getLogger(__name__)

FILE: Final = "lease.json"


class Keeper:
    """Keeps at most one lease.

    Attributes:
        params: the hard limits, as they are now; a lease that runs ends where they have become too narrow.
    """

    def __init__(
        self, params: Params, path: Path, clock: Clock, charge: Callable[[], float | None] = lambda: None
    ) -> None:
        """Read what the last start left; a lease in it runs on once the gateway is heard, or its wish is read again.

        Args:
            params: the hard limits.
            path: of the file.
            clock: both clocks.
            charge: asks what the battery holds for sure; None where nobody lives by it.
        """
        self.params = params
        self._path = path
        self._clock = clock
        self._charge = charge
        self._end_s: float | None = None
        self._until_ms = 0
        self._trouble = ""
        self._state = self._stored()
        self._counted_s = clock.monotonic_s()
        self._state = grant.refilled(self._state, params, grant.slept_s(self._state, self._now().wall_ms))

    @property
    def until_ms(self) -> int:
        """When the lease that runs is over, by the wall clock, or the gateway's where ours is unset; 0 for none."""
        return self._until_ms if self._end_s is not None else 0

    @property
    def told(self) -> dict[str, str]:
        """Why the last lease was refused, or is shorter than it was meant to be; empty where it is not."""
        reason = self._trouble or self._state.reason
        return {"lease": reason} if reason else {}

    def hear(self, desired: Desired) -> None:
        """Take up what the gateway wishes: a lease, another one, or none any more."""
        asked = Asked(until_ms=desired.lease_until_ms, told_ms=desired.time_ms)
        if self._end_s is not None and asked.until_ms == self._state.until_ms:
            return
        now = self._now()
        state = self._filled(now)
        if self._end_s is not None:  # another in its place, or none
            state = grant.ended(state, self._end_s - now.monotonic_s, self.params)
            self._end_s = None
        state, granted_s = grant.taken(state, asked, now, self.params)
        if self._keep(state, now) and granted_s:
            self._end_s = now.monotonic_s + granted_s
            from_ms = now.wall_ms or asked.told_ms or asked.until_ms
            self._until_ms = min(asked.until_ms, from_ms + round(granted_s * 1000))
            log.info("awake for %.0f s, by a lease%s", granted_s, f" {state.reason}" if state.reason else "")

    def left_s(self) -> float:
        """Look at the lease, and return the seconds for which it still keeps the node up; 0 for none."""
        if self._end_s is None:
            return 0.0
        now = self._now()
        state = grant.over(self._state, now, self._end_s, self.params)
        if not state.over:
            return self._end_s - now.monotonic_s
        log.info("the lease is over%s", f", {state.reason}" if state.reason else "")
        self._end_s = None
        self._keep(state, now)
        return 0.0

    def _filled(self, now: Now) -> State:
        elapsed_s, self._counted_s = now.monotonic_s - self._counted_s, now.monotonic_s
        self._state = grant.refilled(self._state, self.params, elapsed_s)
        return self._state

    def _keep(self, state: State, now: Now) -> bool:
        """Write a state down and be of it; one that the disk refuses is lived only where it ends a lease."""
        state = replace(state, at_ms=now.wall_ms)
        if state == replace(self._state, at_ms=now.wall_ms) and not self._trouble:
            return True
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            durable.write(self._path, json.dumps(grant.memory(state)).encode())
        except OSError as error:
            self._trouble = f"{self._path} cannot be written: {error.strerror}; free the disk or replace it"
            if state.over:
                self._state = state
            return False
        self._trouble = ""
        self._state = state
        return True

    def _now(self) -> Now:
        known = self._clock.quality() is not TimeQuality.UNSET
        return Now(
            wall_ms=self._clock.wall_ms() if known else None,
            monotonic_s=self._clock.monotonic_s(),
            charge=self._charge(),
        )

    def _stored(self) -> State:
        """Read the state back. One that cannot be read has no allowance left: what it had granted is not known."""
        try:
            return grant.recalled(json.loads(self._path.read_bytes()), self.params)
        except FileNotFoundError:
            return grant.first(self.params)
        except (OSError, ValueError) as error:
            log.warning("%s cannot be read (%s); no lease is taken before an allowance has filled", self._path, error)
            return grant.State(left_s=0.0)
