"""Account: how a node's cascade does: how often it is unsure, what it asks, what that costs it, who answers. Pure.

A node's own counters are of its life, or of its start: what a smaller number follows is a new beginning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Final, cast

from gateway.escalate.drift import Drift

if TYPE_CHECKING:
    from node.wire.messages import Health

COUNTED: Final = ("inferences", "unsure", "escalated", "escalated_bytes", "escalated_uj")
"""What a node counts of its cascade, in its health: see node/REFERENCE.md."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One node's cascade.

    Attributes:
        last: the node's counters at the last look.
        sums: the same, over all of its starts.
        outcomes: answers by who gave them; `unanswered` and `dropped` among them.
        changed: answers that were another label than the node's.
        drift: how unsure it is, and used to be.
        since_ms: when the alarm began, or ended; 0 where there was none.
    """

    last: Mapping[str, int] = field(default_factory=dict)
    sums: Mapping[str, int] = field(default_factory=dict)
    outcomes: Mapping[str, int] = field(default_factory=dict)
    changed: int = 0
    drift: Drift = field(default_factory=Drift)
    since_ms: int = 0

    def after(self, health: Health, now_ms: int) -> Account:
        """Return it after a node has told how it is."""
        told = {name: health.counters.get(name, 0) for name in COUNTED}
        new = {name: told[name] - self.last.get(name, 0) for name in COUNTED}
        if min(new.values()) < 0:  # it has started anew
            new = told
        sums = {name: self.sums.get(name, 0) + new[name] for name in COUNTED}
        drift = self.drift.after(new["inferences"], new["unsure"])
        since_ms = now_ms if drift.alarmed != self.drift.alarmed else self.since_ms
        return replace(self, last=told, sums=sums, drift=drift, since_ms=since_ms)

    def counted(self, outcome: str, *, changed: bool = False) -> Account:
        """Return it after an escalation has come to its end."""
        outcomes = {**self.outcomes, outcome: self.outcomes.get(outcome, 0) + 1}
        return replace(self, outcomes=outcomes, changed=self.changed + changed)

    def body(self, node: str) -> dict[str, object]:
        """Return it for JSON."""
        inferences, drift = self.sums.get("inferences", 0), self.drift
        return {
            "node": node,
            "inferences": inferences,
            "unsure": self.sums.get("unsure", 0),
            "escalated": self.sums.get("escalated", 0),
            "escalated_share": round(self.sums.get("escalated", 0) / inferences, 4) if inferences else None,
            "escalated_bytes": self.sums.get("escalated_bytes", 0),
            "escalated_j": self.sums.get("escalated_uj", 0) / 1e6,
            "answered": dict(sorted(self.outcomes.items())),
            "changed": self.changed,
            "unsure_share": {
                "now": round(drift.mean, 4) if drift.windows else None,
                "usual": None if drift.usual is None else round(drift.usual, 4),
                "limit": None if drift.limit is None else round(drift.limit, 4),
            },
            "drift": drift.alarmed,
            "drift_since_ms": self.since_ms or None,
        }

    def memory(self) -> dict[str, object]:
        """Return what `recalled` makes it from again."""
        return asdict(self)


def recalled(told: Mapping[str, object]) -> Account:
    """Return the account of an earlier start of the gateway."""
    rest = {name: value for name, value in told.items() if name != "drift"}
    return Account(**rest, drift=Drift(**cast("Mapping[str, int]", told["drift"])))  # type: ignore[arg-type]
