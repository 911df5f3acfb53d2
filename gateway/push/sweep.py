"""Sweep: files of models that were retired go when there is no more room, those first that nobody asked for longest.

What is signed, staged or offered stays, whatever it takes, and so does what was put there or asked for within the last
day: a publisher writes files before the metadata that name them, and a node in the midst of a retired version is let
finish it. The rule is `node.update.eviction`'s, as at the node's own cache.
"""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING, Final

from node.update.eviction import Held, evicted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

log = logging.getLogger(__name__)

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_DAY_MS: Final = 86_400_000


def sweep(folder: Path, offered: Collection[str], budget_bytes: int, now_ms: int) -> list[str]:
    """Make room.

    Args:
        folder: of the repository.
        offered: digests of models that nodes are to fetch, in hex.
        budget_bytes: what files may take.
        now_ms: the time.

    Returns:
        The digests of what has gone; none where the folder cannot be read, which is said.
    """
    try:
        held = [
            Held(name=path.name, size_bytes=path.stat().st_size, used=path.stat().st_mtime_ns // 1_000_000)
            for path in (folder / "targets").iterdir()
            if _DIGEST.fullmatch(path.name)
        ]
        young = {each.name for each in held if abs(now_ms - each.used) < _DAY_MS}
        gone = evicted(held, {*named(folder), *offered, *young}, budget_bytes)
        for digest in gone:
            (folder / "targets" / digest).unlink()
    except FileNotFoundError:  # no repository, or a publisher at work
        return []
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        log.warning("nothing is swept from %s: %s", folder, error)
        return []
    if gone:
        log.info("%d files of retired models have gone from %s: over %d bytes", len(gone), folder, budget_bytes)
    return gone


def named(folder: Path) -> Iterator[str]:
    """Yield the digests that metadata name, those in force and those that wait for signatures.

    Raises:
        FileNotFoundError: none are in force.
        OSError: they cannot be read.
        ValueError: they are none.
    """
    in_force = sorted((folder / "metadata").glob("*.targets.json"), key=lambda each: int(each.name.partition(".")[0]))
    if not in_force:
        raise FileNotFoundError(f"no targets in {folder}")
    for path in (in_force[-1], folder / "staged" / "targets.json"):
        if path.exists():
            targets = json.loads(path.read_bytes())["signed"]["targets"]
            yield from (str(each["hashes"]["sha256"]) for each in targets.values())
