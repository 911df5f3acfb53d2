"""Deltas that a publisher stages beside a model."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

import pytest

from node.update.shortcut import NOTHING
from tools.models import keys, shortcuts
from tools.models.errors import PublishError
from tools.models.rehearsal import NOW_MS
from tools.models.repository import Repository

if TYPE_CHECKING:
    from pathlib import Path

NOISE: Final = [random.Random(seed).randbytes(5000) for seed in range(3)]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A new one."""
    made = Repository(tmp_path / "models", NOW_MS)
    made.init()
    return made


def add(repository: Repository, version: int, content: bytes, name: str = "m") -> list[str]:
    """Add a version of a model, and return from which digests deltas are staged."""
    path = f"{name}@{version}.tflite"
    repository.add(f"{name}@{version}.npz", b"golden of " + name.encode())
    repository.add(path, content, {"model": name, "version": version, "card": "", "golden": f"{name}@{version}.npz"})
    staged = [delta for delta, _ in shortcuts.stage(repository, path)]
    return [str((repository.drafted()[delta].custom or {})["base"]) for delta in staged]


def digest(repository: Repository, path: str) -> str:
    """Return a target's digest."""
    return repository.drafted()[path].hashes["sha256"]


def put_in_force(repository: Repository) -> None:
    """Sign and publish what is staged."""
    for number in (1, 2):
        repository.sign("targets", keys.read(repository.key(f"targets-{number}")))
    repository.publish(keys.read(repository.key("online")))


def test_version_that_changes_little_gets_a_delta_from_each_earlier_one(repository: Repository) -> None:
    """In force or staged, and from no other model; what does not compress gets none from nothing."""
    assert add(repository, 1, NOISE[0]) == []
    put_in_force(repository)
    assert add(repository, 2, NOISE[0] + b"2") == [digest(repository, "m@1.tflite")]
    add(repository, 1, NOISE[0] + b"n", "n")
    bases = add(repository, 3, NOISE[0] + b"3")
    assert bases == [digest(repository, "m@1.tflite"), digest(repository, "m@2.tflite")]


def test_version_that_is_another_model_gets_no_delta(repository: Repository) -> None:
    """A delta that is as long as what it makes would only be a target more for everybody."""
    add(repository, 1, NOISE[0])
    assert add(repository, 2, NOISE[1]) == []


def test_version_that_compresses_gets_a_delta_from_nothing(repository: Repository) -> None:
    """And none from an earlier one that is no shorter than it."""
    add(repository, 1, NOISE[0])
    assert add(repository, 2, NOISE[1] + bytes(5000)) == [NOTHING]


def test_deltas_to_versions_two_behind_are_dropped(repository: Repository) -> None:
    """Metadata do not grow with the square of the versions; the one before may still be on its way to nodes."""
    for version in range(1, 6):
        add(repository, version, NOISE[0] + bytes([version]))
    said = [each.custom or {} for each in repository.drafted().values()]
    full = [each["full"] for each in said if "full" in each]
    assert {full.count(digest(repository, f"m@{version}.tflite")) for version in (1, 2, 3)} == {0}
    assert [full.count(digest(repository, f"m@{version}.tflite")) for version in (4, 5)] == [3, 4]


def test_model_that_is_retired_takes_all_along_that_is_for_it_alone(repository: Repository) -> None:
    """The model, its golden windows, the deltas to it and from it; not what another needs."""
    add(repository, 1, NOISE[0])
    add(repository, 2, NOISE[0] + b"2")
    add(repository, 1, NOISE[2], "n")
    gone = shortcuts.retire(repository, "m@1.tflite")
    assert sorted(repository.drafted()) == ["m@2.npz", "m@2.tflite", "n@1.npz", "n@1.tflite"]
    assert len(gone) == 3


@pytest.mark.parametrize("path", ["m@9.tflite", "m@1.npz"])
def test_retiring_what_is_no_model_says_which_there_are(repository: Repository, path: str) -> None:
    """A slip takes nothing away."""
    add(repository, 1, NOISE[0])
    with pytest.raises(PublishError, match=r"there are: m@1\.tflite"):
        shortcuts.retire(repository, path)
