"""Stock: the files of an update, wherever they are: on their way, in the cache, in a slot, in the factory's place.

What is here already, in any of these, is not fetched. What is not comes the shortest way: as a delta to something that
is here, or whole. A delta that does not lead to the model costs its own bytes and no more.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from node.errors import ModelError
from node.transmit.assembly import is_whole
from node.update.cache import Cache, blocks, digest_of
from node.update.eviction import evicted
from node.update.pieces import Pieces
from node.update.shortcut import NOTHING, shortest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from node.transmit.assembly import Wanted
    from node.update.line import Line
    from node.update.progress import Found
    from node.update.shortcut import Shortcut

_EMPTY: Final = Path(os.devnull)


class Stock:
    """The files, and the room that they may take."""

    def __init__(self, folder: Path, budget_bytes: int, others: Callable[[], Iterable[Path]]) -> None:
        """Take the places.

        Args:
            folder: of all that came over the air.
            budget_bytes: what may stay of it.
            others: return the models that are elsewhere, in slots and from the factory.
        """
        self._pieces = Pieces(folder / "pieces")
        self._cache = Cache(folder / "cache")
        self._budget_bytes = budget_bytes
        self._others = others
        self._digests: dict[Path, tuple[tuple[int, int], str]] = {}

    def path(self, wanted: Wanted) -> Path:
        """Return where a file is.

        Raises:
            ModelError: it is not here any more.
        """
        found = self._source(wanted)
        if found is None:
            raise ModelError(f"the file {wanted.digest.hex()[:16]} has gone from the disk; make the offer again")
        return found

    def share(self, found: Found) -> float:
        """Return how much is here of what the model comes as, 0 to 1."""
        if self._source(found.model) is not None:
            return 1.0
        way = self.way(found)
        return self._pieces.share(way.file if way else found.model)

    def way(self, found: Found) -> Shortcut | None:
        """Return the delta that the model comes as; None where it comes whole."""
        return shortest(found.shortcuts, self._held().keys(), found.model.size_bytes) if found.shortcuts else None

    def fetch(self, found: Found, line: Line) -> None:
        """Ask for what is not here.

        Raises:
            LinkError: not all of it came; what did stays.
            OSError: the disk refuses.
        """
        for each in found.proof:  # the small ones first: without them the other is worth nothing
            if self._source(each) is None:
                self._pieces.fetch(each, line)
        if self._source(found.model) is None:
            way = self.way(found)
            self._pieces.fetch(way.file if way else found.model, line)

    def settle(self, found: Found) -> bool:
        """Compare what came with what was signed, and keep what is right.

        Returns:
            Whether model and self-test are here; else what was wrong is gone.

        Raises:
            ModelError: the delta does not lead to the model; it is gone.
            OSError: the disk refuses.
        """
        way = self.way(found)
        settled = [self._settled(each) for each in found.proof]
        model_is_here = self._settled(found.model) or (way is not None and self._followed(found, way))
        return all(settled) and model_is_here

    def _settled(self, wanted: Wanted) -> bool:
        digest, known = wanted.digest.hex(), self._source(wanted)
        if known is None and not self._pieces.is_whole(wanted):
            if self._pieces.is_complete(wanted):
                self._pieces.forget([digest])
            return False
        if known is None:
            self._cache.move_in(self._pieces.path(wanted), digest)
            self._pieces.forget([digest])
        elif known == self._cache.path(digest) and not is_whole(wanted, blocks(known)):
            self._cache.drop([digest])
            return False
        self._cache.use(digest)
        return True

    def _followed(self, found: Found, way: Shortcut) -> bool:
        """Make the model out of what it is different from."""
        from node.update.delta import patched

        delta, base, size_bytes = self._pieces.path(way.file), self._held()[way.base], found.model.size_bytes
        whole = self._pieces.is_whole(way.file)
        try:
            made = whole and self._cache.write(found.model, patched(delta, base, size_bytes))
        finally:
            self._pieces.forget([way.file.digest.hex()])
        if whole and not made:
            raise ModelError("the delta leads to another file")
        return made

    def make_room(self, coming: Found | None = None) -> None:
        """Let go of what was not of use for longest; never of what is in a slot.

        Args:
            coming: an update for which room is made, and of which nothing goes; None for none.
        """
        files = (coming.model, *coming.proof) if coming else ()
        ways = tuple(each.file for each in coming.shortcuts) if coming else ()
        room_bytes = sum(each.size_bytes for each in files if self._source(each) is None)
        pinned = {each.digest.hex() for each in (*files, *ways)} | self._elsewhere().keys()
        gone = evicted([*self._cache.held(), *self._pieces.held()], pinned, self._budget_bytes - room_bytes)
        self._cache.drop(gone)
        self._pieces.forget(gone)

    def _source(self, wanted: Wanted) -> Path | None:
        """Return where a whole file is, by its name in the cache or by its digest elsewhere."""
        digest = wanted.digest.hex()
        if self._cache.path(digest).exists():
            return self._cache.path(digest)
        return self._elsewhere(wanted.size_bytes).get(digest)

    def _held(self) -> dict[str, Path]:
        """Return everything whole that is here, by digest."""
        cached = {each.name: self._cache.path(each.name) for each in self._cache.held()}
        return {NOTHING: _EMPTY} | cached | self._elsewhere()

    def _elsewhere(self, size_bytes: int | None = None) -> dict[str, Path]:
        """Return the models in slots and of the factory by digest, all of them or those of a size."""
        found = {}
        for path in self._others():
            if path.exists() and size_bytes in {None, path.stat().st_size}:
                found[self._digest(path)] = path
        return found

    def _digest(self, path: Path) -> str:
        """Return a file's digest; one that did not change since is not read again."""
        stat = path.stat()
        seen = (stat.st_mtime_ns, stat.st_size)
        if path not in self._digests or self._digests[path][0] != seen:
            self._digests[path] = (seen, digest_of(path))
        return self._digests[path][1]
