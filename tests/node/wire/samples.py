"""One full and one bare message of each kind, as a node and a gateway would say them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, cast

from node.wire.codec import CLASSES
from node.wire.messages import (
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
)

BOOT: Final = bytes.fromhex("a1b2c3d4e5f6")
DIGEST: Final = bytes(range(32))
NOON_MS: Final = 1_790_000_000_000

FULL: Final[dict[str, Message]] = {
    "results": Results(
        boot_id=BOOT,
        seqs=(41, 42),
        times_ms=(NOON_MS, NOON_MS + 600_000),
        time_quality=1,
        stream="climate",
        columns=(Column(name="temperature", values=(21.5, 21.75)), Column(name="label", values=("dry", "wet"))),
        model="leaf@1.4.0",
    ),
    "raw": Raw(
        boot_id=BOOT,
        seq=42,
        time_ms=NOON_MS,
        time_quality=2,
        stream="pump",
        shape=(2, 2),
        dtype="i2",
        rate_hz=6400.0,
        coding=1,
        data=bytes.fromhex("789c6364f8ff9f89e1df7f000e0803ff"),  # written out: zlibs differ in what they make
        about=41,
    ),
    "health": Health(
        boot_id=BOOT,
        time_ms=NOON_MS,
        time_quality=1,
        uptime_s=86400.5,
        counters={"cycles": 1440, "gated_out": 1398},
        disabled={"sensors[1]": "no 'i2c9'; board has i2c1"},
        energy_mj={"infer": (12.5, 0.25), "transmit": (0.0, 310.0)},
        gauges={"charge": 0.75},
        info={"version": "0.1.0"},
    ),
    "presence": Presence(
        state=State.SLEEPING,
        boot_id=BOOT,
        time_ms=NOON_MS,
        next_wake_ms=NOON_MS + 600_000,
        interval_s=600.0,
        grace_s=30.0,
        awake_until_ms=NOON_MS + 60_000,
    ),
    "reported": Reported(
        version=7,
        policy_counter=3,
        settings={"transmit_s": 600, "gate": "zscore", "margin": 0.5, "quiet": None, "led": False},
        refused={"sample_s": "0.01 is below this node's 1"},
        model="digits@2.0.0",
        update={"state": "shadow"},
        streams={"climate": {"temperature": "Cel", "label": ""}},
        commands={1: "successful", 2: "failed: no lamp"},
        findings={"clock": "ok: synchronised"},
    ),
    "ask": Ask(what=AskKind.CHUNK, id=9, digest=DIGEST, offset=65536, length=32768, seq=42, data=b"\x01\x02"),
    "receipt": Receipts(receipts=(Receipt(boot_id=BOOT, ranges=((0, 41), (43, 1000))),)),
    "desired": Desired(
        version=8,
        watermarks=(Receipt(boot_id=BOOT, ranges=((0, 1000),)),),
        policy=b"\xd2\x84",
        model=ModelOffer(model="digits", version="2.0.0", digest=DIGEST, size_bytes=61_440, target="digits.tflite"),
        lease_until_ms=NOON_MS + 60_000,
        commands={1: "identify"},
        time_ms=NOON_MS,
        forecast=Forecast(start_ms=NOON_MS, wh_m2=(5200.0, 812.5, 0.0)),
        deadlines={1: NOON_MS + 60_000},
    ),
    "file": File(id=9, digest=DIGEST, offset=65536, size_bytes=65540, data=b"tail"),
    "answer": Answers(
        answers=(
            Answer(boot_id=BOOT, seq=41, by="gateway", label="wet", confidence=0.96875, note=""),
            Answer(boot_id=BOOT, seq=42, by="", label="", confidence=0.0, note="no model for climate"),
        )
    ),
    "policy": Policy(
        audience="pump-3", counter=4, not_after_ms=NOON_MS, settings={"sample_s": 60, "mode": "powersave"}
    ),
    "aggregate": Aggregate(
        node="pump-3",
        stream="climate",
        column="temperature",
        start_ms=NOON_MS,
        end_ms=NOON_MS + 3_600_000,
        count=6,
        total=129.0,
        least=21.0,
        most=22.0,
        mean=21.5,
        variance=0.125,
        quantiles={"0.5": 21.5},
        classes={"dry": 4, "wet": 2},
    ),
    "enrol": Enrol(secret=BOOT + BOOT + BOOT[:4], request=b"0\x03\x02\x01\x05"),
    "enrolled": Enrolled(certificate=b"0\x03\x02\x01\x07", reason="no token of pump-3"),
}
"""Every field of every kind, none at its default."""

BARE: Final[dict[str, Message]] = {
    "results": Results(
        boot_id=BOOT, seqs=(0,), times_ms=(NOON_MS,), stream="host", columns=(Column(name="load_1m", values=(0.25,)),)
    ),
    "raw": Raw(boot_id=BOOT, seq=0, time_ms=NOON_MS, stream="meter", shape=(1, 3), dtype="u1", data=b"abc"),
    "health": Health(boot_id=BOOT, time_ms=NOON_MS, uptime_s=0.0),
    "presence": Presence(state=State.LOST),
    "reported": Reported(version=0),
    "ask": Ask(what=AskKind.TIME, id=0),
    "receipt": Receipts(receipts=(Receipt(boot_id=BOOT, ranges=((0, 0),)),)),
    "desired": Desired(version=0),
    "file": File(id=0, digest=DIGEST, offset=0, size_bytes=0, data=b""),
    "answer": Answers(answers=(Answer(boot_id=BOOT, seq=0, by="cloud", label="7", confidence=1.0, note=""),)),
    "policy": Policy(audience="all", counter=0, not_after_ms=0, settings={}),
    "aggregate": Aggregate(node="n", stream="s", column="c", start_ms=0, end_ms=1, count=0),
    "enrol": Enrol(),
    "enrolled": Enrolled(),
}
"""Only what has no default."""

ONCE: Final[dict[str, Message]] = {
    "raw": replace(cast("Raw", FULL["raw"]), about=None),
    "desired": replace(cast("Desired", FULL["desired"]), forecast=None, deadlines={}),
    "presence": replace(cast("Presence", FULL["presence"]), awake_until_ms=0),
    "reported": replace(cast("Reported", FULL["reported"]), commands={}, findings={}),
}
"""What was full before a field was added in the same major version: its vectors are for ever, too."""

SINCE: Final[dict[str, Message]] = {"desired": replace(cast("Desired", FULL["desired"]), deadlines={})}
"""The same, for what has grown twice."""

assert FULL.keys() == BARE.keys() == CLASSES.keys()
