"""The client: a node's trust in models, its line and its pieces, and nothing else of a node.

A node's own files are in `.torpor`, inside the folder of metadata; what it believes is copied out of it.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from tuf.api.metadata import Metadata, Root

from node.errors import HardwareError, ModelError
from node.transmit.assembly import is_whole
from node.update.line import Line
from node.update.pieces import Pieces
from node.update.precedent import Precedents
from node.update.trust import Trust, wanted
from tools.conformance.bridge import Bridge

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tuf.api.metadata import TargetFile
    from tuf.ngclient import Updater

    from node.hal import Clock
    from node.transmit.assembly import Wanted

PATIENCE_S: Final = 120.0
"""How long one command may talk."""


class Client:
    """A folder of what is believed.

    Args:
        folder: of metadata; those in force have names without a version there.
        clock: the time; it is believed.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._home = folder / ".torpor"
        self._clock = clock

    def init(self, root: bytes) -> None:
        """Begin at a root; nothing is asked of anybody."""
        self._home.mkdir(parents=True, exist_ok=True)
        (self._home / "root.json").write_bytes(root)
        (self._folder / "root.json").write_bytes(root)

    def refresh(self, metadata_url: str) -> None:
        """Bring the metadata up to date.

        Raises:
            LinkError: not all of them came.
            WireError: they are not to be believed.
        """
        self._consult(Bridge(metadata_url), lambda _updater, _line: None)

    def download(self, metadata_url: str, targets_url: str, names: Sequence[str], folder: Path) -> None:
        """Bring the metadata up to date, and fetch files in turn; what is here already is not fetched again.

        Raises:
            LinkError: not all came.
            WireError: the metadata are not to be believed.
            ModelError: there is no such target, or the file is another.
        """
        bridge = Bridge(metadata_url)

        def fetch(updater: Updater, line: Line) -> None:
            for name in names:
                found = updater.get_targetinfo(name)
                if found is None:
                    raise ModelError(f"no {name!r} in the signed targets")
                file = wanted(found)
                bridge.place(file.digest, targets_url + self._served(found), file.size_bytes)
                self._fetch(file, line, folder / quote(name, ""))

        self._consult(bridge, fetch)

    def _consult(self, bridge: Bridge, question: Callable[[Updater, Line], None]) -> None:
        root = self._home / "root.json"
        if not root.exists():
            raise HardwareError(f"{self._folder} has no root to begin at; run `init` with 1.root.json first")
        line = Line(bridge, bridge, self._clock, self._clock.monotonic_s() + PATIENCE_S)
        source = Precedents(line, self._home / "metadata", root.read_bytes())
        try:
            self._trust(root.read_bytes()).consult(
                source, self._clock.wall_ms(), lambda updater: question(updater, line), sure=True
            )
        finally:
            for path in (self._home / "metadata").glob("*.json"):
                shutil.copyfile(path, self._folder / path.name)

    def _trust(self, root: bytes) -> Trust:
        return Trust(self._home, root)

    def _fetch(self, file: Wanted, line: Line, place: Path) -> None:
        if place.exists() and is_whole(file, [place.read_bytes()]):
            return
        pieces = Pieces(self._home / "pieces")
        pieces.fetch(file, line)
        whole = pieces.is_whole(file)
        if whole:
            shutil.copyfile(pieces.path(file), place)
        shutil.rmtree(self._home / "pieces")
        if not whole:
            raise ModelError(f"what arrived for {place.name} has another digest than what was signed")

    def _served(self, found: TargetFile) -> str:
        """Return where a target lies: specification 5.7.3."""
        folder, slash, name = found.path.rpartition("/")
        root = Metadata[Root].from_file(str(self._home / "metadata" / "root.json")).signed
        prefix = f"{found.hashes['sha256']}." if root.consistent_snapshot else ""
        return quote(f"{folder}{slash}{prefix}{name}")
