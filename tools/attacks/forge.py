"""The forge: a repository of The Update Framework in memory, with all its keys, that signs whatever it is told to.

An honest publisher's tool refuses what no node should believe; this makes it.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import quote

from securesystemslib.signer import CryptoSigner
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

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


LIFE_DAYS: Final = {"root": 730, "targets": 365, "snapshot": 30, "timestamp": 30}
ONLINE: Final = ("snapshot", "timestamp")
_COMPACT: Final = JSONSerializer(compact=True)


class Forge:
    """A repository.

    Attributes:
        said: what each role says next; `publish` signs it, one version up.
        signers: who signs for each role, whatever the root has to say about that.
        served: what is in force, by the name that clients ask for it.
        asked: the names that were asked for.
        files: targets by their SHA-256.
        with_hashes: whether snapshot and timestamp name the digests of what they list.

    Args:
        now_ms: the time; offline roles last a year and more from there, the others a month.
        quorums: to each top role its number of keys, and how many must sign.
    """

    def __init__(self, now_ms: int, quorums: Mapping[str, tuple[int, int]] | None = None) -> None:
        self.now = datetime.fromtimestamp(now_ms // 1000, UTC)
        ends = {role: self.now + timedelta(days=days) for role, days in LIFE_DAYS.items()}
        self.root, self.targets = Root(expires=ends["root"]), Targets(expires=ends["targets"])
        self.snapshot, self.timestamp = Snapshot(expires=ends["snapshot"]), Timestamp(expires=ends["timestamp"])
        self.said: dict[str, Root | Targets | Snapshot | Timestamp] = {
            each.type: each for each in (self.root, self.targets, self.snapshot, self.timestamp)
        }
        self.signers: defaultdict[str, list[CryptoSigner]] = defaultdict(list)
        self.served: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.files: dict[str, bytes] = {}
        self.with_hashes = False
        for role in self.said:
            count, threshold = (quorums or {}).get(role, (1, 1))
            for _ in range(count):
                self.admit(role)
            self.root.roles[role].threshold = threshold
        self.publish("root", "targets", *ONLINE)

    def named(self, name: str) -> bytes | None:
        """Answer a client."""
        self.asked.append(name)
        return self.served.get(name)

    # Keys.

    def admit(self, role: str, signer: CryptoSigner | None = None, by: str = "root") -> CryptoSigner:
        """Have a delegator name one more key for a role, and the key sign for it."""
        signer = signer or CryptoSigner.generate_ed25519()
        cast("Root | Targets", self.said[by]).add_key(signer.public_key, role)
        self.signers[role].append(signer)
        return signer

    def expel(self, role: str) -> list[CryptoSigner]:
        """Have the root name none of the keys of a role any more; returns who signed."""
        self.root.roles[role].keyids.clear()
        return self.signers.pop(role, [])

    def renew(self, role: str) -> None:
        """Replace all keys of a role by as many as must sign."""
        self.expel(role)
        for _ in range(self.root.roles[role].threshold):
            self.admit(role)

    # What is said.

    def targets_of(self, role: str) -> Targets:
        """Return what a role says of targets."""
        return cast("Targets", self.said[role])

    def delegate(self, by: str, role: str, paths: Sequence[str] = ("*",), *, terminating: bool = False) -> None:
        """Have targets trust another role, with a key of its own, new or known already."""
        delegator = self.targets_of(by)
        delegator.delegations = delegator.delegations or Delegations({}, roles={})
        roles = delegator.delegations.roles
        assert roles is not None, "no succinct roles here"
        roles[role] = DelegatedRole(role, [], 1, terminating, list(paths))
        self.said.setdefault(role, Targets(expires=self.targets.expires))
        self.admit(role, by=by)

    def put(self, path: str, content: bytes, custom: Mapping[str, Any] | None = None, role: str = "targets") -> None:
        """Have a role name a file."""
        digest = hashlib.sha256(content).hexdigest()
        extra = {"custom": dict(custom)} if custom else None
        self.targets_of(role).targets[path] = TargetFile(len(content), {"sha256": digest}, path, extra)
        self.files[digest] = content

    def expire(self, role: str, days: float) -> None:
        """Have what a role says next end after so many days; before the present for less than none."""
        self.said[role].expires = self.now + timedelta(days=days)

    # In force.

    def publish(self, *roles: str, version: int | None = None) -> None:
        """Sign what roles say, one version up or as told, list it in snapshot or timestamp, and serve it."""
        for role in roles:
            said = self.said[role]
            known = f"{said.version}.{quote(role, '')}.json" in self.served or (
                role == "timestamp" and "timestamp.json" in self.served
            )
            said.version = version or said.version + known
            self.serve(role, self.signed(role))

    def signed(self, role: str, signers: Sequence[CryptoSigner] | None = None) -> bytes:
        """Return what a role says, signed."""
        metadata: Metadata[Any] = Metadata(self.said[role])
        for each in self.signers[role] if signers is None else signers:
            metadata.sign(each, append=True)
        return metadata.to_bytes(_COMPACT)

    def serve(self, role: str, data: bytes) -> None:
        """Serve what a role says as these bytes, and list them where they have to be."""
        version = self.said[role].version
        listed = MetaFile(version)
        if self.with_hashes:
            listed = MetaFile(version, len(data), {"sha256": hashlib.sha256(data).hexdigest()})
        if role == "snapshot":
            self.timestamp.snapshot_meta = listed
        elif role not in {"root", "timestamp"}:
            self.snapshot.meta[f"{role}.json"] = listed
        self.served[self.name(role)] = data

    def name(self, role: str) -> str:
        """Return by which name clients ask for the newest of a role."""
        if role == "timestamp":
            return "timestamp.json"
        return f"{self.said[role].version}.{quote(role, '')}.json"
