"""The workflow itself: what is asked for, what is kept, and what is not believed whatever its version."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tuf.api.metadata import MetaFile

from tests.conformance.tuf.trial import ALL, BELOW_ROOT, ONLINE, Trial

FIRST = ["2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"]


def test_basic_refresh_asks_for_each_role_in_turn(trial: Trial) -> None:
    """A next root, the timestamp, and by their versions what these name; nothing else."""
    assert trial.refresh()
    assert trial.forge.asked == FIRST


def test_basic_refresh_keeps_what_it_believed_byte_for_byte(trial: Trial) -> None:
    """What a repository serves is kept as it came, in whatever layout of JSON."""
    trial.forge.served["timestamp.json"] += b" \n"
    assert trial.refresh()
    for role in ALL:
        served = trial.forge.served["timestamp.json" if role == "timestamp" else f"1.{role}.json"]
        assert (trial.metadata / f"{role}.json").read_bytes() == served


def test_basic_second_refresh_asks_for_what_may_have_changed_alone(trial: Trial) -> None:
    """Where nothing is new, that costs a root that is not there and a timestamp."""
    assert trial.refresh()
    assert trial.refresh()
    assert trial.forge.asked == FIRST[:2]


def test_basic_download_of_no_target_refreshes_first(trial: Trial) -> None:
    """A client looks for a file in the newest metadata only."""
    assert not trial.download("nothing")
    assert trial.forge.asked == FIRST
    assert trial.believed == dict.fromkeys(ALL, 1)


def _without_version(root: dict[str, Any]) -> None:
    del root["signed"]["version"]


def _with_another_signature(root: dict[str, Any]) -> None:
    root["signatures"][0]["sig"] = "ab" * 64


@pytest.mark.parametrize("damage", [_without_version, _with_another_signature], ids=["invalid", "unsigned"])
def test_initial_root_that_is_none_is_refused_before_anything_is_asked(trial: Trial, damage: Any) -> None:
    """Who begins at a root that nobody signed does not begin."""
    root = json.loads(trial.forge.served["1.root.json"])
    damage(root)
    trial.begin(json.dumps(root).encode())
    assert not trial.refresh()
    assert trial.forge.asked == []


@pytest.mark.parametrize(
    ("role", "believed"),
    [
        ("root", {"root": 1}),
        ("timestamp", {"root": 2}),
        ("snapshot", {"root": 2, "timestamp": 2}),
        ("targets", {"root": 2, "timestamp": 2, "snapshot": 2}),
    ],
)
def test_unsigned_metadata_is_refused_and_what_came_before_it_is_believed(
    trial: Trial, role: str, believed: dict[str, int]
) -> None:
    """Each role is judged in its turn."""
    trial.forge.signers[role].pop()
    trial.forge.publish(*ALL)
    assert not trial.refresh()
    assert trial.believed == believed


@pytest.mark.parametrize(
    ("role", "believed"),
    [
        ("root", {"root": 1}),
        ("snapshot", {"root": 2, "timestamp": 2}),
        ("targets", {"root": 2, "timestamp": 2, "snapshot": 2}),
    ],
)
def test_metadata_of_another_version_than_their_name_are_refused(
    trial: Trial, role: str, believed: dict[str, int]
) -> None:
    """A file is the version that its name says, and that others say of it."""
    trial.forge.publish(*ALL)
    trial.forge.said[role].version = 3
    trial.forge.served[f"2.{role}.json"] = trial.forge.signed(role)
    assert not trial.refresh()
    assert trial.believed == believed


def test_timestamp_of_the_same_version_with_other_contents_changes_nothing(trial: Trial) -> None:
    """One that was believed stays; there is nothing newer."""
    assert trial.refresh()
    trial.forge.timestamp.snapshot_meta = MetaFile(100)
    trial.forge.publish("timestamp", version=1)
    assert trial.refresh()
    assert trial.forge.asked == FIRST[:2]
    assert json.loads((trial.metadata / "timestamp.json").read_bytes())["signed"]["meta"]["snapshot.json"] == {
        "version": 1
    }


def test_metadata_with_digests_of_others_are_believed(trial: Trial) -> None:
    """Snapshot and timestamp may say more of a file than its version."""
    trial.forge.with_hashes = True
    trial.forge.publish(*BELOW_ROOT)
    assert trial.refresh()
    assert trial.believed == {"root": 1, "targets": 2, "snapshot": 2, "timestamp": 2}


def test_targets_with_another_digest_than_the_snapshot_says_are_refused(trial: Trial) -> None:
    """And the snapshot that says so is believed."""
    trial.forge.with_hashes = True
    trial.forge.publish(*BELOW_ROOT)
    assert trial.refresh()
    trial.forge.publish("targets")
    trial.forge.snapshot.meta["targets.json"].hashes = {"sha256": "0" * 64}
    trial.forge.publish(*ONLINE)
    assert not trial.refresh()
    assert trial.believed == {"root": 1, "targets": 2, "snapshot": 3, "timestamp": 3}


def test_snapshot_with_another_digest_than_the_timestamp_says_is_refused(trial: Trial) -> None:
    """And the timestamp that says so is believed."""
    trial.forge.with_hashes = True
    trial.forge.publish(*ONLINE)
    assert trial.refresh()
    trial.forge.publish("snapshot")
    trial.forge.timestamp.snapshot_meta.hashes = {"sha256": "0" * 64}
    trial.forge.publish("timestamp")
    assert not trial.refresh()
    assert trial.believed == {"root": 1, "targets": 1, "snapshot": 2, "timestamp": 3}


def test_fields_that_nobody_knows_are_signed_and_borne(trial: Trial) -> None:
    """Who meets an unknown field takes it into the signature, and goes on."""
    assert trial.refresh()
    root = trial.forge.root
    root.unrecognized_fields["custom-field"] = "value"
    root.roles["root"].unrecognized_fields["another-field"] = "value"
    trial.forge.admit("root").public_key.unrecognized_fields["extra-field"] = {"a": 1}
    trial.forge.publish("root")
    assert trial.refresh()
    assert trial.believed["root"] == 2


def test_keyid_hash_algorithms_that_are_wrong_mean_nothing(trial: Trial) -> None:
    """A field of old drafts has no say."""
    trial.forge.expel("snapshot")
    trial.forge.admit("snapshot").public_key.unrecognized_fields["keyid_hash_algorithms"] = "md5"
    trial.forge.publish("root", *ONLINE)
    assert trial.refresh()
    assert trial.believed == {"root": 2, "targets": 1, "snapshot": 2, "timestamp": 2}


def test_snapshot_that_is_not_there_ends_the_refresh_after_its_timestamp(trial: Trial) -> None:
    """What names it is believed; what it would name is not asked for."""
    assert trial.refresh()
    trial.forge.timestamp.snapshot_meta.version += 1
    trial.forge.publish("timestamp")
    assert not trial.refresh()
    assert trial.forge.asked[-1] == "2.snapshot.json"
    assert trial.believed == {"root": 1, "targets": 1, "snapshot": 1, "timestamp": 2}


def test_targets_that_are_not_there_end_the_refresh_after_their_snapshot(trial: Trial) -> None:
    """What names them is believed."""
    assert trial.refresh()
    trial.forge.snapshot.meta["targets.json"].version += 1
    trial.forge.publish(*ONLINE)
    assert not trial.refresh()
    assert trial.forge.asked[-1] == "2.targets.json"
    assert trial.believed == {"root": 1, "targets": 1, "snapshot": 2, "timestamp": 2}


def test_timestamp_that_is_not_there_ends_the_refresh(trial: Trial) -> None:
    """Without one nobody knows what is newest."""
    assert trial.refresh()
    del trial.forge.served["timestamp.json"]
    assert not trial.refresh()
    assert trial.forge.asked[-1] == "timestamp.json"


def test_snapshot_in_the_place_of_a_timestamp_is_refused(trial: Trial) -> None:
    """Its signature is right, its fields are, and its type is not."""
    (timestamp_key,) = trial.forge.signers["timestamp"]
    trial.forge.admit("snapshot", timestamp_key)
    trial.forge.snapshot.meta = {"snapshot.json": MetaFile(1)}
    trial.forge.publish("root")
    trial.forge.snapshot.version = 2
    trial.forge.served["timestamp.json"] = trial.forge.signed("snapshot")
    assert not trial.refresh()
    assert trial.believed == {"root": 2}
