"""Messages that break the contract, each with the reasons that it may be refused for. Pure, and of no size.

What is not told apart by its bytes alone (a flood, ten thousand boots, a clock in 1970) is in `storms`: it keeps the
contract, and must be borne.
"""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cbor2

from node.wire import codec
from node.wire.coding import batch
from node.wire.messages import (
    Ask,
    AskKind,
    Column,
    Desired,
    File,
    Health,
    Message,
    ModelOffer,
    Presence,
    Raw,
    Receipt,
    Receipts,
    Reported,
    Results,
    State,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

BOOT: Final = b"hostil"
_PRIME: Final = 2**61 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One message that has to be refused.

    Attributes:
        name: for people.
        topic: where it is said.
        payload: what is said.
        reasons: any of these is right.
    """

    name: str
    topic: str
    payload: bytes
    reasons: frozenset[str]


def honest(now_ms: int) -> dict[str, Message]:
    """Return one message of each kind, as honest peers say them."""
    receipt = Receipt(boot_id=BOOT, ranges=((0, 9),))
    columns = [Column(name="abc", values=[1.5, 2.5, 9.25]), Column(name="word", values=["dry", "wet", "mud"])]
    said: tuple[Message, ...] = (
        Results(boot_id=BOOT, seqs=[0, 1, 2], times_ms=[now_ms] * 3, stream="forged", columns=columns),
        Raw(boot_id=BOOT, seq=0, time_ms=now_ms, stream="forged", shape=(4,), dtype="u1", data=b"data"),
        Health(boot_id=BOOT, time_ms=now_ms, uptime_s=1.0, counters={"cycles": 1}, energy_mj={"sense": (1.0, 2.0)}),
        Presence(state=State.READY, boot_id=BOOT, time_ms=now_ms, interval_s=60.0),
        Reported(version=1, settings={"gate": "always"}, streams={"forged": {"abc": "Cel"}}),
        Ask(what=AskKind.CHUNK, id=1, digest=bytes(32), offset=0, length=1),
        Desired(
            version=1, watermarks=[receipt], model=ModelOffer(model="m", version="1", digest=bytes(32), size_bytes=9)
        ),
        Receipts(receipts=[receipt]),
        File(id=1, digest=bytes(32), offset=0, size_bytes=4, data=b"data"),
    )
    return {each.kind: each for each in said}


def bombs() -> dict[str, tuple[bytes, str]]:
    """Return CBOR that no message is made of, which decoders have fallen to, and the reason for each."""
    colliding = b"".join(_head(0, at * _PRIME % 2**64) + b"\x00" for at in range(6000))
    return {
        "nothing": (b"", "truncated"),
        "64 KiB and more": (_head(2, 66_000) + bytes(66_000), "too-large"),
        "array of 2^64 - 1": (_head(4, 2**64 - 1), "too-many-items"),
        "map of 2^60": (_head(5, 2**60), "too-many-entries"),
        "string of 2^63": (_head(2, 2**63), "truncated"),
        "60,000 levels": (b"\x81" * 60_000 + b"\x00", "too-deep"),
        "nine levels": (b"\x81" * 9 + b"\x00", "too-deep"),
        "5,000 items": (_head(4, 5000) + bytes(5000), "too-many-items"),
        "colliding keys, 58 KiB": (_head(5, 6000) + colliding, "too-many-entries"),
        "decimal fraction of 8 bytes": (bytes.fromhex("c4821a000f424001"), "tag"),
        "bigfloat": (bytes.fromhex("c5821a7fffffff01"), "tag"),
        "bignum of 60 KiB": (b"\xc2" + _head(2, 60_000) + b"\xff" * 60_000, "tag"),
        "shared references": (laughs(), "tag"),
        "cyclic reference": (bytes.fromhex("d81c81d81d00"), "tag"),
        "regular expression": (b"\xd8\x23" + cbor2.dumps("(a+)+$"), "tag"),
        "date": (cbor2.dumps(cbor2.CBORTag(0, "2038-01-19T03:14:08Z")), "tag"),
        "endless array": (b"\x9f" + b"\x00" * 100 + b"\xff", "indefinite"),
        "trailing garbage": (b"\xa0garbage", "trailing-bytes"),
        "key twice": (b"\xa2\x00\x01\x00\x01", "duplicate-key"),
        "key twice, written otherwise": (b"\xa2\x00\x01\x18\x00\x01", "bad-key"),
        "array as a key": (b"\xa1\x80\x00", "bad-key"),
        "undefined": (b"\xf7", "bad-simple"),
        "reserved head": (b"\x1c", "bad-head"),
        "text that is no UTF-8": (b"\xa2\x00\x01\x05\x62\xff\xff", "bad-text"),
        "no map": (b"\x83\x01\x02\x03", "bad-type"),
        "JSON": (b'{"temperature": 21.5}', "truncated trailing-bytes bad-type"),
    }


def to_gateway(site: str, node: str, now_ms: int) -> Iterator[Case]:
    """Give what a node may say to its gateway, and must not."""
    base = f"torpor/1/{site}/{node}"
    said = honest(now_ms)
    for kind in ("results", "raw", "health", "presence", "reported", "ask"):
        yield from _of_kind(f"{base}/{kind}", kind, said[kind])
    for name, (body, reason) in _bodies().items():
        forged = cbor2.dumps({0: 1, 1: BOOT, 2: body, 5: "forged"})
        yield _case(f"results: {name}", f"{base}/results", forged, reason)
    for name, level in {
        "capital letters": "EVIL",
        "33 letters": "n" * 33,
        "60,000 letters": "n" * 60_000,
        "SQL": "x'; DROP TABLE record; --",
        "the gateway's own name": "_",
    }.items():
        payload = codec.encode(said["results"])
        yield _case(f"topic: {name}", f"torpor/1/{site}/{level}/results", payload, "bad-name")


def to_node(site: str, node: str, now_ms: int) -> Iterator[Case]:
    """Give what somebody in the gateway's place may say to a node, and must not."""
    said = honest(now_ms)
    for kind in ("desired", "receipt", "file"):
        yield from _of_kind(f"torpor/1/{site}/{node}/{kind}", kind, said[kind])


def noise(site: str, node: str, now_ms: int, count: int, seed: int) -> list[tuple[str, bytes]]:
    """Return honest messages of every kind with a few bits flipped; what is left of them, nobody knows."""
    draw = random.Random(seed)
    said = [(kind, codec.encode(message)) for kind, message in honest(now_ms).items()]
    damaged = []
    for _ in range(count):
        kind, payload = draw.choice(said)
        forged = bytearray(payload)
        for _ in range(draw.randint(1, 6)):
            forged[draw.randrange(len(forged))] ^= 1 << draw.randrange(8)
        damaged.append((f"torpor/1/{site}/{node}/{kind}", bytes(forged)))
    return damaged


def _of_kind(topic: str, kind: str, message: Message) -> Iterator[Case]:
    """Give every bomb on this kind's topic, and forgeries of an honest message of it."""
    for name, (payload, reason) in bombs().items():
        yield _case(f"{kind}: {name}", topic, payload, reason)
    payload = codec.encode(message)
    entries: dict[object, object] = cbor2.loads(payload)
    for cut in (1, len(payload) // 2, len(payload) - 1):
        yield _case(f"{kind}: cut at {cut}", topic, payload[:cut], "truncated")
    for major in (0, 2, 2**32):
        yield _case(f"{kind}: major {major}", topic, cbor2.dumps(entries | {0: major}), "unknown-major")
    least = min(key for key in entries if isinstance(key, int) and key > 0)
    yield _case(f"{kind}: twice", topic, payload * 2, "trailing-bytes")
    yield _case(f"{kind}: an integer of 64 bits", topic, cbor2.dumps(entries | {2**63: 0}), "bad-key")
    yield _case(
        f"{kind}: a list for its first field", topic, cbor2.dumps(entries | {least: [[]]}), "bad-type bad-length"
    )
    without = {key: value for key, value in entries.items() if key != least}
    yield _case(f"{kind}: without its first field", topic, cbor2.dumps(without), "missing-key")


def _bodies() -> dict[str, tuple[bytes, str]]:
    """Return bodies of Results that lie, and the reasons for each."""
    columns = [Column(name="abc", values=[1.5, 2.5, 9.25]), Column(name="word", values=["dry", "wet", "mud"])]
    delta = batch.pack([1, 2, 3], [1000, 2000, 3000], columns, layouts=(batch.Layout.DELTA,))
    zstd = b"\x04" + delta[1 : delta.index(b"mud") + 3]
    row = batch.pack([1], [1000], columns[:0])[:-1]
    return {
        "a zstd frame of 13 bytes that says 2^63": (zstd + bytes.fromhex("28b52ffde0ffffffffffffff7f"), "too-large"),
        "a zstd frame that holds more than it says": (zstd + _lying_zstd(), "bad-body"),
        "a column with a slash": (delta.replace(b"abc", b"a/c"), "bad-body"),
        "a column with a NUL": (delta.replace(b"abc", b"a\x00c"), "bad-body"),
        "a word with a NUL": (delta.replace(b"wet", b"w\x00t"), "bad-body"),
        "a word that is no UTF-8": (delta.replace(b"wet", b"\xff\xfe\xfd"), "bad-body"),
        "an unknown layout": (b"\x07" + delta[1:], "bad-body"),
        "4,097 rows": (bytes((delta[0],)) + b"\x81\x20" + delta[2:], "bad-body"),
        "a seq of 2^64": (row[:1] + b"\xff" * 9 + b"\x01" + row[2:], "bad-body short-body"),
        "an endless number": (b"\x02" + b"\xff" * 100, "bad-body"),
        "an end too early": (delta[:-2], "bad-body short-body"),
        "no columns": (batch.pack([1], [1000], ()), "bad-body"),
    }


def _lying_zstd() -> bytes:
    """Return a frame that declares three bytes and holds a run of 128 KiB (RFC 8878 §3.1.1: single segment, RLE)."""
    block = struct.pack("<I", (1 << 17 << 3) | 1 << 1 | 1)[:3]
    return b"\x28\xb5\x2f\xfd\x20\x03" + block + b"\x00"


def laughs() -> bytes:
    """Return shared references of which each holds the one before twice: 2^29 items to whoever follows them."""
    links = [b"\xd8\x1c\x82" + 2 * (b"\xd8\x1d" + _head(0, at)) for at in range(29)]
    return _head(4, 30) + b"\xd8\x1c\x82\x00\x00" + b"".join(links)


def _head(major: int, argument: int) -> bytes:
    """Return an item's head in eight-byte form, or the short one (RFC 8949 §3)."""
    if argument < 24:
        return bytes((major << 5 | argument,))
    return bytes((major << 5 | 27,)) + argument.to_bytes(8, "big")


def _case(name: str, topic: str, payload: bytes, reasons: str) -> Case:
    return Case(name=name, topic=topic, payload=payload, reasons=frozenset(reasons.split()))
