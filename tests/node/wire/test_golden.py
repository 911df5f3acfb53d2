"""Golden vectors: bytes that version 1 of the wire means for ever, for peers in any language.

`golden/v1.json` holds, for a full and a bare message of each kind, its bytes in hex and in diagnostic notation. A
difference here is a break of the contract: mend the code, not the vector. New vectors are appended.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cbor2
import pytest

from node.wire.codec import CLASSES, decode, encode
from tests.node.wire.diagnostic import diagnose
from tests.node.wire.samples import BARE, FULL, ONCE, SINCE
from tests.node.wire.test_codec import told

if TYPE_CHECKING:
    from node.wire.messages import Message

VECTORS: Final[list[dict[str, str]]] = json.loads(
    (Path(__file__).parent / "golden" / "v1.json").read_text(encoding="utf-8")
)
SAMPLES: Final[dict[str, dict[str, Message]]] = {"full": FULL, "bare": BARE, "once": ONCE, "since": SINCE}


def sample(vector: dict[str, str]) -> Message:
    """Return the message that a vector stands for."""
    return SAMPLES[vector["sample"]][vector["kind"]]


def named(vector: dict[str, str]) -> str:
    """Return a vector's name in the test's report."""
    return f"{vector['kind']}-{vector['sample']}"


@pytest.mark.parametrize("vector", VECTORS, ids=named)
def test_golden_bytes_are_decoded(vector: dict[str, str]) -> None:
    """What a peer of version 1 once said is still understood."""
    assert told(decode(vector["kind"], bytes.fromhex(vector["hex"]))) == told(sample(vector))


@pytest.mark.parametrize("vector", VECTORS, ids=named)
def test_golden_message_is_encoded(vector: dict[str, str]) -> None:
    """What is said is what a peer of version 1 understands; a batch's body may be packed in more than one way."""
    golden = bytes.fromhex(vector["hex"])
    body = cbor2.loads(golden)[2] if vector["kind"] == "results" else None
    assert encode(sample(vector), body=body).hex() == vector["hex"]


@pytest.mark.parametrize("vector", VECTORS, ids=named)
def test_golden_diagnostic_says_what_the_bytes_say(vector: dict[str, str]) -> None:
    """What a person reads beside the hex is true."""
    assert diagnose(cbor2.loads(bytes.fromhex(vector["hex"]))) == vector["diagnostic"]


def test_golden_every_kind_has_its_vectors() -> None:
    """A message without a vector is not part of the contract."""
    assert SAMPLES["full"].keys() == SAMPLES["bare"].keys() == CLASSES.keys()
    assert {named(vector) for vector in VECTORS} == {f"{kind}-{size}" for size in SAMPLES for kind in SAMPLES[size]}
