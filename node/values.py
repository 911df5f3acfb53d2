"""What moves through a node: Sample -> Verdict -> Features -> Inference -> Record -> Frame -> Receipt -> Nap.

All of it is frozen; arrays inside are never written to after they were handed on. Units stand in the names.
Channel names are those of `node.wire.quantities` where one fits, so that they cost one byte on the air.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    import numpy as np  # noqa: TC004 - annotations only; nothing here resolves them
    import numpy.typing as npt  # noqa: TC004 - as above

__all__ = [
    "Block",
    "Channel",
    "Features",
    "Frame",
    "Inference",
    "Nap",
    "Outcome",
    "Reading",
    "Receipt",
    "Record",
    "Sample",
    "TimeQuality",
    "Value",
    "Verdict",
    "Window",
]

BOOT_ID_BYTES: Final = 6
"""Length of the random id of a process start; the wire's own law is `node.wire.messages.BOOT_ID_BYTES`."""

Value = float | int | str
"""What a result's column may hold: a number as the sensor gave it, or a word (a label)."""


class TimeQuality(IntEnum):
    """How far the node's wall clock can be believed."""

    SYNCED = 0
    """Set from the network or a running RTC since boot."""
    DRIFTING = 1
    """Was set once, and has run free for more than a day."""
    UNSET = 2
    """Never set: the time is a floor, not a fact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One scalar that a sensor gives: its name, what it is, and what it looks like when it is broken.

    Attributes:
        name: `[a-z0-9_]{1,32}`, the column's name on the wire.
        unit: UCUM, as `Cel`, `%`, `m/s2`; empty for a pure number.
        sentinels: values by which this chip says "no reading" (85000 for a DS18B20, -200 in old loggers).
        width: 32 where the sensor really gives a float32, so that the wire returns that very float32.
    """

    name: str
    unit: str = ""
    sentinels: tuple[float, ...] = ()
    width: Literal[32, 64] = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One conversion's worth of many numbers: a waveform, a picture.

    Attributes:
        data: float32, uint8 or int16; waveforms are (samples, channels), pictures (height, width, colours).
        rate_hz: samples a second; 0 for a picture.
        truth: the label that came with recorded data, for evaluation only; None in the field.
    """

    data: npt.NDArray[np.float32] | npt.NDArray[np.uint8] | npt.NDArray[np.int16]
    rate_hz: float = 0.0
    truth: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """All that one sensor gives in one conversion.

    Attributes:
        values: channel name to number; a channel that failed is NaN, never left out and never zero.
        blocks: block name to block; empty for most sensors.
    """

    values: Mapping[str, float] = field(default_factory=dict)
    blocks: Mapping[str, Block] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What a node knows at one instant: the readings of all its sensors, with the node's time.

    Attributes:
        time_ms: milliseconds since 1970, the node's wall clock.
        time_quality: how far to believe it.
        values: channel name to number, NaN where a sensor failed.
        blocks: block name to block; may be empty until the gate has opened.
    """

    time_ms: int
    time_quality: TimeQuality
    values: Mapping[str, float]
    blocks: Mapping[str, Block] = field(default_factory=dict)


class Outcome(StrEnum):
    """What a gate can say."""

    OPEN = "open"
    """Worth waking for."""
    SHUT = "shut"
    """Nothing new."""
    MISSING = "missing"
    """There is no reading to judge: NaN or a sentinel. Never a silent pass, never a silent drop."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A gate's answer, with its reason.

    Attributes:
        outcome: open, shut or missing.
        reason: a short phrase for a person, such as `moved 0.52 >= 0.5`.
        channel: the channel that decided; empty where none did.
    """

    outcome: Outcome
    reason: str
    channel: str = ""

    @property
    def opens(self) -> bool:
        """Whether the rest of the cycle runs."""
        return self.outcome is Outcome.OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What the model is shown.

    Attributes:
        data: float32, (windows, ...) in the model's own order, real units (not yet quantised); windows may be 0
            while a window is still filling.
        truth: as in `Block`.
    """

    data: npt.NDArray[np.float32]
    truth: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inference:
    """What the model, or a rule, made of one window.

    Attributes:
        values: column name to number or word, such as {"label": "7", "confidence": 0.98}.
        confidence: 0 to 1 where the head knows one, else None.
        model: `name@version` of what answered; empty for rules.
        truth: as in `Block`; compared with `values["label"]` by evaluations only.
    """

    values: Mapping[str, Value]
    confidence: float | None = None
    model: str = ""
    truth: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One row to be kept until the gateway has it.

    Attributes:
        stream: the table it belongs to, `[a-z0-9_]{1,32}`: rows of a stream share their columns.
        time_ms: the sample's time.
        time_quality: and its quality.
        values: column name to number or word, in column order.
        model: `name@version` of what answered; empty where no model did.
        priority: 9 is kept longest when the outbox is full, 0 thinned first.
        critical: commit now, not with the group.
    """

    stream: str
    time_ms: int
    time_quality: TimeQuality
    values: Mapping[str, Value]
    model: str = ""
    priority: int = 5
    critical: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A raw window: a block as the sensor gave it, to be kept until the gateway has it (`Outbox.append_raw`).

    It belongs to the answers of the same boot with the same time. `node.escalate.windows` makes them of a sample.

    Attributes:
        stream: what it shows, `[a-z0-9_]{1,32}`; usually the block's name.
        time_ms: the sample's time.
        time_quality: and its quality.
        block: float32, uint8 or int16, of one to four dimensions.
        priority: as in `Record`; by default windows are the first to be thinned, and the last to be sent.
        about: the seq of the record of this boot that a better answer is asked for; None asks nothing.
    """

    stream: str
    time_ms: int
    time_quality: TimeQuality
    block: Block
    priority: int = 0
    about: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One message ready for the air; resent byte for byte until its receipt comes.

    Attributes:
        kind: the last level of its topic, such as `results`.
        payload: encoded, at most 64 KiB.
        boot_id: the process start that made the records, 6 bytes; a resend after a reboot keeps it.
        ranges: inclusive (first, last) pairs of the seqs inside, ascending, disjoint; these records belong to
            this frame and to no other.
    """

    kind: str
    payload: bytes
    boot_id: bytes
    ranges: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the gateway has committed: only now may the outbox forget it.

    Attributes:
        boot_id: of the records.
        ranges: inclusive (first, last) pairs of seq, ascending, disjoint.
    """

    boot_id: bytes
    ranges: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Nap:
    """A planned sleep.

    Attributes:
        duration_s: how long until the alarm, >= 0; coming back takes the state's exit latency on top.
        state: the board's state for it, such as `light`.
        reason: why this state.
        energy_mj: predicted from here to the deadline, going and coming back included.
        draw_mw: what the state draws here, in mW; None for the board's figure.
        runner_up: the state that would have been next; empty where there was no other.
        runner_up_mj: and what it would have cost.
    """

    duration_s: float
    state: str
    reason: str
    energy_mj: float = 0.0
    draw_mw: float | None = None
    runner_up: str = ""
    runner_up_mj: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What went over the air, and what waiting for it took.

    Attributes:
        connections: that the broker accepted.
        packets: sent, acknowledgements and resends included.
        sent_bytes: above TCP, handshakes and resends included.
        received_bytes: above TCP.
        waited_s: seconds awake with nothing to do but wait for the network.
    """

    connections: int = 0
    packets: int = 0
    sent_bytes: int = 0
    received_bytes: int = 0
    waited_s: float = 0.0

    def since(self, before: Traffic) -> Traffic:
        """Return what came since an earlier sum of the same start."""
        return Traffic(
            connections=self.connections - before.connections,
            packets=self.packets - before.packets,
            sent_bytes=self.sent_bytes - before.sent_bytes,
            received_bytes=self.received_bytes - before.received_bytes,
            waited_s=self.waited_s - before.waited_s,
        )
