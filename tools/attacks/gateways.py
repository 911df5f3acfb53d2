"""Attacks of a node on the gateway that serves models: for what lies beside them, and without end."""

from __future__ import annotations

import zlib
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from gateway.config import Models
from gateway.ingest.limit import Limit
from gateway.push.files import Files
from node.wire.messages import Ask, AskKind, File
from tools.attacks.family import Attack
from tools.models.rehearsal import NOW_MS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SECRET: Final = b"-----BEGIN PRIVATE KEY-----"
_BURST_KIB: Final = 100.0
_WITH_DICTIONARY: Final = 0x20
"""FDICT, in the second byte of a zlib stream (RFC 1950, 2.2): a checksum of what it was compared with follows."""


class _AnyName(Files):
    """Serves what any name leads to."""

    def _named(self, ask: Ask, length: int) -> tuple[bytes, int, bytes]:
        name, _, like = ask.data.decode().partition(" ")
        metadata = self._folder / "metadata"
        packed = self._deflated(metadata / name, metadata / like if like else None)
        return bytes(32), len(packed), packed[ask.offset : ask.offset + length]


class _NoBudget(Files):
    """Sends whatever is asked for."""

    def __init__(self, params: Models) -> None:
        super().__init__(params)
        self._limit = Limit(1e12, 1e12)


MUTANTS: Final[Mapping[str, type[Files]]] = {"names": _AnyName, "draw": _NoBudget}
"""By the check that is forgotten."""


def _served(folder: Path, mutant: str) -> Files:
    """Return a gateway's files, with a secret beside them."""
    for name in ("metadata", "targets", "keys"):
        (folder / name).mkdir()
    (folder / "keys" / "online.pem").write_bytes(_SECRET)
    (folder / "online.json").write_bytes(_SECRET)
    (folder / "metadata" / "timestamp.json").write_bytes(b"{}")
    (folder / "targets" / ("0" * 64)).write_bytes(bytes(1_000_000))
    return MUTANTS.get(mutant, Files)(Models(folder=folder, burst_kib=_BURST_KIB))


def _asked(mutant: str, *, name: str) -> str:
    """Ask for a file by a name that leads elsewhere."""
    with TemporaryDirectory(prefix="torpor-attack-") as folder:
        files = _served(Path(folder), mutant)
        full = name.replace("HERE", folder)
        piece = files.answer("n1", Ask(what=AskKind.CHUNK, id=1, data=full.encode()), NOW_MS)
        data = piece.data if piece else b""
        return "" if data and zlib.decompress(data) == _SECRET else "nothing of that name"


def _compared(mutant: str) -> str:
    """Ask for metadata as what differs from a key: the answer would tell of it."""
    with TemporaryDirectory(prefix="torpor-attack-") as folder:
        ask = Ask(what=AskKind.CHUNK, id=1, data=b"timestamp.json ../keys/online.pem")
        piece = _served(Path(folder), mutant).answer("n1", ask, NOW_MS)
        return "" if piece and piece.data[1] & _WITH_DICTIONARY else "what differs from nothing"


def _drawn(mutant: str) -> str:
    """Ask for the same piece again and again, in one moment."""
    with TemporaryDirectory(prefix="torpor-attack-") as folder:
        files = _served(Path(folder), mutant)
        ask = Ask(what=AskKind.CHUNK, id=1, digest=bytes(32))
        answers = [files.answer("n1", ask, NOW_MS) for _ in range(50)]
        drawn = sum(len(each.data) for each in answers if isinstance(each, File))
        return "" if drawn > 2 * _BURST_KIB * 1024 else f"{drawn // 1024} KiB, and then nothing"


def attacks() -> Iterator[Attack]:
    """Yield them."""
    for what, name in (
        ("a key by the name of metadata", "../keys/online.pem"),
        ("a key by a long way round", "../metadata/../keys/online.pem"),
        ("a key by its whole path", "HERE/keys/online.pem"),
        ("a file above the metadata", "../online.json"),
    ):
        yield Attack(name=what, strike=partial(_asked, name=name))
    yield Attack(name="metadata as what differs from a key", strike=_compared)
    yield Attack(name="asks without end", strike=_drawn)
