"""Keys: how many must have signed, and what counts as one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from securesystemslib.signer import CryptoSigner

from tests.conformance.tuf.trial import ALL, BELOW_ROOT, ONLINE, Trial

if TYPE_CHECKING:
    from collections.abc import Callable


def _changed(trial: Trial, name: str, change: Callable[[dict[str, Any]], object]) -> None:
    """Change what is served behind the signers' backs."""
    said = json.loads(trial.forge.served[name])
    change(said)
    trial.forge.served[name] = json.dumps(said).encode()


def test_snapshot_with_two_signatures_of_three_is_refused(trial: Trial) -> None:
    """A threshold is a threshold."""
    trial.forge.root.roles["snapshot"].threshold = 3
    for _ in range(2):
        trial.forge.admit("snapshot")
    trial.forge.publish(*ALL)
    assert trial.refresh()
    trial.forge.signers["snapshot"].pop()
    trial.forge.publish(*BELOW_ROOT)
    assert not trial.refresh()
    assert trial.believed["snapshot"] == 2


def test_snapshot_of_a_role_with_fewer_keys_than_must_sign_is_refused(trial: Trial) -> None:
    """Five keys never make six signatures."""
    for _ in range(4):
        trial.forge.admit("snapshot")
    trial.forge.root.roles["snapshot"].threshold = 6
    trial.forge.publish("root", *ONLINE)
    assert not trial.refresh()
    assert trial.believed["root"] == 2
    assert "snapshot" not in trial.believed


def test_key_that_is_named_nine_times_signs_once(trial: Trial) -> None:
    """Neither the root's list nor the signatures' makes many keys of one."""
    signer = trial.forge.admit("snapshot")
    trial.forge.root.roles["snapshot"].keyids += [signer.public_key.keyid] * 8
    trial.forge.root.roles["snapshot"].threshold = 6
    trial.forge.publish("root", *ONLINE)
    _changed(trial, "2.snapshot.json", lambda said: said["signatures"].extend(said["signatures"][-1:] * 8))
    assert not trial.refresh()
    assert "snapshot" not in trial.believed


def test_signature_that_stands_there_twice_is_refused(trial: Trial) -> None:
    """A key's id is unique among signatures, also where there are enough without it; specification 4.2.1."""
    _changed(trial, "1.snapshot.json", lambda said: said["signatures"].append(said["signatures"][0]))
    assert not trial.refresh()
    assert "snapshot" not in trial.believed


SIGNERS = {
    "rsa": CryptoSigner.generate_rsa,
    "ecdsa": CryptoSigner.generate_ecdsa,
    "ed25519": CryptoSigner.generate_ed25519,
}


@pytest.mark.parametrize("kind", SIGNERS)
def test_key_of_each_kind_that_the_specification_names_signs(trial: Trial, kind: str) -> None:
    """And a signature that only looks like one of it does not count."""
    signer = trial.forge.admit("root", SIGNERS[kind]())
    trial.forge.root.roles["root"].threshold = 2
    trial.forge.publish("root")
    assert trial.refresh()
    assert trial.believed["root"] == 2
    trial.forge.publish("root")
    bad = signer.sign(b"something else").signature

    def forged(said: dict[str, Any]) -> None:
        said["signatures"] = [
            each | ({"sig": bad} if each["keyid"] == signer.public_key.keyid else {}) for each in said["signatures"]
        ]

    _changed(trial, "3.root.json", forged)
    assert not trial.refresh()
    assert trial.believed["root"] == 2


@pytest.mark.parametrize("bad", ["ab" * 64, ""], ids=["plausible", "empty"])
def test_wrong_signature_beside_enough_right_ones_is_borne(trial: Trial, bad: str) -> None:
    """Enough is enough."""
    (first,) = trial.forge.signers["timestamp"]
    trial.forge.admit("timestamp")
    trial.forge.publish("root", "timestamp")

    def forged(said: dict[str, Any]) -> None:
        said["signatures"] = [
            each | ({"sig": bad} if each["keyid"] == first.public_key.keyid else {}) for each in said["signatures"]
        ]

    _changed(trial, "timestamp.json", forged)
    assert trial.refresh()
    assert trial.believed["timestamp"] == 2
