"""`torpor-gateway policy`: what an operator may say, and hears."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import pytest

from gateway.__main__ import main
from gateway.config import Config
from gateway.site import Site
from gateway.store.database import Store
from node.wire import codec
from node.wire.messages import Reported
from tests.gateway.world import NOW_MS, Delivery

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(name="says")
def _says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Says:
    """A gateway's folder, and somebody who types."""
    assert main(["init", str(tmp_path), "--site", "orchard"]) == 0
    return Says(tmp_path, capsys)


class Says:
    """Types commands, and reads what they print."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys

    def __call__(self, *words: str, code: int = 0) -> list[str]:
        """Run a command; returns its lines, or those of its error."""
        self._capsys.readouterr()
        assert main(["policy", *words, "--config", str(self.folder / "gateway.toml")]) == code
        captured = self._capsys.readouterr()
        return (captured.err if code else captured.out).splitlines()


def test_policy_key_is_its_owners_alone(says: Says) -> None:
    """`init` makes the key 0600, never a second time; a key that others may read is refused."""
    path = says.folder / "policy.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_text()
    assert main(["init", str(says.folder)]) == 0
    assert path.read_text() == before
    path.chmod(0o640)
    assert "chmod 600" in says("set", "sleep.period_s=60", code=2)[0]


def test_policy_set_numbers_what_it_signs_and_says_for_whom(says: Says) -> None:
    """Counters rise over all audiences, and the history holds who said what and why, the newest first."""
    assert says("set", "sleep.period_s=60")[0].startswith("policy 1 for orchard until ")
    assert says("set", "dvfs.mode=powersave", "--group", "pumps")[0].startswith("policy 2 for orchard/+pumps until ")
    assert says("set", "gate.delta=2", "--node", "p1", "--note", "storm")[0].endswith(": gate.delta = 2")
    told = [json.loads(line) for line in says("history", "--json")]
    assert [(each["counter"], each["audience"], each["note"]) for each in told] == [
        (3, "orchard/p1", "storm"),
        (2, "orchard/+pumps", ""),
        (1, "orchard", ""),
    ]
    assert told[2]["settings"] == {"sleep.period_s": 60}
    assert len(says("history", "--group", "pumps")) == 1


def test_policy_set_for_whoever_was_never_heard_is_signed_with_a_note(
    says: Says, capsys: pytest.CaptureFixture[str]
) -> None:
    """A node or a group may be new, and may be misspelt: the operator is told which there are, on stderr alone."""
    store = Store(says.folder / "gateway.db")
    site = Site(Config.model_validate({"site": {"name": "orchard"}}), store)
    told = Reported(version=1, settings={"policy.group": "pumps"})
    payload = codec.encode(told)
    site.commit([Delivery("torpor/1/orchard/pump-1/reported", payload)], NOW_MS)
    site.tick(NOW_MS)
    store.close()
    config = ("--config", str(says.folder / "gateway.toml"))
    for words, wanted in (
        (("--node", "pump-1"), ""),
        (("--group", "pumps"), ""),
        ((), ""),
        (
            ("--node", "pmup-1"),
            "no node 'pmup-1' was ever heard at this site, it counts if one comes; there are: pump-1",
        ),
        (
            ("--group", "pump"),
            "no node has said that its [policy] group is 'pump', it counts if one does; there are: pumps",
        ),
    ):
        capsys.readouterr()
        assert main(["policy", "set", "sleep.period_s=60", *words, *config]) == 0
        said = capsys.readouterr()
        assert said.out.startswith("policy ")
        assert said.out.count("\n") == 1
        assert said.err == (f"note: {wanted}\n" if wanted else "")


def test_policy_set_before_anybody_was_heard_says_so(says: Says, capsys: pytest.CaptureFixture[str]) -> None:
    """With the database that the signature itself has made."""
    assert (
        main(["policy", "set", "sleep.period_s=60", "--node", "p1", "--config", str(says.folder / "gateway.toml")]) == 0
    )
    assert capsys.readouterr().err.endswith("there are: none yet\n")


def test_policy_revert_signs_the_one_before_anew(says: Says) -> None:
    """Nodes take only what is newer, so to go back is a new policy with old settings."""
    for period_s in (10, 20, 30):
        says("set", f"sleep.period_s={period_s}")
    assert says("revert")[0].startswith("policy 4 for orchard")
    assert says("revert", "--to", "1")[0].endswith("sleep.period_s = 10")
    assert says("revert", "--to", "0")[0].endswith("no settings")
    assert json.loads(says("history", "--json", "--limit", "1")[0])["note"] == "reverted to 0"
    assert says("set", "sleep.period_s=5", "--node", "p1")
    assert says("revert", "--node", "p1")[0].endswith("no settings")


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (("set", "sleep.perod_s=60"), "sleep.perod_s: no such setting; valid: alertness.speedup"),
        (("set", "sleep.period_s=1e9"), "sleep.period_s: 1000000000.0; a number from 0.1 to 86400 belongs there"),
        (("set", "sleep.period_s=fast"), "a number from 0.1 to 86400 belongs there"),
        (("set", "dvfs.mode=turbo"), "none of auto, balanced, performance, powersave"),
        (("set", "sleep.period_s"), "write it as NAME=VALUE"),
        (("set", "sleep.period_s=1", "--node", "a/b"), "--node"),
        (("set", "sleep.period_s=1", "--days", "0"), "--days"),
    ],
)
def test_policy_set_of_what_no_node_would_take_says_what_would_be(
    says: Says, words: tuple[str, ...], wanted: str
) -> None:
    """A mistake is the operator's to hear, before any node does; nothing is signed."""
    assert wanted in "\n".join(says(*words, code=2))
    assert not (says.folder / "gateway.db").exists()


def test_policy_history_before_the_first_says_how_to_begin(says: Says) -> None:
    """Without a database, and with an empty one, there is advice instead of a table."""
    assert "no database" in says("history", code=1)[0]
    says("set", *(f"gate.option_{at}=1" for at in range(65)), code=1)
    assert "policy set NAME=VALUE" in says("history")[0]
    assert says("show") == ["no node has told what it runs on yet"]


def test_policy_too_much_for_an_envelope_is_not_signed(says: Says) -> None:
    """Sixty-five settings do not fit a message; the counter is not used up."""
    says("set", *(f"gate.option_{at}=1" for at in range(65)), code=1)
    assert says("set", "sleep.period_s=60")[0].startswith("policy 1 ")


def test_policy_revert_to_what_never_was_names_what_there_is(says: Says) -> None:
    """An unknown counter is an error that tells the known ones."""
    says("set", "sleep.period_s=60")
    assert "there are: 1" in says("revert", "--to", "9", code=1)[0]
    assert "there are: none" in says("revert", "--group", "pumps", code=1)[0]


def test_policy_without_a_key_says_who_makes_one(says: Says) -> None:
    """A gateway from before policies has no key yet."""
    (says.folder / "policy.key").unlink()
    assert "`torpor-gateway init` makes one" in says("set", "sleep.period_s=60", code=2)[0]
    (says.folder / "policy.key").write_text("hello")
    assert "64 hexadecimal digits" in says("set", "sleep.period_s=60", code=2)[0]
