"""Rotations: who may say who signs from now on."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from securesystemslib.signer import CryptoSigner

from tests.conformance.tuf.trial import ALL, BELOW_ROOT, Trial


class Say(NamedTuple):
    """A version: the keys that it names, how many must sign, and who did."""

    keys: str
    threshold: int
    signed: str


ROOTS: dict[str, tuple[list[Say], bool]] = {
    "1-of-1-key-rotation": ([Say("1", 1, "1"), Say("2", 1, "21"), Say("2", 1, "2")], True),
    "1-of-1-key-rotation-unused-signatures": ([Say("1", 1, "314"), Say("2", 1, "3214"), Say("2", 1, "324")], True),
    "3-of-5-sign-with-different-keycombos": (
        [Say("01234", 3, "024"), Say("01234", 3, "041"), Say("01234", 3, "013"), Say("01234", 3, "013")],
        True,
    ),
    "3-of-5-one-key-rotated": ([Say("01234", 3, "024"), Say("01345", 3, "041")], True),
    "3-of-5-one-key-rotated-with-intermediate-step": (
        [Say("01234", 3, "024"), Say("01345", 3, "0245"), Say("01345", 3, "045")],
        True,
    ),
    "3-of-5-all-keys-rotated-with-intermediate-step": (
        [Say("01234", 3, "024"), Say("56789", 3, "024567"), Say("56789", 3, "567")],
        True,
    ),
    "1-of-3-threshold-increase-to-2-of-3": ([Say("123", 1, "1"), Say("123", 2, "12")], True),
    "2-of-3-threshold-decrease-to-1-of-3": ([Say("123", 2, "12"), Say("123", 1, "12"), Say("123", 1, "1")], True),
    "1-of-2-threshold-increase-to-2-of-2": ([Say("1", 1, "1"), Say("12", 2, "12")], True),
    "1-of-1-key-rotation-fail-not-signed-with-old-key": ([Say("1", 1, "1"), Say("2", 1, "234")], False),
    "1-of-1-key-rotation-fail-not-signed-with-new-key": ([Say("1", 1, "1"), Say("2", 1, "134")], False),
    "3-of-5-one-key-rotate-fails-not-signed-with-3-new-keys": (
        [Say("01234", 3, "024"), Say("01345", 3, "024")],
        False,
    ),
    "3-of-5-one-key-rotate-fails-not-signed-with-3-old-keys": (
        [Say("01234", 3, "024"), Say("01345", 3, "045")],
        False,
    ),
    "1-of-3-threshold-bump-to-2-of-3-fails-new-not-reached": (
        [Say("123", 1, "1"), Say("123", 2, "2")],
        False,
    ),
    "2-of-3-threshold-decr-to-1-of-3-fails-old-not-reached": (
        [Say("123", 2, "12"), Say("123", 1, "1")],
        False,
    ),
}

OTHERS: dict[str, tuple[Say, bool]] = {
    "1-of-1-key-rotation": (Say("2", 1, "2"), True),
    "1-of-1-key-rotation-unused-signatures": (Say("1", 1, "314"), True),
    "1-of-1-key-rotation-fail-not-signed-with-new-key": (Say("2", 1, "134"), False),
    "3-of-5-one-key-signature-wrong-not-signed-with-3-expected-keys": (Say("01345", 3, "024"), False),
    "2-of-5-one-key-signature-missing-threshold-not-reached": (Say("01345", 3, "04"), False),
    "3-of-5-sign-first-combo": (Say("01234", 3, "024"), True),
    "3-of-5-sign-second-combo": (Say("01234", 3, "041"), True),
    "3-of-5-sign-third-combo": (Say("01234", 3, "013"), True),
    "3-of-5-sign-fourth-combo": (Say("01234", 3, "123"), True),
    "3-of-5-sign-fifth-combo": (Say("01234", 3, "234"), True),
}


@pytest.fixture(scope="module")
def signers() -> list[CryptoSigner]:
    """Ten keys."""
    return [CryptoSigner.generate_ed25519() for _ in range(10)]


def _appoint(trial: Trial, role: str, say: Say, signers: list[CryptoSigner]) -> None:
    trial.forge.expel(role)
    trial.forge.root.roles[role].threshold = say.threshold
    for number in say.keys:
        trial.forge.root.add_key(signers[int(number)].public_key, role)
    trial.forge.signers[role] = [signers[int(number)] for number in say.signed]


@pytest.mark.parametrize("case", ROOTS)
def test_root_is_followed_where_enough_old_and_new_keys_signed(
    trial: Trial, signers: list[CryptoSigner], case: str
) -> None:
    """From root to root, each signed by as many as the one before it asks for, and as it asks for itself."""
    roots, followed = ROOTS[case]
    for version, say in enumerate(roots, 1):
        _appoint(trial, "root", say, signers)
        trial.forge.publish("root", version=version)
    trial.forge.publish(*BELOW_ROOT)
    trial.begin(trial.forge.served["1.root.json"])
    assert trial.refresh() is followed
    last = len(roots) if followed else len(roots) - 1
    assert (trial.metadata / "root.json").read_bytes() == trial.forge.served[f"{last}.root.json"]


@pytest.mark.parametrize("case", OTHERS)
def test_role_is_believed_where_enough_of_the_keys_signed_that_the_root_names(
    trial: Trial, signers: list[CryptoSigner], case: str
) -> None:
    """Those that it named before have no say any more."""
    say, believed = OTHERS[case]
    for role in ("timestamp", "snapshot", "targets"):
        _appoint(trial, role, say, signers)
        trial.forge.publish(*ALL)
        assert trial.refresh() is believed
        assert (trial.believed.get(role) == trial.forge.said[role].version) is believed
