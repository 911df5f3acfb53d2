"""What node and gateway say to each other, as frozen values.

Each class is one kind of message; `field(n, rule)` gives a field its integer key on the wire and what it may hold,
and key 0 is always the major version. Up: Results, Raw, Health, Presence, Reported, Ask. Down: Desired, Receipts,
File, Answers. Inside others: Policy, ModelOffer, Forecast. Out of the gateway: Aggregate. Before there is a broker
between them: Enrol, Enrolled. Unknown keys of a newer peer ride along in `extra` and are written back.

Times are milliseconds since 1970 by the node's clock, with its quality; the gateway keeps its own beside them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as _field
from enum import IntEnum, StrEnum
from typing import Any, ClassVar, Final, Literal, NamedTuple

from node.wire import fields as rules
from node.wire import packing
from node.wire.errors import WireError
from node.wire.records import MOST_WH_M2, Answer, Forecast, ModelOffer, Receipt
from node.wire.vocabulary import (
    BOOT_ID,
    BOOT_ID_BYTES,
    CHUNK,
    COUNT,
    DATA,
    DER,
    DIGEST,
    LABEL,
    MODEL,
    MOST_DATA_BYTES,
    NODE,
    NOTE,
    QUALITY,
    SECRET,
    SEQ,
    STREAM,
    TEXT,
    TIME_MS,
    field,
)

__all__ = [
    "BODY",
    "BOOT_ID_BYTES",
    "ITEM_BYTES",
    "MAJOR",
    "MOST_DATA_BYTES",
    "MOST_WH_M2",
    "MOST_WINDOW_BYTES",
    "Aggregate",
    "Answer",
    "Answers",
    "Ask",
    "AskKind",
    "Column",
    "Desired",
    "Enrol",
    "Enrolled",
    "File",
    "Forecast",
    "Health",
    "Message",
    "ModelOffer",
    "Policy",
    "Presence",
    "Raw",
    "Receipt",
    "Receipts",
    "Reported",
    "Results",
    "State",
    "Value",
    "field",
]

MAJOR: Final = 1
Value = float | int | str | None

BODY: Final = 2
"""The key of Results under which `coding.batch` packs seqs, times and columns together."""


def _packed() -> Any:
    """Mark a field that travels inside the body of Results."""
    return _field(metadata={"key": BODY})


class State(StrEnum):
    """Presence, in Homie 5's words; `late` and `lost` of a sleeper are the gateway's own judgement."""

    INIT = "init"
    READY = "ready"
    SLEEPING = "sleeping"
    DISCONNECTED = "disconnected"
    LOST = "lost"


class AskKind(IntEnum):
    """What a node can ask of the gateway."""

    TIME = 0
    CHUNK = 1
    ANSWER = 2


class Column(NamedTuple):
    """One column of a batch. A tuple, because a gateway makes seven of them for a message of one row.

    Attributes:
        name: `[a-z0-9_]{1,32}`.
        values: numbers (NaN: the sensor gave none), or words; one a row.
        width: 32 where the values are float32 and must come back as those very float32.
    """

    name: str
    values: Sequence[Value]
    width: Literal[32, 64] = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """A batch of rows of one stream: `seqs`, `times_ms` and every column are equally long, 1 to 4096."""

    kind: ClassVar[str] = "results"
    boot_id: bytes = field(1, BOOT_ID)
    seqs: Sequence[int] = _packed()
    times_ms: Sequence[int] = _packed()
    time_quality: int = field(4, QUALITY, default=0)
    stream: str = field(5, STREAM)
    columns: Sequence[Column] = _packed()
    model: str = field(7, MODEL, default="")
    extra: Mapping[int, object] = _field(default_factory=dict)


MOST_WINDOW_BYTES: Final = 1 << 24
"""Of an unpacked raw window: no message holds as much, but zeros do, and their reader would have to."""

ITEM_BYTES: Final = {"f4": 4, "u1": 1, "i2": 2}
"""What one item of a raw window takes, by its dtype: little-endian float32, bytes, little-endian int16."""


def row_bytes(shape: Sequence[int], dtype: str) -> int:
    """Return how long a row of a window is: all of its last axis, or an item where it has one axis alone."""
    return ITEM_BYTES[dtype] * (shape[-1] if len(shape) > 1 else 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """One raw window or picture, for those who must see what the model saw.

    `coding` says how `data` was packed (`packing`); unpacked, it is exactly `size_bytes` long. One that
    is `about` a record of its boot asks for a better answer than the record holds.
    """

    kind: ClassVar[str] = "raw"
    boot_id: bytes = field(1, BOOT_ID)
    seq: int = field(2, SEQ)
    time_ms: int = field(3, TIME_MS)
    time_quality: int = field(4, QUALITY, default=0)
    stream: str = field(5, STREAM)
    shape: Sequence[int] = field(6, rules.sequence(rules.integer(1, 1 << 24), 1, 4))
    dtype: Literal["f4", "u1", "i2"] = field(7, rules.one_of(tuple(ITEM_BYTES)))
    rate_hz: float = field(8, rules.number(0, 1e9), default=0.0)
    coding: int = field(9, rules.integer(0, 255), default=0)
    data: bytes = field(10, DATA)
    about: int | None = field(11, SEQ, default=None)
    extra: Mapping[int, object] = _field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.size_bytes > MOST_WINDOW_BYTES:
            raise WireError("too-large", f"a window of {self.size_bytes} bytes; at most {MOST_WINDOW_BYTES}")
        if self.coding == 0 and len(self.data) != self.size_bytes:
            raise WireError("bad-length", f"{len(self.data)} bytes of data; the shape says {self.size_bytes}")

    @property
    def size_bytes(self) -> int:
        """How long the unpacked data is, by shape and dtype."""
        return math.prod(self.shape) * ITEM_BYTES[self.dtype]

    def unpacked(self) -> bytes:
        """Return the items, row by row.

        Raises:
            WireError: `data` is not what `coding` says, or not as long as the shape.
        """
        items = packing.unpack(self.coding, self.data, self.size_bytes, row_bytes(self.shape, self.dtype))
        if len(items) != self.size_bytes:
            raise WireError("bad-length", f"{len(items)} bytes of data; the shape says {self.size_bytes}")
        return items


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a node is: counters since this boot, what is disabled and why, and where the joules went.

    `counters` are cumulative, so that a lost message costs nothing; `energy_mj` is by stage: (measured, modelled).
    """

    kind: ClassVar[str] = "health"
    boot_id: bytes = field(1, BOOT_ID)
    time_ms: int = field(2, TIME_MS)
    time_quality: int = field(3, QUALITY, default=0)
    uptime_s: float = field(4, rules.number(0))
    counters: Mapping[str, int] = field(5, rules.mapping(LABEL, COUNT), default_factory=dict)
    disabled: Mapping[str, str] = field(6, rules.mapping(LABEL, NOTE), default_factory=dict)
    energy_mj: Mapping[str, tuple[float, float]] = field(
        7, rules.mapping(LABEL, rules.pair(rules.number(0))), default_factory=dict
    )
    gauges: Mapping[str, float] = field(8, rules.mapping(LABEL, rules.number()), default_factory=dict)
    info: Mapping[str, str] = field(9, rules.mapping(LABEL, NOTE), default_factory=dict)
    extra: Mapping[int, object] = _field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """Where the node is; retained. The broker holds one that says `lost` as the will.

    `awake_until_ms` is the end of a lease: until then it stays up, with its link open.
    """

    kind: ClassVar[str] = "presence"
    state: State = field(1, rules.one_of(State))
    boot_id: bytes = field(2, BOOT_ID, default=b"")
    time_ms: int = field(3, TIME_MS, default=0)
    next_wake_ms: int | None = field(4, TIME_MS, default=None)
    interval_s: float | None = field(5, rules.number(0, 1e9), default=None)
    grace_s: float = field(6, rules.number(0, 1e9), default=0.0)
    awake_until_ms: int = field(7, TIME_MS, default=0)
    extra: Mapping[int, object] = _field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What the node runs on: retained, the answer to Desired.

    `commands` has the state of each that is still wished for, such as `failed: no lamp`; `findings` are what the newest
    of them that looks around has found.
    """

    kind: ClassVar[str] = "reported"
    version: int = field(1, COUNT)
    policy_counter: int = field(2, COUNT, default=0)
    settings: Mapping[str, Value] = field(3, rules.mapping(LABEL, rules.scalar()), default_factory=dict)
    refused: Mapping[str, str] = field(4, rules.mapping(LABEL, NOTE), default_factory=dict)
    model: str = field(5, MODEL, default="")
    update: Mapping[str, str] = field(6, rules.mapping(LABEL, NOTE), default_factory=dict)
    streams: Mapping[str, Mapping[str, str]] = field(
        7, rules.mapping(STREAM, rules.flat(STREAM, TEXT)), default_factory=dict
    )
    commands: Mapping[int, str] = field(8, rules.mapping(COUNT, NOTE), default_factory=dict)
    findings: Mapping[str, str] = field(9, rules.mapping(LABEL, NOTE), default_factory=dict)
    extra: Mapping[int, object] = _field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A node's question: the time, a chunk of a file, an answer for a window it is unsure of.

    A file is asked for by its digest; one of a model's metadata by its name in `data`, and comes deflated:
    against another, whose name may follow after a space because the node has it, where the gateway has it too.
    """

    kind: ClassVar[str] = "ask"
    what: AskKind = field(1, rules.one_of(AskKind))
    id: int = field(2, COUNT)
    digest: bytes = field(3, DIGEST, default=b"")
    offset: int = field(4, COUNT, default=0)
    length: int = field(5, COUNT, default=0)
    seq: int | None = field(6, SEQ, default=None)
    data: bytes = field(7, DATA, default=b"")
    extra: Mapping[int, object] = _field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipts:
    """What the outbox may now forget."""

    kind: ClassVar[str] = "receipt"
    receipts: Sequence[Receipt] = field(1, rules.sequence(rules.record(Receipt), 1, 256))
    extra: Mapping[int, object] = _field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desired:
    """What the gateway wants of a node: retained and versioned, for whenever it wakes.

    `watermarks` repeats the newest receipts for a node that slept through them; `policy` is a COSE_Sign1 whose payload
    is a Policy; `lease_until_ms` asks it to stay awake and expires by itself, and so does each day of the forecast.
    `commands` are words by id, each to be carried out once; past its time among `deadlines` it is not begun any more.
    """

    kind: ClassVar[str] = "desired"
    version: int = field(1, COUNT)
    watermarks: Sequence[Receipt] = field(2, rules.sequence(rules.record(Receipt), 0, 256), default=())
    policy: bytes = field(3, DATA, default=b"")
    model: ModelOffer | None = field(4, rules.record(ModelOffer), default=None)
    lease_until_ms: int = field(5, TIME_MS, default=0)
    commands: Mapping[int, str] = field(6, rules.mapping(COUNT, LABEL), default_factory=dict)
    time_ms: int = field(7, TIME_MS, default=0)
    forecast: Forecast | None = field(8, rules.record(Forecast), default=None)
    deadlines: Mapping[int, int] = field(9, rules.mapping(COUNT, TIME_MS), default_factory=dict)
    extra: Mapping[int, object] = _field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A piece of a file that a node asked for, named by the digest of the whole; one without bytes: there is none."""

    kind: ClassVar[str] = "file"
    id: int = field(1, COUNT)
    digest: bytes = field(2, DIGEST)
    offset: int = field(3, COUNT)
    size_bytes: int = field(4, COUNT)
    data: bytes = field(5, CHUNK)
    extra: Mapping[int, object] = _field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Answers for windows that a node was unsure of, by the seqs of their records; retained until it was here again."""

    kind: ClassVar[str] = "answer"
    answers: Sequence[Answer] = field(1, rules.sequence(rules.record(Answer), 1, 32))
    extra: Mapping[int, object] = _field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The payload of a signed duty-cycle policy: for whom, which in order, until when, and what."""

    kind: ClassVar[str] = "policy"
    audience: str = field(1, LABEL)
    counter: int = field(2, COUNT)
    not_after_ms: int = field(3, TIME_MS)
    settings: Mapping[str, Value] = field(4, rules.mapping(LABEL, rules.scalar()))
    extra: Mapping[int, object] = _field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrol:
    """A node's wish for a certificate: see `enrolment`. Without any field: for the authority's."""

    kind: ClassVar[str] = "enrol"
    secret: bytes = field(1, SECRET, default=b"", repr=False)
    request: bytes = field(2, DER, default=b"")
    extra: Mapping[int, object] = _field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """The gateway's answer: a certificate, DER, the node's or the authority's; or the reason why not."""

    kind: ClassVar[str] = "enrolled"
    certificate: bytes = field(1, DER, default=b"")
    reason: str = field(2, NOTE, default="")
    extra: Mapping[int, object] = _field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """One window of one column, as the gateway publishes it; mergeable with its neighbours."""

    kind: ClassVar[str] = "aggregate"
    node: str = field(1, NODE)
    stream: str = field(2, STREAM)
    column: str = field(3, STREAM)
    start_ms: int = field(4, TIME_MS)
    end_ms: int = field(5, TIME_MS)
    count: int = field(6, COUNT)
    total: float | None = field(7, rules.number(), default=None)
    least: float | None = field(8, rules.number(), default=None)
    most: float | None = field(9, rules.number(), default=None)
    mean: float | None = field(10, rules.number(), default=None)
    variance: float | None = field(11, rules.number(0), default=None)
    quantiles: Mapping[str, float] = field(12, rules.mapping(LABEL, rules.number()), default_factory=dict)
    classes: Mapping[str, int] = field(13, rules.mapping(TEXT, COUNT), default_factory=dict)
    extra: Mapping[int, object] = _field(default_factory=dict)


Message = (
    Results
    | Raw
    | Health
    | Presence
    | Reported
    | Ask
    | Receipts
    | Desired
    | File
    | Answers
    | Policy
    | Aggregate
    | Enrol
    | Enrolled
)
