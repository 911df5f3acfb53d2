"""Repositories as publishers' tools lay them out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from securesystemslib.signer import CryptoSigner

from tests.conformance.tuf.trial import ALL, NOW_MS, Trial
from tools.models import keys
from tools.models.repository import Repository

if TYPE_CHECKING:
    from pathlib import Path


def test_repository_of_our_own_publisher_is_believed(trial: Trial, tmp_path: Path) -> None:
    """Two of three, two of two, short ids of keys, compact JSON, a delegation: as nodes are served."""
    repository = Repository(tmp_path / "models", NOW_MS)
    repository.init()
    repository.add("digits@2.tflite", b"model", {"version": 2})
    for number in (1, 2):
        repository.sign("targets", keys.read(repository.key(f"targets-{number}")))
    repository.publish(keys.read(repository.key("online")))
    trial.forge.served = {path.name: path.read_bytes() for path in (repository.folder / "metadata").iterdir()}
    trial.forge.files = {path.name: path.read_bytes() for path in (repository.folder / "targets").iterdir()}
    trial.begin(repository.root_bytes())
    assert trial.download("digits@2.tflite")
    assert trial.files == [b"model"]


def test_repository_with_elliptic_keys_indented_json_and_digests_is_believed(trial: Trial) -> None:
    """As tuf-on-ci and root-signing lay theirs out: ECDSA offline, many keys, lengths and digests in the snapshot."""
    for role in ("root", "targets"):
        trial.forge.expel(role)
        for _ in range(3):
            trial.forge.admit(role, CryptoSigner.generate_ecdsa())
        trial.forge.root.roles[role].threshold = 2
    trial.forge.with_hashes = True
    trial.forge.publish("root", version=1)
    trial.forge.put("artifact.txt", b"artifact", {"note": "one"})
    trial.forge.targets.version += 1
    trial.forge.serve("targets", json.dumps(json.loads(trial.forge.signed("targets")), indent=1).encode())
    trial.forge.publish("snapshot", "timestamp")
    trial.begin(trial.forge.served["1.root.json"])
    assert trial.download("artifact.txt")
    assert trial.files == [b"artifact"]
    assert set(trial.believed) == set(ALL)


def test_repository_without_consistent_snapshots_is_believed(trial: Trial) -> None:
    """Names without versions, and files without digests in theirs; specification 6.2."""
    forge = trial.forge
    forge.root.consistent_snapshot = False
    forge.publish("root", version=1)
    for role in ("snapshot", "targets"):
        forge.served[f"{role}.json"] = forge.served.pop(f"1.{role}.json")
    trial.begin(forge.served["1.root.json"])
    assert trial.refresh()
    assert trial.forge.asked == ["2.root.json", "timestamp.json", "snapshot.json", "targets.json"]
