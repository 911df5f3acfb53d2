"""Pieces of models and metadata, for nodes that ask."""

from __future__ import annotations

import hashlib
import random
import zlib
from typing import TYPE_CHECKING, Final

import pytest

from gateway.config import Models
from gateway.push.files import Files
from node.transmit.assembly import Assembly, Wanted, is_whole, take
from node.wire import codec
from node.wire.messages import Ask, AskKind, File
from tests.gateway.world import NOW_MS, open_site, sent

if TYPE_CHECKING:
    from pathlib import Path

MODEL: Final = random.Random(5).randbytes(150_000)
DIGEST: Final = hashlib.sha256(MODEL).digest()
JSON: Final = b'{"signed": 1}' * 50


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A repository with a model, metadata, and a secret beside them."""
    for name in ("metadata", "targets", "keys"):
        (tmp_path / "models" / name).mkdir(parents=True)
    (tmp_path / "models" / "targets" / DIGEST.hex()).write_bytes(MODEL)
    (tmp_path / "models" / "metadata" / "7.targets.json").write_bytes(JSON)
    (tmp_path / "models" / "keys" / "online.json").write_bytes(b"secret")
    return tmp_path / "models"


def ask(**of_what: bytes | int) -> Ask:
    """Return a node's question for a piece."""
    return Ask(what=AskKind.CHUNK, id=9, **of_what)  # type: ignore[arg-type]


def answer(files: Files, question: Ask, node: str = "n1", now_ms: int = NOW_MS) -> File | None:
    """Return what a node is answered, as it comes off the air."""
    piece = files.answer(node, question, now_ms)
    decoded = codec.decode("file", codec.encode(piece)) if piece else None
    assert decoded is None or isinstance(decoded, File)
    return decoded


def test_file_asked_for_piece_by_piece_is_whole(folder: Path) -> None:
    """What the node's assembler asks for is what it takes, to the last odd piece."""
    files, assembly = Files(Models(folder=folder)), Assembly(Wanted(digest=DIGEST, size_bytes=len(MODEL)))
    data = bytearray(len(MODEL))
    while not assembly.is_complete:
        (gap,) = assembly.missing(1)
        piece = answer(files, ask(digest=DIGEST, offset=gap.offset, length=gap.length))
        assert piece is not None
        assembly = take(assembly, piece.digest, piece.offset, piece.size_bytes, piece.data)
        data[gap.offset : gap.offset + gap.length] = piece.data
    assert is_whole(assembly.wanted, [bytes(data)])


def test_metadata_asked_for_by_name_come_deflated(folder: Path) -> None:
    """A name is answered with the file, smaller than it is; a new one of that name at once."""
    files = Files(Models(folder=folder))
    piece = answer(files, ask(data=b"7.targets.json"))
    assert piece is not None
    assert zlib.decompress(piece.data) == JSON
    assert piece.size_bytes == len(piece.data) < len(JSON)
    (folder / "metadata" / "8.targets.json").write_bytes(b"{}")
    (folder / "metadata" / "8.targets.json").replace(folder / "metadata" / "7.targets.json")
    piece = answer(files, ask(data=b"7.targets.json"))
    assert piece is not None
    assert zlib.decompress(piece.data) == b"{}"


def test_metadata_that_a_node_has_like_of_come_as_what_differs(folder: Path) -> None:
    """Deflated against the file that is named, if it is here; a name that leads elsewhere is no name."""
    (folder / "metadata" / "8.targets.json").write_bytes(JSON + b"new")
    files = Files(Models(folder=folder))
    sizes = {}
    for like in (b"7.targets.json", b"6.targets.json", b"../keys/online.json", b"x" * 200):
        piece = answer(files, ask(data=b"8.targets.json " + like))
        assert piece is not None
        sizes[like] = len(piece.data)
        inflated = zlib.decompressobj(zdict=JSON).decompress(piece.data)
        assert inflated == JSON + b"new"
    small, *others = sizes.values()
    assert small < min(others)
    assert len(set(others)) == 1


@pytest.mark.parametrize(
    "question",
    [
        ask(data=b"8.targets.json"),
        ask(data=b"../keys/online.json"),
        ask(data=b"/etc/passwd"),
        ask(data=b"8.targets.json 7.targets.json"),
        ask(data=b"\xff\x00.json"),
        ask(data=b"x" * 1000),
        ask(digest=bytes(32)),
        ask(),
    ],
    ids=str,
)
def test_file_that_is_not_there_or_not_for_nodes_is_answered_empty(folder: Path, question: Ask) -> None:
    """No path leads out of the two folders, and who asks learns that there is nothing."""
    piece = answer(Files(Models(folder=folder)), question)
    assert piece is not None
    assert (piece.id, piece.size_bytes, piece.data) == (9, 0, b"")


def test_node_over_its_budget_waits_and_no_other_does(folder: Path) -> None:
    """One that draws without end is not answered for a while."""
    files = Files(Models(folder=folder, kib_per_s=64, burst_kib=128))
    question = ask(digest=DIGEST)
    assert [answer(files, question) is None for _ in range(3)] == [False, False, True]
    assert answer(files, question, "n2") is not None
    assert answer(files, question, now_ms=NOW_MS + 1000) is not None


def test_site_answers_an_ask_on_the_topic_of_who_asked(folder: Path) -> None:
    """Through the whole gateway: an ask comes in, its piece goes out."""
    site = open_site(folder.parent, models={"folder": str(folder)})
    said = site.commit([sent(ask(data=b"7.targets.json"))], NOW_MS)
    assert [each.topic for each in said] == ["torpor/1/site/n1/file"]
    assert not said[0].retain
