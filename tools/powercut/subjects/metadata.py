"""Update metadata: what a node has believed of models it goes on to believe, and nothing older, whatever it is shown.

After a cut a thief shows it the repository as it was before, signed and not expired; then the gateway shows it the
newest. The one must be refused, the other believed: also across a change of the online key, whose old owner is out.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from node.errors import HardwareError, ModelError, WireError
from node.update.terms import Terms
from node.update.trust import Trust
from tools.models import keys
from tools.models.rehearsal import NOW_MS
from tools.models.repository import Repository
from tools.powercut.subject import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tools.powercut.subject import Promise

VERSIONS: Final = 10
ROTATED: Final = 5
"""The version with which a thief loses the online key."""

Shown = dict[str, str]
"""Files of metadata by name."""


class Shelf:
    """A source of metadata."""

    def __init__(self, shown: Mapping[str, str]) -> None:
        """Take what it shows, by name."""
        self._shown = shown

    def named(self, name: str) -> bytes | None:
        """Show one."""
        return self._shown[name].encode() if name in self._shown else None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataTrial:
    """Says what is published, and promises what is believed.

    Attributes:
        name: of the subject.
        trust: how the node at work believes; None as it does. Checks are made as on a node.
    """

    name: str = "metadata"
    trust: Callable[[Path, bytes], Trust] | None = None

    def work(self, folder: Path, promise: Promise) -> None:
        """Believe one version after the other."""
        shown: Shown = {}
        for version, files in _published():
            promise(json.dumps(["published", version, files]))  # the world's, not the node's: it is not on this disk
            shown |= files
            believe = self.trust or Trust
            believe(folder / "trust", _root(shown)).find(_path(version), Shelf(shown), NOW_MS, sure=True)
            promise(json.dumps(["believed", version]))

    def check(self, folder: Path, promised: Sequence[str]) -> Finding:
        """Start again, meet the thief, and then the gateway."""
        states, believed = _told(promised)
        if not states:
            return Finding()
        newest = len(states)
        trust = Trust(folder / "trust", _root(states[0]))
        for version in range(1, believed):
            try:
                trust.find(_path(version), Shelf(states[version - 1]), NOW_MS, sure=True)
            except (WireError, HardwareError):
                continue
            return Finding(lost=1, what=f"version {version} is believed again, and {believed} was")
        try:
            trust.find(_path(newest), Shelf(states[-1]), NOW_MS, sure=True)
        except (WireError, HardwareError, ModelError) as error:
            return Finding(corrupt=1, what=f"the newest version, {newest}, is not believed any more: {error}")
        return Finding()


METADATA: Final = MetadataTrial()


def _told(promised: Sequence[str]) -> tuple[list[Shown], int]:
    """Return what the gateway showed at each version, and the newest that was believed."""
    states, believed = list[Shown](), 0
    for words in promised:
        what, version, *files = json.loads(words)
        if what == "published":
            states.append({**(states[-1] if states else {}), **files[0]})
        else:
            believed = version
    return states, believed


def _published() -> Iterator[tuple[int, Shown]]:
    """Publish one version after the other, and return which files came with each."""
    with tempfile.TemporaryDirectory(prefix="torpor-metadata-") as name:
        repository, known = Repository(Path(name), NOW_MS), Shown()
        repository.init()
        online = keys.read(repository.key("online"))
        for version in range(1, VERSIONS + 1):
            if version == ROTATED:
                old, online = online, keys.make(repository.key("online-2"))
                repository.rotate("online", old.public_key.keyid, online)
                _sign(repository, "root")
            golden = f"trial@{version}.npz"
            terms = Terms(model="trial", version=version, card="", golden=golden)
            repository.add(golden, b"golden")
            repository.add(_path(version), b"model", terms.dump())
            _sign(repository, "targets")
            repository.publish(online)
            files = {path.name: path.read_text() for path in (Path(name) / "metadata").iterdir()}
            yield version, {name: text for name, text in files.items() if known.get(name) != text}
            known = files


def _sign(repository: Repository, role: str) -> None:
    for number in (1, 2):
        repository.sign(role, keys.read(repository.key(f"{role}-{number}")))


def _root(shown: Mapping[str, str]) -> bytes:
    """Return the root that came with the node."""
    return shown["1.root.json"].encode()


def _path(version: int) -> str:
    return f"trial@{version}.tflite"
