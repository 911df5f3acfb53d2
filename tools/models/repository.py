"""The repository: a folder of signed metadata and of files by their digest, which a gateway serves.

    metadata/   what is in force: `3.root.json`, `7.targets.json`, ..., `timestamp.json`
    targets/    models and golden windows, each named by its SHA-256
    staged/     root and targets that still wait for signatures
    keys/       where `init` leaves the keys; all but `online` and `policy` belong elsewhere

Nothing comes into force before those who must have signed: `publish` asks the keys of the root, not the files' names.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)
from tuf.api.serialization.json import JSONSerializer

from node import durable
from tools.models import keys
from tools.models.errors import PublishError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from securesystemslib.signer import CryptoSigner

T = TypeVar("T", Root, Targets, Snapshot, Timestamp)

POLICY: Final = "policy"
"""The role that the gateway's own policy key has: it may speak of `policy/*`, and of nothing else."""
OFFLINE: Final = {"root": (3, 2), "targets": (2, 2)}
"""Role to how many keys it has, and how many of them must sign."""
_COMPACT: Final = JSONSerializer(compact=True)
_ONLINE: Final = ("snapshot", "timestamp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lives:
    """How long signatures last, in days.

    Attributes:
        root: of the root.
        targets: of targets; every model has to be signed anew after it.
        online: of snapshot and timestamp: longer than the longest sleep that is planned, or sleepers refuse them.
    """

    root: float = 730.0
    targets: float = 365.0
    online: float = 30.0

    def outlast(self, silence_h: float) -> None:
        """Check that a timestamp is not over before the node comes back that is away for longest.

        Args:
            silence_h: from one of its transmissions to the next.

        Raises:
            PublishError: it would be.
        """
        if self.online * 24.0 <= silence_h:
            raise PublishError(
                f"timestamps that last {self.online:g} days are over before a node is back that is silent for"
                f" {silence_h:g} hours: give --days {silence_h / 24.0 + 1.0:.0f}, or by --silence-h how long yours are"
            )


class Repository:
    """A folder; every method leaves it consistent, or raises and leaves it as it was.

    Args:
        folder: the repository's.
        now_ms: the time, for expiries.
        lives: how long signatures last.
    """

    def __init__(self, folder: Path, now_ms: int, lives: Lives | None = None) -> None:
        self.folder = folder
        self._now = datetime.fromtimestamp(now_ms // 1000, UTC)
        self._lives = lives or Lives()

    def key(self, name: str) -> Path:
        """Return where `init` leaves a key."""
        return self.folder / "keys" / f"{name}.pem"

    # Making it.

    def init(self) -> None:
        """Make every key, and sign the first metadata with them.

        Raises:
            PublishError: there is a repository already.
        """
        if any((self.folder / "metadata").glob("*.json")):
            raise PublishError(f"{self.folder} is a repository already; `add` puts models into it")
        for name in ("metadata", "targets", "staged"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        offline = {
            role: [keys.make(self.key(f"{role}-{number}")) for number in range(1, count + 1)]
            for role, (count, _) in OFFLINE.items()
        }
        online, policy = keys.make(self.key("online")), keys.make(self.key(POLICY))
        root = Root(expires=self._after(self._lives.root), consistent_snapshot=True)
        for role, signers in (offline | {name: [online] for name in _ONLINE}).items():
            for each in signers:
                root.add_key(each.public_key, role)
            root.roles[role].threshold = OFFLINE.get(role, (1, 1))[1]
        self._enforce(root, offline["root"][:2])
        self._enforce(self._first_targets(policy), offline["targets"])
        self._enforce(Targets(expires=self._after(self._lives.targets)), [policy], POLICY)
        self.publish(online)

    def _first_targets(self, policy: CryptoSigner) -> Targets:
        role = DelegatedRole(POLICY, [policy.public_key.keyid], 1, terminating=True, paths=["policy/*"])
        delegations = Delegations({policy.public_key.keyid: policy.public_key}, {POLICY: role})
        return Targets(expires=self._after(self._lives.targets), delegations=delegations)

    # Changing it.

    def add(self, path: str, content: bytes, custom: Mapping[str, object] | None = None) -> None:
        """Store a file, and stage targets that name it.

        Args:
            path: of the target, such as `digits@2.tflite`; a target of that name must not change.
            content: of the file.
            custom: what is said of it.

        Raises:
            PublishError: the path is taken by another file.
        """
        targets = self._draft("targets", Targets)
        digest = hashlib.sha256(content).hexdigest()
        before = targets.targets.get(path)
        if before is not None and before.hashes["sha256"] != digest:
            raise PublishError(f"{path} names another file already; nodes that have it would not look again: count up")
        extra = {"custom": dict(custom)} if custom else None
        targets.targets[path] = TargetFile(len(content), {"sha256": digest}, path, extra)
        durable.write(self.folder / "targets" / digest, content, 0o644)
        self._stage(targets)

    def remove(self, *paths: str) -> None:
        """Stage targets without some files; nodes that run them go on.

        Raises:
            PublishError: there is none of that name.
        """
        targets = self._draft("targets", Targets)
        for path in paths:
            if targets.targets.pop(path, None) is None:
                raise PublishError(f"no target {path!r}; there are: {', '.join(targets.targets) or 'none'}")
        self._stage(targets)

    def rotate(self, role: str, old: str, new: CryptoSigner) -> None:
        """Stage a root in which a key of a role is replaced; and the role's own metadata, to be signed by the new one.

        Args:
            role: `root`, `targets`, or `online` for snapshot and timestamp.
            old: the id of the key that goes.
            new: the key that comes.

        Raises:
            PublishError: the role has no such key.
        """
        root = self._draft("root", Root)
        for each in _ONLINE if role == "online" else (role,):
            if old not in root.roles[each].keyids:
                raise PublishError(f"{each} has no key {old}; it has {', '.join(root.roles[each].keyids)}")
            root.revoke_key(old, each)
            root.add_key(new.public_key, each)
        self._stage(root)
        if role == "targets":
            self._stage(self._draft("targets", Targets))

    def renew(self, role: str) -> None:
        """Stage a successor that says the same for another life; signatures that it has already are dropped.

        Args:
            role: `root` or `targets`; `publish` renews the others.
        """
        if role == "root":
            self._stage(self._draft(role, Root))
        else:
            self._stage(self._draft(role, Targets))

    def sign(self, role: str, signer: CryptoSigner) -> tuple[int, int]:
        """Add a signature to what is staged.

        Returns:
            How many signatures there are, of how many that are needed; for a root the fewer of old and new.

        Raises:
            PublishError: nothing is staged, or the key has no say in it.
        """
        staged = self._staged(role)
        if staged is None:
            raise PublishError(f"no {role} waits for signatures; `add` and `rotate` stage some")
        key_id = signer.public_key.keyid
        if key_id not in self._voters(role, staged):
            raise PublishError(f"the key {key_id} has no say in {role}")
        staged.sign(signer, append=True)
        durable.write(self._stage_path(role), staged.to_bytes(_COMPACT), 0o644)
        return self._signatures(role, staged)

    def publish(self, online: CryptoSigner) -> list[str]:
        """Put in force what has its signatures, and sign anew what is newest.

        Args:
            online: the gateway's key.

        Returns:
            What came into force.

        Raises:
            PublishError: something is staged that lacks signatures, or the key is not the gateway's.
        """
        ready = {role: staged for role in OFFLINE if (staged := self._staged(role)) is not None}
        for role, staged in ready.items():
            have, need = self._signatures(role, staged)
            if have < need:
                raise PublishError(f"{role} has {have} of {need} signatures; `sign` adds one")
        root = cast("Root", (ready.get("root") or self._newest("root", Root)).signed)
        self._check(root, ready, online)
        for role, staged in ready.items():
            self._write(f"{staged.signed.version}.{role}", staged)
            self._stage_path(role).unlink()
        return [*(f"{staged.signed.version}.{role}" for role, staged in ready.items()), *self._publish_online(online)]

    def _check(self, root: Root, ready: Mapping[str, Metadata[Any]], online: CryptoSigner) -> None:
        """Refuse what nodes would refuse: a key that the root does not name, targets that its keys did not sign."""
        for role in _ONLINE:
            if online.public_key.keyid not in root.roles[role].keyids:
                raise PublishError(f"the key {online.public_key.keyid} is not the one that signs {role}")
        targets = ready.get("targets") or self._newest("targets", Targets)
        if not root.get_verification_result("targets", targets.signed_bytes, targets.signatures):
            raise PublishError("the targets lack the signatures that the new root asks for; `sign` them")

    def _publish_online(self, online: CryptoSigner) -> list[str]:
        snapshot = self._snapshot(online)
        path = self.folder / "metadata" / "timestamp.json"
        number = Metadata[Timestamp].from_file(str(path)).signed.version if path.exists() else 0
        timestamp = Timestamp(number + 1, expires=self._after(self._lives.online), snapshot_meta=MetaFile(snapshot))
        self._write("timestamp", _signed(timestamp, [online]))
        return [f"{snapshot}.snapshot", f"timestamp {timestamp.version}"]

    def _snapshot(self, online: CryptoSigner) -> int:
        """Sign a snapshot of what is in force; returns its version.

        It is signed anew each time, as the timestamp is: what a node has once known to be over stays over there.
        """
        meta = {f"{role}.json": MetaFile(self._versions(role)[-1]) for role in ("targets", POLICY)}
        number = max(self._versions("snapshot"), default=0) + 1
        self._enforce(Snapshot(number, expires=self._after(self._lives.online), meta=meta), [online])
        return number

    # Reading it.

    def targets(self) -> dict[str, TargetFile]:
        """Return what is in force, by path."""
        return self._newest("targets", Targets).signed.targets

    def drafted(self) -> dict[str, TargetFile]:
        """Return what will be in force once what is staged is, by path."""
        return self._draft("targets", Targets).targets

    def content(self, target: TargetFile) -> bytes | None:
        """Return a target's file; None where it is not here."""
        path = self.folder / "targets" / target.hashes["sha256"]
        return path.read_bytes() if path.exists() else None

    def root_bytes(self, version: int = 1) -> bytes:
        """Return a root as a node is given it."""
        return (self.folder / "metadata" / f"{version}.root.json").read_bytes()

    def _signatures(self, role: str, staged: Metadata[Any]) -> tuple[int, int]:
        root = self._newest("root", Root).signed
        if role == "root":
            both = staged.signed.get_root_verification_result(root, staged.signed_bytes, staged.signatures)
            fewer = min((both.first, both.second), key=lambda each: len(each.signed) - each.threshold)
            return len(fewer.signed), fewer.threshold
        result = self._authority().get_verification_result(role, staged.signed_bytes, staged.signatures)
        return len(result.signed), result.threshold

    def _authority(self) -> Root:
        """Return the root that will be in force once what is staged is."""
        return cast("Root", (self._staged("root") or self._newest("root", Root)).signed)

    def _voters(self, role: str, staged: Metadata[Any]) -> set[str]:
        if role == "root":
            return {*self._newest("root", Root).signed.roles[role].keyids, *staged.signed.roles[role].keyids}
        return set(self._authority().roles[role].keyids)

    def _draft(self, role: str, kind: type[T]) -> T:
        """Return what is staged, or a successor of what is in force; unsigned either way, for it will change."""
        staged = self._staged(role)
        draft = cast("T", (staged or self._newest(role, kind)).signed)
        draft.version += 0 if staged else 1
        draft.expires = self._after(self._lives.root if role == "root" else self._lives.targets)
        return draft

    def _staged(self, role: str) -> Metadata[Any] | None:
        path = self._stage_path(role)
        return Metadata.from_file(str(path)) if path.exists() else None

    def _stage(self, signed: T) -> None:
        durable.write(self._stage_path(signed.type), Metadata(signed).to_bytes(_COMPACT), 0o644)

    def _stage_path(self, role: str) -> Path:
        if role not in OFFLINE:
            raise PublishError(f"{role!r} is signed by nobody's hand; {' and '.join(OFFLINE)} are")
        return self.folder / "staged" / f"{role}.json"

    def _newest(self, role: str, kind: type[T]) -> Metadata[T]:
        versions = self._versions(role)
        if not versions:
            raise PublishError(f"{self.folder} is no repository: no {role}; `torpor models init` makes one")
        try:
            return Metadata[T].from_file(str(self.folder / "metadata" / f"{versions[-1]}.{role}.json"))
        except RepositoryError as error:
            raise PublishError(f"{self.folder}: {kind.type} cannot be read: {error}") from error

    def _versions(self, role: str) -> list[int]:
        found = (self.folder / "metadata").glob(f"*.{role}.json")
        return sorted(int(path.name.partition(".")[0]) for path in found)

    def _enforce(self, signed: T, signers: list[CryptoSigner], role: str = "") -> None:
        self._write(f"{signed.version}.{role or signed.type}", _signed(signed, signers))

    def _write(self, name: str, metadata: Metadata[Any]) -> None:
        durable.write(self.folder / "metadata" / f"{name}.json", metadata.to_bytes(_COMPACT), 0o644)

    def _after(self, days: float) -> datetime:
        return self._now + timedelta(days=days)


def _signed(signed: T, signers: list[CryptoSigner]) -> Metadata[T]:
    metadata = Metadata(signed)
    for each in signers:
        metadata.sign(each, append=True)
    return metadata
