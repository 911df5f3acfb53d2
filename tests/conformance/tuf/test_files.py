"""Files: only those that were signed are kept, and none is fetched twice."""

from __future__ import annotations

import hashlib

import pytest

from tests.conformance.tuf.trial import BELOW_ROOT, Trial


@pytest.mark.parametrize("path", ["target_file.txt", "path/to/a/target_file.txt"])
def test_download_of_a_signed_file_keeps_it(trial: Trial, path: str) -> None:
    """And a refresh alone fetches no file."""
    trial.forge.put(path, b"contents")
    trial.forge.publish(*BELOW_ROOT)
    assert trial.refresh()
    assert trial.files == []
    assert trial.download(path)
    assert trial.files == [b"contents"]


def _replace(trial: Trial, content: bytes, other: bytes) -> None:
    """Serve other bytes under a signed file's digest."""
    trial.forge.files[hashlib.sha256(content).hexdigest()] = other


@pytest.mark.parametrize("other", [b"malicious", b"c0ntents", b"conten", b""], ids=["longer", "same", "less", "empty"])
def test_download_of_a_file_that_was_exchanged_keeps_nothing(trial: Trial, other: bytes) -> None:
    """A file of another length or digest than was signed is not kept; one that was kept before stays."""
    for path, content in (("one", b"contents"), ("two", b"Contents")):
        trial.forge.put(path, content)
    trial.forge.publish(*BELOW_ROOT)
    assert trial.download("one")
    for content in (b"contents", b"Contents"):
        _replace(trial, content, other)
    trial.download("one")
    assert trial.files == [b"contents"]
    assert not trial.download("two")
    assert trial.files == [b"contents"]


def test_download_follows_many_changes_and_none_that_was_not_signed(trial: Trial) -> None:
    """Signed change after signed change, with an exchange after each."""
    for number in range(4):
        content = f"contents {number}".encode()
        trial.forge.put("file", content)
        trial.forge.put(f"new-{number}", content + b" new")
        trial.forge.publish(*BELOW_ROOT)
        if number == 1:
            continue  # a version that the client never sees
        assert trial.download("file", f"new-{number}")
        expected = trial.files
        assert content in expected
        _replace(trial, content, b"exchanged")
        trial.forge.publish(*BELOW_ROOT)
        trial.download("file")
        assert trial.files == expected
    assert len(trial.files) == 4


@pytest.mark.parametrize("algorithms", [("sha256",), ("sha256", "sha512")])
def test_download_of_a_file_with_a_sha256_keeps_it(trial: Trial, algorithms: tuple[str, ...]) -> None:
    """Other digests may stand beside it."""
    trial.forge.put("file", b"contents")
    hashes = {name: hashlib.new(name, b"contents").hexdigest() for name in algorithms}
    trial.forge.targets.targets["file"].hashes = hashes
    trial.forge.publish(*BELOW_ROOT)
    assert trial.download("file")
    assert (trial.files, len(trial.fetched)) == ([b"contents"], 1)


@pytest.mark.parametrize("algorithm", ["sha512", "unknown-hash"])
def test_download_of_a_file_without_a_sha256_is_refused(trial: Trial, algorithm: str) -> None:
    """A node can ask for it by nothing else; tuf-conformance leaves the algorithms to the client."""
    trial.forge.put("file", b"contents")
    trial.forge.targets.targets["file"].hashes = {algorithm: hashlib.sha512(b"contents").hexdigest()}
    trial.forge.publish(*BELOW_ROOT)
    assert not trial.download("file")
    assert trial.files == []


def test_download_of_a_file_that_is_here_fetches_nothing(trial: Trial) -> None:
    """Nothing is downloaded twice."""
    trial.forge.put("file", b"contents")
    trial.forge.publish(*BELOW_ROOT)
    assert trial.download("file")
    assert trial.download("file")
    assert len(trial.fetched) == 1
