"""Precedent: files of metadata come as what differs from one that the node has.

Two versions of signed targets differ by their signatures and the lines that are new; a snapshot and the timestamp over
it have their keys and their layout in common, and all of it with the root that the node began with. So the node names
what it has, and the gateway may deflate against that (RFC 1950, preset dictionary). A repository of a hundred models
costs an update no more than one of three. Nothing is believed for it: what comes is judged by its signatures.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, Protocol

from node.errors import WireError

if TYPE_CHECKING:
    from pathlib import Path

_LIKE: Final = {"timestamp": "snapshot"}
"""Role to the role whose file it is like; to its own otherwise. Of timestamps no gateway keeps the last."""


class Line(Protocol):
    """Where metadata come from."""

    def named(self, name: str, like: str = "", base: bytes = b"") -> bytes | None:
        """Return a file, which may come as what differs from another."""
        ...


class Precedents:
    """A line that names what the node has already."""

    def __init__(self, line: Line, metadata: Path, root: bytes) -> None:
        """Take the places.

        Args:
            line: to the gateway.
            metadata: where believed files are.
            root: the first one.
        """
        self._line = line
        self._metadata = metadata
        self._root = root

    def named(self, name: str) -> bytes | None:
        """Return a file by its name; errors are those of the line."""
        like, base = self._like(name.removesuffix(".json").rpartition(".")[2])
        try:
            return self._line.named(name, like, base)
        except WireError:
            if not like:
                raise
            # The gateway's file of that name is another than this node's, and tells so by its checksum.
            return self._line.named(name)

    def _like(self, role: str) -> tuple[str, bytes]:
        """Return a file that a role's next one will be like, and its name at the gateway."""
        own = _LIKE.get(role, role)
        for of, path in ((own, self._metadata / f"{own}.json"), ("root", self._metadata / "root.json")):
            if path.exists():
                base = path.read_bytes()
                return _named(of, base), base
        return _named("root", self._root), self._root


def _named(role: str, base: bytes) -> str:
    """Return how the gateway calls a file; empty for one that is damaged, which is then fetched whole."""
    try:
        return f"{int(json.loads(base)['signed']['version'])}.{role}.json"
    except (ValueError, TypeError, LookupError):
        return ""
