"""Trust: The Update Framework's reference client, and what it leaves to others: the disk, the clock and the last word.

python-tuf writes its metadata without an fsync. With the files of a power cut it believed an older repository again
(measured); so they are synced, and the versions that were ever believed are kept apart from them, in a floor below
which nothing is believed. It always starts at the root that came with the node, so that damaged files are fetched
again and brick nothing. And a clock that was never set would see nothing expire: it is held at the latest time that
has surely come. Models are signed by the offline keys themselves; whom these delegate to signs something else.

Source: TUF specification 1.0.31, section 5.
"""

from __future__ import annotations

import hashlib
import json
import os
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from tuf.api.exceptions import DownloadError, DownloadHTTPError, RepositoryError
from tuf.ngclient import FetcherInterface, Updater

from node import durable
from node.errors import HardwareError, LinkError, ModelError, WireError
from node.transmit.assembly import Wanted
from node.update import shortcut, terms
from node.update.progress import Found
from node.update.shortcut import Shortcut

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tuf.api.metadata import TargetFile

T = TypeVar("T")

ROLES: Final = ("root", "timestamp", "snapshot", "targets")
_HOUR_MS: Final = 3_600_000


class Source(Protocol):
    """Where metadata come from: the line, which bounds their size and the time that they take."""

    def named(self, name: str) -> bytes | None:
        """Return a file of metadata by its name; None where there is none."""
        ...


class _Air(FetcherInterface):
    """Fetches metadata from a source."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def _fetch(self, url: str) -> Iterator[bytes]:
        name = url.rpartition("/")[2]
        data = self._source.named(name)
        if data is None:
            raise DownloadHTTPError(f"no {name}", 404)
        return iter([data])


class Trust:
    """What this node believes of models."""

    def __init__(self, folder: Path, root: bytes, earliest_ms: int = 0) -> None:
        """Take the places.

        Args:
            folder: for metadata, and the floor.
            root: the first one, as it came with the node.
            earliest_ms: a time that has surely come, for where the clock was never set; 0 for none.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._root = root
        self._earliest_ms = earliest_ms
        self._floor_path = folder / "floor.json"

    def find(self, target: str, source: Source, now_ms: int, *, sure: bool) -> Found:
        """Bring the metadata up to date, and look a model up.

        Args:
            target: its path.
            source: of metadata.
            now_ms: the time by the wall clock.
            sure: it was set; else only the floor can make anything expire.

        Raises:
            LinkError: not all of it came.
            WireError: what came is not to be believed; what was believed before still is.
            HardwareError: the floor cannot be read.
            ModelError: it is believed, and there is no such model in it, or none that makes sense.
        """
        return self.consult(source, now_ms, partial(_look_up, target), sure=sure)

    def consult(self, source: Source, now_ms: int, question: Callable[[Updater], T], *, sure: bool) -> T:
        """Bring the metadata up to date, and ask something of them; arguments and errors as those of `find`."""
        floor = self._floor()
        if sure and now_ms > floor.get("time_ms", 0) + _HOUR_MS:
            floor["time_ms"] = now_ms  # also where nothing is believed now: what is over stays over after a reset
            self._write(floor)
        try:
            earliest_ms = max(floor.get("time_ms", 0), 0 if sure else self._earliest_ms)
            updater = self._updater(source, max(now_ms, earliest_ms))
            try:
                updater.refresh()
            finally:
                self._keep_root(updater, floor)
            self._check_floor(updater, floor)
            self._keep({**floor, **_versions(updater), "online": _online(updater)})
            return question(updater)
        except DownloadError as error:
            raise _seen_through(error) from error
        except RepositoryError as error:
            raise WireError("untrusted", f"{type(error).__name__}: {error}"[:160]) from error

    def _updater(self, source: Source, time_ms: int) -> Updater:
        metadata = self._folder / "metadata"
        metadata.mkdir(parents=True, exist_ok=True)
        updater = Updater(str(metadata), "metadata/", fetcher=_Air(source), bootstrap=self._root)
        # The one way to tell it the time; tests/node/update/test_trust.py sees to it that it goes on working.
        updater._trusted_set.reference_time = datetime.fromtimestamp(time_ms / 1000.0, UTC)  # noqa: SLF001 - no public way
        return updater

    def _check_floor(self, updater: Updater, floor: dict[str, int]) -> None:
        # Where two of three have named other online keys since then, those may begin anew: that is how a repository
        # comes back after a thief has counted its versions to the end. Specification 5.3.11.
        held = ROLES if floor.get("online") == _online(updater) else ("root",)
        for role, version in _versions(updater).items():
            if role in held and version < floor.get(role, 0):
                raise WireError("rollback", f"{role} {version}, and {floor[role]} was believed")

    def _keep_root(self, updater: Updater, floor: dict[str, int]) -> None:
        """Keep a newer root also where nothing came after it: the keys that it revokes are revoked."""
        version = updater._trusted_set.root.version  # noqa: SLF001 - as above
        if version > floor.get("root", 0):
            self._keep({**floor, "root": version})

    def _keep(self, floor: dict[str, int]) -> None:
        """Put on disk what is believed from now on: the files first, then the floor that stands on them."""
        for folder, _, names in os.walk(self._folder / "metadata"):
            for name in (*names, "."):
                _sync(os.path.join(folder, name))  # noqa: PTH118 - os.walk gives words
        self._write(floor)

    def _write(self, floor: dict[str, int]) -> None:
        durable.write(self._floor_path, json.dumps(floor).encode())

    def _floor(self) -> dict[str, int]:
        try:
            said = json.loads(self._floor_path.read_bytes())
            return {str(role): int(version) for role, version in said.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, AttributeError) as error:
            raise HardwareError(
                f"{self._floor_path} cannot be read: {error}; remove it to begin at the root again"
            ) from error


def _versions(updater: Updater) -> dict[str, int]:
    trusted = updater._trusted_set  # noqa: SLF001 - as above
    return {role: trusted[role].version for role in ROLES}


def _online(updater: Updater) -> int:
    """Return a mark of the keys that sign what is newest."""
    roles = updater._trusted_set.root.roles  # noqa: SLF001 - as above
    named = " ".join(sorted({*roles["timestamp"].keyids, *roles["snapshot"].keyids}))
    return int.from_bytes(hashlib.sha256(named.encode()).digest()[:6], "big")


def _look_up(target: str, updater: Updater) -> Found:
    # Not `get_targetinfo`, which would go on to those whom the targets delegate to: the gateway's policy key would then
    # be a key for models.
    signed = updater._trusted_set.targets.targets  # noqa: SLF001 - as above
    found = signed.get(target)
    if found is None:
        raise ModelError(f"no {target!r} in the signed targets; publish it, or offer another")
    said = terms.read(found.custom)
    golden = signed.get(said.golden)
    if golden is None:
        raise ModelError(f"no {said.golden!r} in the signed targets, and untested {target} does not run here")
    windows = signed.get(said.windows)
    if windows is None and said.windows:
        raise ModelError(f"no {said.windows!r} in the signed targets, and untested {target} does not run here")
    full = found.hashes.get("sha256", "")
    deltas = [(shortcut.base_of(each.custom, full), each) for each in signed.values()]
    ways = tuple(Shortcut(file=wanted(each), base=base) for base, each in deltas if base)
    return Found(
        model=wanted(found),
        golden=wanted(golden),
        terms=said,
        windows=wanted(windows) if windows else None,
        shortcuts=ways,
    )


def wanted(found: TargetFile) -> Wanted:
    """Return what to fetch of a target.

    Raises:
        ModelError: no node can ask for it.
    """
    if "sha256" not in found.hashes:
        raise ModelError(f"the target {found.path!r} has no sha256; publish it with `torpor models`")
    try:
        return Wanted(digest=bytes.fromhex(found.hashes["sha256"]), size_bytes=found.length)
    except (ValueError, WireError) as error:
        raise ModelError(f"the target {found.path!r} cannot be fetched: {error}") from error


def _seen_through(error: DownloadError) -> Exception:
    """Return what lies behind what the client makes of it."""
    cause = error.__cause__
    if isinstance(cause, LinkError | WireError):
        return cause
    return WireError("untrusted", str(error)[:160])


def _sync(path: str) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
