"""Any message that a peer may honestly say, for property tests."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, Literal

from hypothesis import strategies as st

from node.wire.fields import MOST_INTEGER, MOST_TIME_MS
from node.wire.messages import (
    ITEM_BYTES,
    Aggregate,
    Answer,
    Answers,
    Ask,
    AskKind,
    Column,
    Desired,
    Enrol,
    Enrolled,
    File,
    Forecast,
    Health,
    Message,
    ModelOffer,
    Policy,
    Presence,
    Raw,
    Receipt,
    Receipts,
    Reported,
    Results,
    State,
    Value,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

NATURALS: Final = st.integers(0, MOST_INTEGER)
TIMES: Final = st.integers(0, MOST_TIME_MS)
FINITE: Final = st.floats(allow_nan=False, allow_infinity=False)
POSITIVE: Final = st.floats(0, allow_nan=False, allow_infinity=False)
SECONDS: Final = st.floats(0, 1e9)
BOOTS: Final = st.binary(min_size=6, max_size=6)
DIGESTS: Final = st.binary(min_size=32, max_size=32)
STREAMS: Final = st.from_regex(r"[a-z0-9_]{1,32}", fullmatch=True)
NODES: Final = st.from_regex(r"[a-z0-9-]{1,32}", fullmatch=True)
MODELS: Final = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.+@-]{0,30}", fullmatch=True)
DTYPES: Final[tuple[Literal["f4", "u1", "i2"], ...]] = ("f4", "u1", "i2")
TEXTS: Final = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=60)
LABELS: Final = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20)
SCALARS: Final = st.none() | st.booleans() | st.integers(-MOST_INTEGER, MOST_INTEGER) | FINITE | TEXTS
DATA: Final = st.binary(min_size=1, max_size=100)
EXTRAS: Final = st.dictionaries(
    st.integers(100, MOST_INTEGER), st.none() | NATURALS | TEXTS | st.lists(NATURALS, max_size=3), max_size=3
)


@st.composite
def ranges(draw: st.DrawFn) -> tuple[tuple[int, int], ...]:
    """Draw inclusive ranges, ascending and disjoint."""
    bounds = sorted(draw(st.sets(st.integers(0, 10**6), min_size=1, max_size=8)))
    return tuple((2 * bound, 2 * bound + draw(st.integers(0, 1))) for bound in bounds)


RECEIPTS: Final = st.builds(Receipt, boot_id=BOOTS, ranges=ranges())


def _columns(rows: int) -> st.SearchStrategy[Sequence[Column]]:
    def values(item: st.SearchStrategy[Value]) -> st.SearchStrategy[Sequence[Value]]:
        return st.lists(item, min_size=rows, max_size=rows).map(tuple)

    wide = values(FINITE) | values(st.integers(-(2**53), 2**53)) | values(TEXTS)
    narrow = values(st.floats(width=32, allow_nan=False))
    column = st.builds(Column, name=STREAMS, values=wide, width=st.just(64)) | st.builds(
        Column, name=STREAMS, values=narrow, width=st.just(32)
    )
    return st.lists(column, min_size=1, max_size=5, unique_by=lambda each: each.name).map(tuple)


@st.composite
def results(draw: st.DrawFn) -> Results:
    """Draw a batch of a few rows."""
    rows = draw(st.integers(1, 6))
    seqs = sorted(draw(st.sets(st.integers(0, 2**53), min_size=rows, max_size=rows)))
    return Results(
        boot_id=draw(BOOTS),
        seqs=tuple(seqs),
        times_ms=tuple(draw(st.lists(TIMES, min_size=rows, max_size=rows))),
        time_quality=draw(st.integers(0, 2)),
        stream=draw(STREAMS),
        columns=draw(_columns(rows)),
        model=draw(st.just("") | MODELS),
        extra=draw(EXTRAS),
    )


@st.composite
def raws(draw: st.DrawFn) -> Raw:
    """Draw a window whose data is as long as its shape says."""
    shape = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=4)))
    dtype = draw(st.sampled_from(DTYPES))
    size = math.prod(shape) * ITEM_BYTES[dtype]
    return Raw(
        boot_id=draw(BOOTS),
        seq=draw(NATURALS),
        time_ms=draw(TIMES),
        stream=draw(STREAMS),
        shape=shape,
        dtype=dtype,
        rate_hz=draw(SECONDS),
        data=draw(st.binary(min_size=size, max_size=size)),
        about=draw(st.none() | NATURALS),
        extra=draw(EXTRAS),
    )


FORECASTS: Final = st.builds(
    Forecast, start_ms=TIMES, wh_m2=st.lists(st.floats(0.0, 20_000.0), min_size=1, max_size=14).map(tuple)
)
OFFERS: Final = st.builds(ModelOffer, model=MODELS, version=MODELS, digest=DIGESTS, size_bytes=NATURALS, target=TEXTS)
ANSWERED: Final = st.builds(
    Answer,
    boot_id=BOOTS,
    seq=NATURALS,
    by=st.sampled_from(("", "gateway", "cloud")),
    label=TEXTS,
    confidence=st.floats(0.0, 1.0),
    note=TEXTS,
)
MESSAGES: Final[dict[str, st.SearchStrategy[Message]]] = {
    "results": results(),
    "raw": raws(),
    "health": st.builds(
        Health,
        boot_id=BOOTS,
        time_ms=TIMES,
        time_quality=st.integers(0, 2),
        uptime_s=POSITIVE,
        counters=st.dictionaries(LABELS, NATURALS, max_size=5),
        disabled=st.dictionaries(LABELS, TEXTS, max_size=5),
        energy_mj=st.dictionaries(LABELS, st.tuples(POSITIVE, POSITIVE), max_size=5),
        gauges=st.dictionaries(LABELS, FINITE, max_size=5),
        info=st.dictionaries(LABELS, TEXTS, max_size=5),
        extra=EXTRAS,
    ),
    "presence": st.builds(
        Presence,
        state=st.sampled_from(State),
        boot_id=st.just(b"") | BOOTS,
        time_ms=TIMES,
        next_wake_ms=st.none() | TIMES,
        interval_s=st.none() | SECONDS,
        grace_s=SECONDS,
        awake_until_ms=TIMES,
        extra=EXTRAS,
    ),
    "reported": st.builds(
        Reported,
        version=NATURALS,
        policy_counter=NATURALS,
        settings=st.dictionaries(LABELS, SCALARS, max_size=5),
        refused=st.dictionaries(LABELS, TEXTS, max_size=5),
        model=st.just("") | MODELS,
        update=st.dictionaries(LABELS, TEXTS, max_size=5),
        streams=st.dictionaries(STREAMS, st.dictionaries(STREAMS, TEXTS, max_size=4), max_size=3),
        commands=st.dictionaries(NATURALS, TEXTS, max_size=4),
        findings=st.dictionaries(LABELS, TEXTS, max_size=4),
        extra=EXTRAS,
    ),
    "ask": st.builds(
        Ask,
        what=st.sampled_from(AskKind),
        id=NATURALS,
        digest=st.just(b"") | DIGESTS,
        offset=NATURALS,
        length=NATURALS,
        seq=st.none() | NATURALS,
        data=st.just(b"") | DATA,
        extra=EXTRAS,
    ),
    "receipt": st.builds(Receipts, receipts=st.lists(RECEIPTS, min_size=1, max_size=4).map(tuple), extra=EXTRAS),
    "desired": st.builds(
        Desired,
        version=NATURALS,
        watermarks=st.lists(RECEIPTS, max_size=4).map(tuple),
        policy=st.just(b"") | DATA,
        model=st.none() | OFFERS,
        lease_until_ms=TIMES,
        commands=st.dictionaries(NATURALS, LABELS, max_size=4),
        time_ms=TIMES,
        forecast=st.none() | FORECASTS,
        deadlines=st.dictionaries(NATURALS, TIMES, max_size=4),
        extra=EXTRAS,
    ),
    "file": st.builds(
        File,
        id=NATURALS,
        digest=DIGESTS,
        offset=NATURALS,
        size_bytes=NATURALS,
        data=st.binary(max_size=200),
        extra=EXTRAS,
    ),
    "answer": st.builds(Answers, answers=st.lists(ANSWERED, min_size=1, max_size=4).map(tuple), extra=EXTRAS),
    "policy": st.builds(
        Policy,
        audience=LABELS,
        counter=NATURALS,
        not_after_ms=TIMES,
        settings=st.dictionaries(LABELS, SCALARS, max_size=6),
        extra=EXTRAS,
    ),
    "aggregate": st.builds(
        Aggregate,
        node=NODES,
        stream=STREAMS,
        column=STREAMS,
        start_ms=TIMES,
        end_ms=TIMES,
        count=NATURALS,
        total=st.none() | FINITE,
        least=st.none() | FINITE,
        most=st.none() | FINITE,
        mean=st.none() | FINITE,
        variance=st.none() | POSITIVE,
        quantiles=st.dictionaries(LABELS, FINITE, max_size=4),
        classes=st.dictionaries(TEXTS, NATURALS, max_size=4),
        extra=EXTRAS,
    ),
    "enrol": st.builds(Enrol, secret=st.binary(max_size=16), request=st.binary(max_size=200), extra=EXTRAS),
    "enrolled": st.builds(Enrolled, certificate=st.binary(max_size=200), reason=TEXTS, extra=EXTRAS),
}
"""By kind."""
ANY_MESSAGE: Final = st.one_of(*MESSAGES.values())
