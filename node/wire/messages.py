"""What node and gateway say to each other, as frozen values.

Each class is one kind of message; `field(n)` is its integer key on the wire, and 0 is always the major version.
Up: Results, Raw, Health, Presence, Reported, Ask. Down: Desired, Receipts, File. Inside others: Policy, ModelOffer.
Out of the gateway: Aggregate. Unknown keys of a newer peer ride along in `extra` and are written back.

Times are milliseconds since 1970 by the node's clock, with its quality; the gateway keeps its own beside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as _field
from enum import IntEnum, StrEnum
from typing import Any, ClassVar, Final, Literal

MAJOR: Final = 1
BOOT_ID_BYTES: Final = 6
"""48 random bits a process start: ten thousand starts of one node meet with a chance of 2e-7."""

Value = float | int | str | None


def field(key: int, **options: Any) -> Any:
    """Give a message's field its integer key."""
    return _field(metadata={"key": key}, **options)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a batch.

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
    boot_id: bytes = field(1)
    seqs: Sequence[int] = field(2)
    times_ms: Sequence[int] = field(3)
    time_quality: int = field(4, default=0)
    stream: str = field(5)
    columns: Sequence[Column] = field(6)
    model: str = field(7, default="")
    extra: Mapping[int, object] = _field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """One raw window or picture, for those who must see what the model saw."""

    kind: ClassVar[str] = "raw"
    boot_id: bytes = field(1)
    seq: int = field(2)
    time_ms: int = field(3)
    time_quality: int = field(4, default=0)
    stream: str = field(5)
    shape: Sequence[int] = field(6)
    dtype: Literal["f4", "u1", "i2"] = field(7)
    rate_hz: float = field(8, default=0.0)
    coding: int = field(9, default=0)
    data: bytes = field(10)
    extra: Mapping[int, object] = _field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a node is: counters since this boot, what is disabled and why, and where the joules went.

    `counters` are cumulative, so that a lost message costs nothing; `energy_mj` is by stage: (measured, modelled).
    """

    kind: ClassVar[str] = "health"
    boot_id: bytes = field(1)
    time_ms: int = field(2)
    time_quality: int = field(3, default=0)
    uptime_s: float = field(4)
    counters: Mapping[str, int] = field(5, default_factory=dict)
    disabled: Mapping[str, str] = field(6, default_factory=dict)
    energy_mj: Mapping[str, tuple[float, float]] = field(7, default_factory=dict)
    gauges: Mapping[str, float] = field(8, default_factory=dict)
    info: Mapping[str, str] = field(9, default_factory=dict)
    extra: Mapping[int, object] = _field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """Where the node is; retained. The broker holds one that says `lost` as the will."""

    kind: ClassVar[str] = "presence"
    state: State = field(1)
    boot_id: bytes = field(2, default=b"")
    time_ms: int = field(3, default=0)
    next_wake_ms: int | None = field(4, default=None)
    interval_s: float | None = field(5, default=None)
    grace_s: float = field(6, default=0.0)
    extra: Mapping[int, object] = _field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What the node runs on: retained, the answer to Desired."""

    kind: ClassVar[str] = "reported"
    version: int = field(1)
    policy_counter: int = field(2, default=0)
    settings: Mapping[str, Value] = field(3, default_factory=dict)
    refused: Mapping[str, str] = field(4, default_factory=dict)
    model: str = field(5, default="")
    update: Mapping[str, str] = field(6, default_factory=dict)
    streams: Mapping[str, Mapping[str, str]] = field(7, default_factory=dict)
    extra: Mapping[int, object] = _field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A node's question: the time, a chunk of a file, an answer for a window it is unsure of."""

    kind: ClassVar[str] = "ask"
    what: AskKind = field(1)
    id: int = field(2)
    digest: bytes = field(3, default=b"")
    offset: int = field(4, default=0)
    length: int = field(5, default=0)
    seq: int | None = field(6, default=None)
    data: bytes = field(7, default=b"")
    extra: Mapping[int, object] = _field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Committed by the gateway: inclusive (first, last) ranges of seq of one boot, ascending, disjoint."""

    boot_id: bytes = field(1)
    ranges: Sequence[tuple[int, int]] = field(2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipts:
    """What the outbox may now forget."""

    kind: ClassVar[str] = "receipt"
    receipts: Sequence[Receipt] = field(1)
    extra: Mapping[int, object] = _field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelOffer:
    """A model that the gateway would like the node to fetch."""

    model: str = field(1)
    version: str = field(2)
    digest: bytes = field(3)
    size_bytes: int = field(4)
    target: str = field(5, default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Desired:
    """What the gateway wants of a node: retained and versioned, for whenever it wakes.

    `watermarks` repeats the newest receipts for a node that slept through them; `policy` is a COSE_Sign1 whose payload
    is a Policy; `lease_until_ms` asks it to stay awake and expires by itself.
    """

    kind: ClassVar[str] = "desired"
    version: int = field(1)
    watermarks: Sequence[Receipt] = field(2, default=())
    policy: bytes = field(3, default=b"")
    model: ModelOffer | None = field(4, default=None)
    lease_until_ms: int = field(5, default=0)
    commands: Mapping[int, str] = field(6, default_factory=dict)
    time_ms: int = field(7, default=0)
    extra: Mapping[int, object] = _field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A piece of a file that a node asked for, named by the digest of the whole."""

    kind: ClassVar[str] = "file"
    id: int = field(1)
    digest: bytes = field(2)
    offset: int = field(3)
    size_bytes: int = field(4)
    data: bytes = field(5)
    extra: Mapping[int, object] = _field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The payload of a signed duty-cycle policy: for whom, which in order, until when, and what."""

    kind: ClassVar[str] = "policy"
    audience: str = field(1)
    counter: int = field(2)
    not_after_ms: int = field(3)
    settings: Mapping[str, Value] = field(4)
    extra: Mapping[int, object] = _field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """One window of one column, as the gateway publishes it; mergeable with its neighbours."""

    kind: ClassVar[str] = "aggregate"
    node: str = field(1)
    stream: str = field(2)
    column: str = field(3)
    start_ms: int = field(4)
    end_ms: int = field(5)
    count: int = field(6)
    total: float | None = field(7, default=None)
    least: float | None = field(8, default=None)
    most: float | None = field(9, default=None)
    mean: float | None = field(10, default=None)
    variance: float | None = field(11, default=None)
    quantiles: Mapping[str, float] = field(12, default_factory=dict)
    classes: Mapping[str, int] = field(13, default_factory=dict)
    extra: Mapping[int, object] = _field(default_factory=dict)


Message = Results | Raw | Health | Presence | Reported | Ask | Receipts | Desired | File | Policy | Aggregate
