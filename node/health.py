"""How the node is: counters, what is disabled and why; said over the air and left on disk.

Counters are cumulative since this start, so that a lost message costs nothing. Reasons are kept by what they concern
and replaced, not piled up: a sensor that failed ten thousand times is one line and one number.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from typing import TYPE_CHECKING, Final

from node import durable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from node.hal import Clock
    from node.wire.messages import Health as Message

    Energy = Mapping[str, tuple[float, float]]

log = logging.getLogger(__name__)
FILE: Final = "health.json"
LONGEST: Final = 200
MOST: Final = 32

COUNTERS: Final = {
    "cycles": "times round the loop",
    "samples": "cycles in which at least one sensor gave something",
    "gated_out": "samples that the gate found not worth waking for",
    "missing": "samples with a reading that is NaN or a sentinel",
    "inferences": "windows that an engine answered for",
    "unsure": "of these, those whose confidence was below `cascade.threshold`",
    "escalated": "of these, those that a larger model is asked about; the others are over a budget",
    "escalated_bytes": "bytes of the messages with them",
    "escalated_uj": "microjoules that sending these takes, by what a sent byte took so far in the node's own books",
    "answers": "answers of a larger model that came back",
    "unanswered": "words that none has an answer",
    "windows_kept": "raw windows that were kept as records; counted among these from here on",
    "windows_refused": "raw windows that no message can hold",
    "records_committed": "records that reached the disk",
    "records_receipted": "records that the gateway has committed",
    "records_dropped": "records thinned away because the outbox was full",
    "frames_sent": "messages with records, resends included",
    "bytes_published": "payload bytes handed to the broker",
    "connections": "connections that the broker accepted",
    "messages_refused": "messages to this node that break the contract; `info` holds the last reason",
    "air_bytes_sent": "bytes sent to it, by the kernel's count: handshakes, acknowledgements and resends included",
    "air_bytes_received": "bytes received from it, counted alike",
    "transmissions": "times the link was used",
    "link_failures": "times it could not be",
    "update_detours": "deltas that did not lead to their model, which was then fetched whole",
    "deadlines_skipped": "samples that were due while a cycle still ran",
    "faults_sense": "sensor readings that failed",
    "faults_gate": "gates that raised",
    "faults_preprocess": "transforms that raised",
    "faults_infer": "engines that raised or could not load",
    "faults_compress": "records that could not be kept",
    "faults_transmit": "transmissions that raised",
    "faults_sleep": "energy budgets that raised",
}
"""Every counter a node keeps, with its meaning."""


class Health:
    """Counts, remembers reasons, and tells."""

    def __init__(self, disabled: Mapping[str, str]) -> None:
        """Start at zero.

        Args:
            disabled: what the configuration could not give, and why. No success takes these back: what works then is
                the fallback.
        """
        self.counters: Counter[str] = Counter()
        self.reasons: dict[str, str] = {}
        self._disabled = dict(disabled)

    def fault(self, stage: str, concern: str, error: BaseException) -> None:
        """Count one failure; the first of a kind is logged, the rest only counted.

        Args:
            stage: which counter, without its `faults_`.
            concern: what it is about: a stage's or a sensor's name.
            error: what happened.
        """
        self.counters[f"faults_{stage}"] += 1
        reason = f"{type(error).__name__}: {error}"
        if self.reasons.get(concern) != reason:
            log.warning("%s: %s", concern, reason, exc_info=log.isEnabledFor(logging.DEBUG))
        self.reasons[concern] = reason

    def link_fails(self, reason: str) -> None:
        """Count a transmission that failed; the first after one that went well is logged."""
        self.counters["link_failures"] += 1
        if "link" not in self.reasons:
            log.warning("link: %s", reason)
        self.reasons["link"] = reason

    def lack(self, concern: str, reason: str) -> None:
        """Remember what is not there: no fault, and perhaps there again in the next cycle."""
        if self.reasons.get(concern) != reason:
            log.info("%s: %s", concern, reason)
        self.reasons[concern] = reason

    def well(self, concern: str) -> None:
        """Take a reason back: it works again."""
        if self.reasons and self.reasons.pop(concern, None) is not None:
            log.info("%s: works again", concern)

    @property
    def told(self) -> dict[str, str]:
        """Everything that is not as it should be, by what it concerns."""
        both = self._disabled.keys() & self.reasons.keys()
        joined = {concern: f"{self._disabled[concern]}; {self.reasons[concern]}" for concern in both}
        return {**self._disabled, **self.reasons, **joined}

    def sentence(self) -> str:
        """How the node is, in one line."""
        told = "; ".join(f"{concern}: {reason}" for concern, reason in self.told.items())
        return f"{self.counters['cycles']} cycles, {told or 'all is well'}"[:LONGEST]

    def message(
        self,
        *,
        boot_id: bytes,
        clock: Clock,
        uptime_s: float,
        energy_mj: Energy,
        gauges: Mapping[str, float],
        info: Mapping[str, str],
    ) -> Message:
        """Say it for the gateway.

        Args:
            boot_id: of this process start.
            clock: the node's.
            uptime_s: since that start.
            energy_mj: (measured, modelled) by stage.
            gauges: figures as they are now, by name.
            info: words, by name: the board, what its meter counts, why the node lives as it does.
        """
        from node.wire import messages

        return messages.Health(
            boot_id=boot_id,
            time_ms=clock.wall_ms(),
            time_quality=int(clock.quality()),
            uptime_s=uptime_s,
            counters={name: count for name, count in self.counters.items() if count},
            disabled={concern: reason[:LONGEST] for concern, reason in list(self.told.items())[:MOST]},
            energy_mj=energy_mj,
            gauges=gauges,
            info=info,
        )

    def save(self, folder: Path, more: Mapping[str, object]) -> None:
        """Leave the state on disk for people and programs on the same machine.

        Args:
            folder: the state folder.
            more: further top-level entries.
        """
        told = {**dict.fromkeys(COUNTERS, 0), **self.counters, **more, "reasons": self.told}
        durable.write(folder / FILE, json.dumps(told, indent=1).encode(), mode=0o644)
