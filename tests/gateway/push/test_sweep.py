"""What makes room in a repository that a gateway serves, and what never goes."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Final

import pytest

from gateway.push.sweep import sweep
from tests.gateway.world import open_site
from tools.models import keys
from tools.models.repository import Repository

if TYPE_CHECKING:
    from pathlib import Path

NOW_MS: Final = 1_800_000_000_000
DAY_MS: Final = 86_400_000
CONTENT: Final = {number: bytes([number]) * 1000 for number in range(6)}
DIGEST: Final = {number: hashlib.sha256(content).hexdigest() for number, content in CONTENT.items()}


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """With six files: 0 to 3 were retired, 4 is in force, 5 staged; last asked for in the order of their numbers."""
    made = Repository(tmp_path / "models", NOW_MS)
    made.init()
    for number in range(5):
        made.add(f"m@{number}", CONTENT[number])
    made.remove(*(f"m@{number}" for number in range(4)))
    for number in (1, 2):
        made.sign("targets", keys.read(made.key(f"targets-{number}")))
    made.publish(keys.read(made.key("online")))
    made.add("m@5", CONTENT[5])
    for number, digest in DIGEST.items():
        seconds = (NOW_MS - 9 * DAY_MS) // 1000 + number
        os.utime(made.folder / "targets" / digest, (seconds, seconds))
    return made


def left(repository: Repository) -> list[int]:
    """Return which files are there."""
    return [number for number, digest in DIGEST.items() if (repository.folder / "targets" / digest).exists()]


def test_sweep_within_the_budget_takes_nothing(repository: Repository) -> None:
    """Retired files stay as long as there is room."""
    assert sweep(repository.folder, (), 6000, NOW_MS) == []
    assert left(repository) == [0, 1, 2, 3, 4, 5]


def test_sweep_over_the_budget_takes_retired_files_that_nobody_asked_for_longest(repository: Repository) -> None:
    """As many as have to go, and not one that is offered."""
    assert sweep(repository.folder, {DIGEST[0]}, 4000, NOW_MS) == [DIGEST[1], DIGEST[2]]
    assert left(repository) == [0, 3, 4, 5]


def test_sweep_without_any_budget_leaves_what_is_in_force_and_what_is_staged(repository: Repository) -> None:
    """Whoever is offered it finds it, and a publisher's signature is not for nothing."""
    sweep(repository.folder, (), 0, NOW_MS)
    assert left(repository) == [4, 5]


def test_sweep_leaves_what_was_asked_for_within_a_day(repository: Repository) -> None:
    """A node in the midst of a retired file finishes it; so does a publisher in the midst of adding one."""
    os.utime(repository.folder / "targets" / DIGEST[2], (NOW_MS // 1000 - 60, NOW_MS // 1000 - 60))
    sweep(repository.folder, (), 0, NOW_MS)
    assert left(repository) == [2, 4, 5]


@pytest.mark.parametrize("damage", [b"", b"[]", b'{"signed": {}}', b'{"signed": {"targets": {"m": {}}}}'])
def test_sweep_of_a_repository_that_cannot_be_read_takes_nothing(repository: Repository, damage: bytes) -> None:
    """Who does not know what is in force throws nothing away."""
    newest = max((repository.folder / "metadata").glob("*.targets.json"), key=lambda each: each.name)
    newest.write_bytes(damage)
    assert sweep(repository.folder, (), 0, NOW_MS) == []
    assert left(repository) == [0, 1, 2, 3, 4, 5]


def test_sweep_without_a_repository_is_quiet(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Most sites serve no models, and hear nothing of it."""
    assert sweep(tmp_path / "models", (), 0, NOW_MS) == []
    assert caplog.records == []


def test_site_sweeps_by_itself(repository: Repository) -> None:
    """A tick of a gateway with a small budget makes room."""
    site = open_site(repository.folder.parent, models={"folder": str(repository.folder), "most_mb": 0.0})
    site.tick(NOW_MS)
    assert left(repository) == [4, 5]
