"""Each target over its corpus, and what hypothesis makes of it: nothing breaks or grows; and broken ones are seen."""

from __future__ import annotations

import dataclasses
import tracemalloc
from typing import TYPE_CHECKING, Final

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.wire import codec, cose
from node.wire import policy as policies
from node.wire.messages import Policy
from tools import fuzzing
from tools.fuzzing import __main__ as command
from tools.fuzzing import assembler, envelope, policy, prescan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from node.transmit.assembly import Assembly
    from node.wire.messages import Message

INPUTS: Final = [(name, file) for name in fuzzing.TARGETS for file in fuzzing.corpus(name)]
MOST_PEAK_BYTES: Final = 4 << 20
"""What an input of some hundred bytes may cost; the modules behind it are loaded before."""


@pytest.mark.parametrize(("name", "file"), INPUTS)
def test_check_of_the_corpus_finds_nothing_and_stays_small(name: str, file: str) -> None:
    """What was once worth keeping does no harm now, and allocates little."""
    check, data = fuzzing.load(name), fuzzing.corpus(name)[file]
    check(data)
    tracemalloc.start()
    check(data)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < MOST_PEAK_BYTES


@pytest.mark.parametrize("name", fuzzing.TARGETS)
@given(data=st.data())
@settings(deadline=None, max_examples=150)
def test_check_of_damaged_and_joined_inputs_finds_nothing(name: str, data: st.DataObject) -> None:
    """Pieces of the corpus, changed, cut and put together otherwise, break no invariant."""
    kept = st.sampled_from(sorted(fuzzing.corpus(name).values()))
    front, back = data.draw(kept), data.draw(kept)
    forged = bytearray(front[: data.draw(st.integers(0, len(front)))] + back[data.draw(st.integers(0, len(back))) :])
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(forged)))
        forged[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    fuzzing.load(name)(bytes(forged))


@pytest.mark.parametrize("name", fuzzing.TARGETS)
@given(data=st.binary(max_size=600))
@settings(deadline=None, max_examples=100)
def test_check_of_noise_finds_nothing(name: str, data: bytes) -> None:
    """Any bytes at all break no invariant."""
    fuzzing.load(name)(data)


def careless_prescan(payload: bytes) -> None:
    """Pass everything."""


def trusting_decode(kind: str, payload: bytes) -> Message:
    """Believe whatever the library makes of the bytes, field by field."""
    kinds = codec.CLASSES[kind]
    keys = {each.metadata["key"]: each.name for each in dataclasses.fields(kinds) if "key" in each.metadata}
    entries = cbor2.loads(payload)
    message: Message = kinds(**{keys[key]: value for key, value in entries.items() if key in keys})
    return message


def sloppy_take(state: Assembly, digest: bytes, offset: int, size_bytes: int, data: bytes) -> Assembly:
    """Mark a piece without a look at it."""
    piece = min(offset // state.wanted.piece_bytes, state.wanted.pieces - 1)
    return dataclasses.replace(state, here=state.here | 1 << piece)


def forgetful_accept(data: bytes, trust: policies.Trust, verify: policies.Verify) -> Policy:
    """Forget which counters were seen."""
    return policies.accept(data, dataclasses.replace(trust, counter=-1), verify)


def unsigned_accept(data: bytes, trust: policies.Trust, verify: policies.Verify) -> Policy:
    """Never ask for the signature."""
    accepted = codec.decode("policy", cose.parse(data).payload)
    assert isinstance(accepted, Policy)
    return accepted


BROKEN: Final[dict[str, tuple[str, Callable[[bytes], None]]]] = {
    "a prescan that passes everything": ("prescan", lambda data: prescan.check(data, careless_prescan)),
    "a codec that believes": ("envelope", lambda data: envelope.check(data, trusting_decode)),
    "an assembly that looks at no piece": ("assembler", lambda data: assembler.check(data, sloppy_take)),
    "a policy of an old counter": ("policy", lambda data: policy.check(data, forgetful_accept)),
    "a policy without a signature": ("policy", lambda data: policy.check(data, unsigned_accept)),
}
"""Per fault: whose corpus has to show it, and the target with that fault inside."""


@pytest.mark.parametrize("fault", BROKEN)
def test_check_with_a_broken_subject_sees_it(fault: str) -> None:
    """Negative control: the corpus alone shows each of these faults."""
    name, check = BROKEN[fault]
    found = 0
    for data in fuzzing.corpus(name).values():
        try:
            check(data)
        except Exception:  # noqa: BLE001 - whatever a broken subject raises is a finding
            found += 1
    assert found


def test_corpus_is_small_enough_to_commit() -> None:
    """A few kilobytes: the fuzzer starts from ideas, not from archives."""
    assert sum(len(fuzzing.corpus(name)[file]) for name, file in INPUTS) < 40_000


def test_replay_of_a_harmless_input_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever looks at a finding after mending it is told that it is gone."""
    finding = tmp_path / "crash-1"
    finding.write_bytes(b"\x9f")
    assert command.main(["prescan", "--replay", str(finding)]) == 0
    assert "does no harm" in capsys.readouterr().out
    assert command.main(["prescan", "--replay", str(tmp_path / "none")]) == 2


def test_corpus_has_a_folder_a_target() -> None:
    """No target is without inputs, and no inputs without their target."""
    assert {path.name for path in fuzzing.CORPUS.iterdir()} == set(fuzzing.TARGETS)
