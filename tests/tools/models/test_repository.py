"""The repository, judged by the reference client of The Update Framework and by its own refusals."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest
from tuf.api.exceptions import DownloadHTTPError, RepositoryError
from tuf.ngclient import FetcherInterface, Updater, UpdaterConfig

from gateway.push import ends
from tools.models import keys, target
from tools.models.__main__ import main
from tools.models.errors import PublishError
from tools.models.rehearsal import ZOO
from tools.models.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW_MS: Final = 4_000_000_000_000
"""Far ahead: the reference client asks the machine's own clock, and nothing here may be over by it."""


class Folder(FetcherInterface):
    """Fetches from a folder, with no network between."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _fetch(self, url: str) -> Iterator[bytes]:
        path = self._folder / url.removeprefix("repository/")
        if not path.exists():
            raise DownloadHTTPError(f"no {path.name}", 404)
        return iter([path.read_bytes()])


def client(repository: Repository, home: Path) -> Updater:
    """Return a node's trust, which began at the first root and keeps what it learns in `home`."""
    home.mkdir(exist_ok=True)
    return Updater(
        str(home),
        "repository/metadata/",
        fetcher=Folder(repository.folder),
        config=UpdaterConfig(prefix_targets_with_hash=False),
        bootstrap=repository.root_bytes(),
    )


def signed(repository: Repository, *names: str, role: str = "targets") -> None:
    """Sign what is staged with these keys."""
    for name in names:
        repository.sign(role, keys.read(repository.key(name)))


def published(repository: Repository) -> list[str]:
    """Publish with the gateway's key."""
    return repository.publish(keys.read(repository.key("online")))


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A new one."""
    made = Repository(tmp_path / "models", NOW_MS)
    made.init()
    return made


def test_repository_with_a_model_is_believed_by_the_reference_client(repository: Repository, tmp_path: Path) -> None:
    """Two signatures and a timestamp, and a client that knows the first root finds the model."""
    repository.add("digits@2.tflite", b"model", {"version": 2})
    signed(repository, "targets-1", "targets-2")
    assert published(repository) == ["2.targets", "2.snapshot", "timestamp 2"]
    found = client(repository, tmp_path / "node").get_targetinfo("digits@2.tflite")
    assert found is not None
    assert (found.length, found.custom) == (5, {"version": 2})
    assert (repository.folder / "targets" / found.hashes["sha256"]).read_bytes() == b"model"


def test_repository_with_one_signature_of_two_publishes_nothing(repository: Repository) -> None:
    """One person alone, however often, makes no model."""
    repository.add("digits@2.tflite", b"model")
    signed(repository, "targets-1", "targets-1")
    with pytest.raises(PublishError, match="1 of 2 signatures"):
        published(repository)
    assert repository.targets() == {}


@pytest.mark.parametrize("name", ["online", "policy", "root-1"])
def test_key_of_another_role_has_no_say_in_models(repository: Repository, name: str) -> None:
    """Neither the gateway's keys nor the root's sign a model."""
    repository.add("digits@2.tflite", b"model")
    with pytest.raises(PublishError, match="no say"):
        signed(repository, name)


def test_target_that_changes_under_its_name_is_refused(repository: Repository) -> None:
    """A name is one file for ever: a node that has it does not look again."""
    repository.add("digits@2.tflite", b"model")
    with pytest.raises(PublishError, match="count up"):
        repository.add("digits@2.tflite", b"another")


@pytest.mark.parametrize("role", ["root", "targets", "online"])
def test_rotation_of_a_key_is_followed_by_a_client_that_knows_the_old_root(
    repository: Repository, tmp_path: Path, role: str
) -> None:
    """A client goes from root to root; the key that went has no say any more."""
    client(repository, tmp_path / "node").refresh()
    old, new = ("online", "online-2") if role == "online" else (f"{role}-1", f"{role}-4")
    repository.rotate(role, keys.read(repository.key(old)).public_key.keyid, keys.make(repository.key(new)))
    signed(repository, "root-2", "root-3" if role == "root" else "root-1", role="root")
    if role == "targets":
        signed(repository, "targets-2", new)
    repository.publish(keys.read(repository.key("online-2" if role == "online" else "online")))
    after = client(repository, tmp_path / "node")
    after.refresh()
    if role == "targets":
        repository.add("digits@2.tflite", b"model")
        with pytest.raises(PublishError, match="no say"):
            signed(repository, old)


@pytest.mark.parametrize(("role", "signers"), [("root", ("root-1", "root-2")), ("targets", ("targets-1", "targets-2"))])
def test_renewal_holds_longer_says_the_same_and_is_believed(
    tmp_path: Path, role: str, signers: tuple[str, str]
) -> None:
    """Ten days later the same keys sign the same again, and it ends ten days later; what was staged beside it stays."""
    Repository(tmp_path / "models", NOW_MS).init()
    repository = Repository(tmp_path / "models", NOW_MS + 10 * ends.DAY_MS)
    client(repository, tmp_path / "node").refresh()
    before = {each.role: each.ends_ms for each in ends.read(repository.folder)}
    repository.renew(role)
    signed(repository, *signers, role=role)
    assert f"2.{role}" in published(repository)
    client(repository, tmp_path / "node").refresh()
    after = {each.role: each.ends_ms for each in ends.read(repository.folder)}
    grown = {name for name in before if after[name] - before[name] == 10 * ends.DAY_MS}
    assert grown == {role, "snapshot", "timestamp"}
    assert repository.targets() == {}


def test_renewal_of_what_is_staged_keeps_the_change(repository: Repository) -> None:
    """A model that waits for signatures is not lost to it."""
    repository.add("digits@2.tflite", b"model")
    repository.renew("targets")
    signed(repository, "targets-1", "targets-2")
    assert "2.targets" in published(repository)
    assert set(repository.targets()) == {"digits@2.tflite"}


def test_list_and_publish_print_the_ends_nearest_first_and_what_to_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The timestamp's is the nearest; each with the command that moves it."""
    folder = str(tmp_path / "models")
    assert main(["init", folder]) == 0
    for command in ("list", "publish"):
        capsys.readouterr()
        assert main([command, folder]) == 0
        lines = [line for line in capsys.readouterr().out.splitlines() if " ends in " in line]
        assert [line.split()[0] for line in lines] == ["timestamp", "snapshot", "targets", "root"]
        assert "30 days" in lines[0]
        assert f"`torpor models publish {folder}`" in lines[0]
        assert f"`torpor models renew {folder} root`" in lines[3]


def test_list_of_what_has_ended_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A timestamp of the year 2000 is over."""
    Repository(tmp_path / "models", 946_684_800_000).init()
    assert main(["list", str(tmp_path / "models")]) == 0
    out = capsys.readouterr().out
    assert out.count("HAS ENDED") == 4


def test_rotation_of_targets_without_their_new_signature_is_not_published(repository: Repository) -> None:
    """A new root alone would leave nodes with targets that it does not believe."""
    old = keys.read(repository.key("targets-1")).public_key.keyid
    repository.rotate("targets", old, keys.make(repository.key("targets-3")))
    signed(repository, "root-1", "root-2", role="root")
    with pytest.raises(PublishError, match="targets has 0 of 2"):
        published(repository)


def test_repository_put_back_to_an_older_day_is_refused_by_the_client(repository: Repository, tmp_path: Path) -> None:
    """Control of the trust above: the client that believes all this does not believe a rollback."""
    shutil.copytree(repository.folder / "metadata", tmp_path / "older")
    repository.add("digits@2.tflite", b"model")
    signed(repository, "targets-1", "targets-2")
    published(repository)
    client(repository, tmp_path / "node").refresh()
    shutil.copytree(tmp_path / "older", repository.folder / "metadata", dirs_exist_ok=True)
    with pytest.raises(RepositoryError):
        client(repository, tmp_path / "node").refresh()


def test_keys_are_readable_by_their_owner_alone(repository: Repository) -> None:
    """Whoever reads a key signs with it."""
    assert {path.stat().st_mode & 0o777 for path in (repository.folder / "keys").iterdir()} == {0o600}


def test_command_to_make_a_repository_twice_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The keys of a repository are not thrown away by a slip."""
    assert main(["init", str(tmp_path / "r")]) == 0
    assert main(["init", str(tmp_path / "r")]) == 1
    assert "is a repository already" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["init", "publish"])
def test_timestamps_that_a_sleeper_would_find_over_are_not_signed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """A node that is away for longer than a timestamp lasts would never believe one that it was told of before."""
    folder = str(tmp_path / "r")
    if command == "publish":
        assert main(["init", folder]) == 0
    assert main(["--days", "1", command, folder]) == 1
    assert "give --days 3, or by --silence-h how long yours are" in capsys.readouterr().err
    assert main(["--days", "1", "--silence-h", "12", command, folder]) == 0


def _zoo_model(folder: Path) -> Path:
    """Return a model of the zoo, with a card beside it."""
    model = folder / "digits.tflite"
    shutil.copy(ZOO / "digits_int8.tflite", model)
    shutil.copy(ZOO / "digits_int8.toml", model.with_suffix(".toml"))
    return model


def test_model_that_passes_its_own_selftest_is_staged_with_its_ceilings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What nodes hold it to is said in its target, and what it took here is told."""
    assert main(["init", str(tmp_path / "r")]) == 0
    ceilings = ["--most-ms", "10000", "--most-mb", "900"]
    assert main(["add", str(tmp_path / "r"), str(_zoo_model(tmp_path)), "--version", "2", *ceilings]) == 0
    assert "Its self-test passed here" in capsys.readouterr().out
    repository = Repository(tmp_path / "r", NOW_MS)
    signed(repository, "targets-1", "targets-2")
    published(repository)
    (model,) = (each for path, each in repository.targets().items() if path.endswith("@2.tflite"))
    assert model.custom
    assert (model.custom["most_ms"], model.custom["most_mb"]) == (10000, 900)


def test_model_beyond_its_own_ceilings_is_not_staged(tmp_path: Path) -> None:
    """What does not pass here passes nowhere, and nobody has to climb a mast to learn it."""
    model = _zoo_model(tmp_path)
    terms, proof = target.described(model, 2, (), target.windows_of(None, model))
    assert target.rehearsed(model, terms, proof)["grown_mb"] > 1.0
    with pytest.raises(PublishError, match="at most 1: no node would take it"):
        target.rehearsed(model, replace(terms, most_mb=1), proof)
