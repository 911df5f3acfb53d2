"""Attacks on models that come as deltas, or were here already: what comes of it is another model than was signed.

The delta itself is signed here, as a careless publisher or a broken tool would: it is the model's own digest that has
to hold. A node that gives a delta up fetches the whole model, and may run that.
"""

from __future__ import annotations

import lzma
from dataclasses import replace
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from node.update.delta import HEADER, MAGIC, STEP
from node.update.shortcut import path_of, terms_of
from tools.attacks.updating import BELOW_ROOT, MOST_ASKS, Victim, content_of
from tools.models.delta import delta

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from node.wire.messages import Ask, File

    Scene = Callable[[Victim], str]

OLD: Final = content_of(2)
NEW: Final = content_of(3)
_EVIL: Final = content_of(6)
_ENOUGH_BYTES: Final = 1_000_000


def by_delta(node: Victim, *, data: bytes, lie: Callable[[Ask, File], list[File]] | None = None) -> str:
    """Have a delta signed that leads from what the node has to a release; returns why no other model ran."""
    offer, (old, new) = node.put(3), (sha256(each).hexdigest() for each in (OLD, NEW))
    node.forge.put(path_of("digits@3.tflite", old), data, terms_of(old, new))
    node.forge.publish(*BELOW_ROOT)
    reason, largest = "", 0
    for _ in range(3):
        node.transmit(offer, lie)
        largest = max(largest, *(path.stat().st_size for path in node.folder.rglob("*") if path.is_file()))
        node.finish()
        reason = reason or node.node.told().get("reason", "")
    through = node.node.wrong or largest > _ENOUGH_BYTES or node.air.asks >= MOST_ASKS
    return "" if through else reason or "the signed model ran"


def _exchanged(ask: Ask, piece: File) -> list[File]:
    return [replace(piece, data=piece.data[::-1])] if ask.digest and piece.data.startswith(MAGIC) else [piece]


def _steps(*steps: tuple[int, int, int], sums: int = 0) -> bytes:
    """Return a delta of these steps, whatever they lead to."""
    control, added = (
        lzma.compress(each, lzma.FORMAT_ALONE, filters=[{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 12}])
        for each in (b"".join(STEP.pack(*step) for step in steps), bytes(sums))
    )
    return HEADER.pack(MAGIC, len(control), len(added), 0) + control + added


def _in_the_cache(node: Victim) -> str:
    """Change a model that came, was refused on its probation, and is kept; then offer it again."""
    offer = node.release(3)
    node.hear(offer)
    node.node.refuse("its probation ended")
    node.hear(None)
    kept = node.folder / "cache" / sha256(NEW).hexdigest()
    kept.write_bytes(_EVIL)
    reason = node.hear(offer)
    return "" if node.node.wrong else reason or "the signed model ran"


def scenes() -> Iterator[tuple[str, Scene]]:
    """Yield the attacks, by name."""
    yield "a delta to another model", partial(by_delta, data=delta(OLD, _EVIL))
    yield "a delta from another base", partial(by_delta, data=delta(_EVIL * 2, NEW))
    yield "a delta to a model with more behind it", partial(by_delta, data=delta(OLD, NEW + _EVIL))
    yield "a delta that was exchanged", partial(by_delta, data=delta(OLD, NEW), lie=_exchanged)
    yield "a delta that reads behind its base", partial(by_delta, data=_steps((0, 0, 1 << 40), (len(NEW), 0, 0)))
    yield "a delta that makes a terabyte", partial(by_delta, data=_steps((1 << 40, 0, 0), sums=1 << 20))
    yield "a delta of steps that make nothing", partial(by_delta, data=_steps(*[(0, 0, 0)] * 100_000))
    yield "a model exchanged in the cache", _in_the_cache
