"""Trust: The Update Framework's reference client, and what it leaves to others: the disk, the clock and the last word.

python-tuf writes its metadata without an fsync. With the files of a power cut it believed an older repository again
(measured); so they are synced, and the versions that were ever believed are kept apart from them, in a floor below
which nothing is believed. It always starts at the root that came with the node, so that damaged files are fetched
again and brick nothing. And a clock that was never set would see nothing expire: it is held at the latest time that
was ever sure.

Source: TUF specification 1.0.31, section 5.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from tuf.api.exceptions import DownloadError, DownloadHTTPError, RepositoryError
from tuf.ngclient import FetcherInterface, Updater, UpdaterConfig

from node import durable
from node.errors import HardwareError, LinkError, ModelError, WireError
from node.transmit.assembly import Wanted
from node.update import terms
from node.update.progress import Found

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tuf.api.metadata import TargetFile

    from node.update.line import Line

ROLES: Final = ("root", "timestamp", "snapshot", "targets")
_HOUR_MS: Final = 3_600_000
_CONFIG: Final = UpdaterConfig(max_root_rotations=64, max_delegations=8, targets_max_length=512_000)


class _Air(FetcherInterface):
    """Fetches metadata over the line."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def _fetch(self, url: str) -> Iterator[bytes]:
        name = url.rpartition("/")[2]
        data = self._line.named(name)
        if data is None:
            raise DownloadHTTPError(f"no {name}", 404)
        return iter([data])


class Trust:
    """What this node believes of models."""

    def __init__(self, folder: Path, root: bytes) -> None:
        """Take the places.

        Args:
            folder: for metadata, and the floor.
            root: the first one, as it came with the node.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._root = root
        self._floor_path = folder / "floor.json"

    def find(self, target: str, line: Line, now_ms: int, *, sure: bool) -> Found:
        """Bring the metadata up to date, and look a model up.

        Args:
            target: its path.
            line: to the gateway.
            now_ms: the time by the wall clock.
            sure: it was set; else only the floor can make anything expire.

        Raises:
            LinkError: not all of it came.
            WireError: what came is not to be believed; what was believed before still is.
            HardwareError: the floor cannot be read.
            ModelError: it is believed, and there is no such model in it, or none that makes sense.
        """
        floor = self._floor()
        if sure and now_ms > floor.get("time_ms", 0) + _HOUR_MS:
            floor["time_ms"] = now_ms  # also where nothing is believed now: what is over stays over after a reset
            durable.write(self._floor_path, json.dumps(floor).encode())
        try:
            updater = self._updater(line, max(now_ms, floor.get("time_ms", 0)))
            updater.refresh()
            self._check_floor(updater, floor)
            found = self._look_up(updater, target)
        except DownloadError as error:
            raise _seen_through(error) from error
        except RepositoryError as error:
            raise WireError("untrusted", f"{type(error).__name__}: {error}"[:160]) from error
        self._keep(updater, floor.get("time_ms", 0))
        return found

    def _updater(self, line: Line, time_ms: int) -> Updater:
        metadata = self._folder / "metadata"
        metadata.mkdir(parents=True, exist_ok=True)
        updater = Updater(str(metadata), "metadata/", fetcher=_Air(line), config=_CONFIG, bootstrap=self._root)
        # The one way to tell it the time; tests/node/update/test_trust.py sees to it that it goes on working.
        updater._trusted_set.reference_time = datetime.fromtimestamp(time_ms / 1000.0, UTC)  # noqa: SLF001 - no public way
        return updater

    def _versions(self, updater: Updater) -> dict[str, int]:
        trusted = updater._trusted_set  # noqa: SLF001 - as above
        return {role: trusted[role].version for role in ROLES}

    def _check_floor(self, updater: Updater, floor: dict[str, int]) -> None:
        versions = self._versions(updater)
        # A root that two of three have signed since then may begin the others anew: that is how a repository comes back
        # after a thief has counted its versions to the end. Specification 5.3.11.
        held = ROLES if versions["root"] <= floor.get("root", 0) else ("root",)
        for role, version in versions.items():
            if role in held and version < floor.get(role, 0):
                raise WireError("rollback", f"{role} {version}, and {floor[role]} was believed")

    def _look_up(self, updater: Updater, target: str) -> Found:
        found = updater.get_targetinfo(target)
        if found is None:
            raise ModelError(f"no {target!r} in the signed targets; publish it, or offer another")
        said = terms.read(found.custom)
        golden = updater.get_targetinfo(said.golden) if said.golden else None
        if golden is None:
            raise ModelError(f"no {said.golden!r} in the signed targets, and untested {target} does not run here")
        return Found(model=_wanted(found), golden=_wanted(golden), terms=said)

    def _keep(self, updater: Updater, time_ms: int) -> None:
        """Put on disk what is believed from now on: the files first, then the floor that stands on them."""
        for folder, _, names in os.walk(self._folder / "metadata"):
            for name in (*names, "."):
                _sync(os.path.join(folder, name))  # noqa: PTH118 - os.walk gives words
        durable.write(self._floor_path, json.dumps({**self._versions(updater), "time_ms": time_ms}).encode())

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


def _wanted(found: TargetFile) -> Wanted:
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
