"""Shortcut: a delta that is signed for a model, and which of several a node takes. Pure.

A delta is a target of its own, whose terms name both ends by their digests. That it is signed makes it no model: what
comes of it has to have the digest that stands in the model's own target.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from node.transmit.assembly import Wanted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

ALGORITHM: Final = "bsdiff-lzma"
"""The layout that `node.update.delta` reads; another word is another layout, and no way for this node."""
NOTHING: Final = hashlib.sha256(b"").hexdigest()
"""The base that every node has: a delta from it is the model, compressed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortcut:
    """A way to a model.

    Attributes:
        file: the delta.
        base: the digest of what it starts from, in hex.
    """

    file: Wanted
    base: str


def path_of(target: str, base: str) -> str:
    """Return the path of a delta's target.

    >>> path_of("digits@3.tflite", NOTHING)
    'digits@3.tflite-e3b0c44298fc'
    """
    return f"{target}-{base[:12]}"


def terms_of(base: str, full: str) -> dict[str, object]:
    """Return what is said of a delta in its target.

    Args:
        base: the digest of what it starts from, in hex.
        full: of what it leads to.
    """
    return {"algorithm": ALGORITHM, "base": base, "full": full}


def base_of(custom: object, full: str) -> str:
    """Return where a target's delta starts from; empty where it is none, or none to this model that a node can read."""
    said = custom if isinstance(custom, dict) else {}
    base = said.get("base")
    return base if isinstance(base, str) and said == terms_of(base, full) else ""


def shortest(shortcuts: Iterable[Shortcut], held: Collection[str], size_bytes: int) -> Shortcut | None:
    """Return the way that costs least; None where that is the model itself.

    Args:
        shortcuts: all that are signed.
        held: digests of what is here, in hex.
        size_bytes: of the model.
    """
    open_ways = [each for each in shortcuts if each.base in held and each.file.size_bytes < size_bytes]
    return min(open_ways, key=lambda each: each.file.size_bytes, default=None)
