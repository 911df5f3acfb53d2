"""Attacks on what arrives: other bytes, too many, in the wrong place; and models that are nothing for a node."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from tools.attacks.updating import BELOW_ROOT, MOST_ASKS, Victim, offered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from node.wire.messages import Ask, File

    Scene = Callable[[Victim], str]
    Lie = Callable[[Ask, File], list[File]]

_PIECE_BYTES: Final = 61_440
_ENOUGH_BYTES: Final = 1_000_000
"""More than any file that a victim wants."""


def _told(node: Victim, *, lie: Lie, content: bytes = b"") -> str:
    """Release a model, and lie about its pieces on their way."""
    node.transmit(node.release(3, content), lie)
    largest = max(path.stat().st_size for path in node.folder.rglob("*") if path.is_file())
    reason = node.finish()
    return "" if largest > _ENOUGH_BYTES or node.air.asks >= MOST_ASKS else reason


def _of_file(change: Callable[[File], list[File]]) -> Lie:
    """Lie about files, and about no metadata."""
    return lambda ask, piece: change(piece) if ask.digest else [piece]


def _same_length(piece: File) -> list[File]:
    return [replace(piece, data=piece.data[::-1] if piece.data.startswith(b"model") else piece.data)]


def _other_golden(piece: File) -> list[File]:
    return [replace(piece, data=piece.data[::-1] if piece.data.startswith(b"golden") else piece.data)]


def _short(piece: File) -> list[File]:
    return [replace(piece, size_bytes=piece.size_bytes - 1, data=piece.data[:-1])]


def _short_piece(piece: File) -> list[File]:
    return [replace(piece, data=piece.data[:-1])]


def _long(piece: File) -> list[File]:
    return [replace(piece, size_bytes=60_000, data=piece.data.ljust(60_000))]


def _far(piece: File) -> list[File]:
    return [replace(piece, offset=_PIECE_BYTES * 100_000)]


def _off_the_grid(piece: File) -> list[File]:
    return [replace(piece, offset=1)]


def _of_another(piece: File) -> list[File]:
    return [replace(piece, digest=bytes(32))]


def _endless(piece: File) -> list[File]:
    return [replace(piece, size_bytes=1 << 40, data=bytes(60_000))]


def _dripping(ask: Ask, piece: File) -> list[File]:
    """Send a byte at a time, of half a megabyte that is said to come."""
    return [replace(piece, size_bytes=500_000, data=b"\0")] if ask.data else [piece]


def _swollen(node: Victim) -> str:
    """Pad well-signed targets with blanks, which no signature minds, and send them deflated."""
    offer = node.release(3)
    name = node.forge.name("targets")
    node.forge.served[name] = b" " * 4_000_000 + node.forge.served[name]
    return node.hear(offer)


def _changed_on_disk(node: Victim) -> str:
    """Have a power cut, or somebody else, change what has arrived before it is looked at."""
    node.transmit(node.release(3))
    for path in node.folder.rglob("*.part"):
        path.write_bytes(path.read_bytes()[::-1])
    return node.finish()


# What was signed, and is nothing for this node.


def _released(node: Victim, *, version: int = 3, content: bytes = b"", **terms: object) -> str:
    """Release a model with other terms."""
    return node.hear(node.release(version, content, **terms))


def _without_golden(node: Victim, *, golden: str) -> str:
    return node.hear(node.release(3, golden=golden))


def _listed(node: Victim, *, size_bytes: int = 0, digest: str = "") -> str:
    """Sign a length or a digest that cannot be."""
    offer = node.put(3)
    listed = node.forge.targets.targets["digits@3.tflite"]
    listed.length = size_bytes or listed.length
    listed.hashes = {"sha256": digest or listed.hashes["sha256"]}
    node.forge.publish(*BELOW_ROOT)
    return node.hear(offer)


def _not_a_model(node: Victim, *, path: str) -> str:
    node.release(3)
    return node.hear(offered(path))


def scenes() -> Iterator[tuple[str, Scene]]:
    """Yield the attacks, by name."""
    yield "another model of the same length", partial(_told, lie=_of_file(_same_length))
    yield "other golden windows of the same length", partial(_told, lie=_of_file(_other_golden))
    yield "a model without its last byte", partial(_told, lie=_of_file(_short))
    yield "a piece without its last byte", partial(_told, lie=_of_file(_short_piece))
    yield "a model with more behind it", partial(_told, lie=_of_file(_long))
    yield "a model without end", partial(_told, lie=_of_file(_endless))
    yield "a piece far behind the end", partial(_told, lie=_of_file(_far))
    yield "a piece across two places", partial(_told, lie=_of_file(_off_the_grid), content=bytes(100_000))
    yield "a piece of another file", partial(_told, lie=_of_file(_of_another))
    yield "metadata that drip", partial(_told, lie=_dripping)
    yield "targets that expand to 4 MB", _swollen
    yield "a model exchanged on the disk", _changed_on_disk
    yield "a model for another board", partial(_released, boards=("coral-dev-board",))
    yield "a model for another runtime", partial(_released, runtime="edgetpu")
    yield "a model larger than the node takes", partial(_released, content=bytes(600_000))
    yield "a model older than the one that was committed", partial(_released, version=1)
    yield "a model of version -1", partial(_released, version=-1)
    yield "a model named ../../digits", partial(_released, model="../../digits")
    yield "a model with a card of a megabyte", partial(_released, card="#" * 300_000)
    yield "a model without golden windows", partial(_without_golden, golden="")
    yield "a model whose golden windows nobody signed", partial(_without_golden, golden="elsewhere.npz")
    yield "a model of 1 TB", partial(_listed, size_bytes=1 << 40)
    yield "a digest that is a path", partial(_listed, digest="../../../../tmp/torpor")
    yield "a digest of a bit", partial(_listed, digest="00")
    yield "golden windows in the place of a model", partial(_not_a_model, path="digits@3.npz")
    yield "a path that leads out of the repository", partial(_not_a_model, path="../../../etc/passwd")
