"""Trust: The Update Framework's reference client, and what it leaves to others: the disk, the clock and the last word.

python-tuf writes its metadata without an fsync. With the files of a power cut it believed an older repository again
(measured); so they are synced, and the versions that were ever believed are kept apart from them, in a floor below
which nothing is believed. It always starts at the root that came with the node, so that damaged files are fetched
again and brick nothing. And a clock that was never set would see nothing expire: the floor has the latest time that has
surely come, too. Models are signed by the offline keys themselves; whom these delegate to signs something else.

Source: TUF specification 1.0.31, section 5.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar

from tuf.api.exceptions import DownloadError, DownloadHTTPError, ExpiredMetadataError, RepositoryError
from tuf.ngclient import FetcherInterface, Updater

from node import durable
from node.errors import HardwareError, LinkError, ModelError, WireError
from node.transmit.assembly import Wanted
from node.update import shortcut, terms
from node.update.floor import ONLINE, ROLES, ROOT, TIME, believed, online, over, rooted, timed, versions
from node.update.progress import Found
from node.update.shortcut import Shortcut

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tuf.api.metadata import TargetFile

    from node.update.floor import Floor

T = TypeVar("T")


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
        floor, told_ms = self._floor(), now_ms if sure else 0
        time_ms = max(now_ms, floor.get(TIME, 0), 0 if sure else self._earliest_ms)
        try:
            updater = self._updater(source, time_ms)
            try:
                updater.refresh()
                self._check_floor(updater, floor)
            except (DownloadError, RepositoryError, WireError):
                self._remember(updater, floor, told_ms)
                raise
            self._keep(timed(believed(floor, updater), told_ms))
            return question(updater)
        except DownloadError as error:
            raise _seen_through(error) from error
        except RepositoryError as error:
            reason = f"{type(error).__name__}: {error}"[:160]
            raise WireError("untrusted", reason + _by_when(error, time_ms, told_ms)) from error

    def _updater(self, source: Source, time_ms: int) -> Updater:
        metadata = self._folder / "metadata"
        metadata.mkdir(parents=True, exist_ok=True)
        updater = Updater(str(metadata), "metadata/", fetcher=_Air(source), bootstrap=self._root)
        # The one way to tell it the time; tests/node/update/test_trust.py sees to it that it goes on working.
        updater._trusted_set.reference_time = datetime.fromtimestamp(time_ms / 1000.0, UTC)  # noqa: SLF001 - no public way
        return updater

    def _check_floor(self, updater: Updater, floor: Floor) -> None:
        # Where two of three have named other online keys since then, those may begin anew: that is how a repository
        # comes back after a thief has counted its versions to the end. Specification 5.3.11.
        held = ROLES if floor.get(ONLINE) == online(updater) else (ROOT,)
        for role, version in versions(updater).items():
            if role in held and version < floor.get(role, 0):
                raise WireError("rollback", f"{role} {version}, and {floor[role]} was believed")

    def _remember(self, updater: Updater, floor: Floor, told_ms: int) -> None:
        """Keep what counts also where nothing is believed: a newer root, and that what is over is over."""
        seen = timed(over(self._rooted(updater, floor), updater), told_ms)
        if seen != floor:
            self._keep(seen)

    def _rooted(self, updater: Updater, floor: Floor) -> Floor:
        return rooted(floor, updater)

    def _keep(self, floor: Floor) -> None:
        """Put on disk what is believed from now on: the files first, then the floor that stands on them."""
        for folder, _, names in os.walk(self._folder / "metadata"):
            for name in (*names, "."):
                _sync(os.path.join(folder, name))  # noqa: PTH118 - os.walk gives words
        self._write(floor)

    def _write(self, floor: Floor) -> None:
        durable.write(self._floor_path, json.dumps(floor).encode())

    def _floor(self) -> Floor:
        try:
            said = json.loads(self._floor_path.read_bytes())
            return {str(role): int(version) for role, version in said.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, AttributeError) as error:
            raise HardwareError(
                f"{self._floor_path} cannot be read: {error}; remove it to begin at the root again"
            ) from error


def _by_when(error: RepositoryError, time_ms: int, told_ms: int) -> str:
    """Say by which time something is over, and what to do where a clock that is set does not tell it any more."""
    if not isinstance(error, ExpiredMetadataError):
        return ""
    day = f"{datetime.fromtimestamp(time_ms / 1000.0, UTC):%Y-%m-%d}"
    if 0 < told_ms < time_ms:
        return f"; this node's clock has said {day} before: `torpor models publish` signs anew"
    return f"; this node's clock says {day}"


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
