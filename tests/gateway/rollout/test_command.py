"""`torpor-gateway rollout`: what an operator may say, and reads."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from gateway.rollout.plan import DEFAULT_STAGES, Limits
from tests.gateway.rollout.sleepers import NEW
from tests.gateway.rollout.town import Town

if TYPE_CHECKING:
    from pathlib import Path

HAS = {"state": "successful", "target": NEW.target}


class Says:
    """Types commands, and reads what they print."""

    def __init__(self, town: Town, capsys: pytest.CaptureFixture[str]) -> None:
        self.town = town
        self._capsys = capsys

    def __call__(self, *words: str, code: int = 0) -> str:
        """Run a command of `rollout`; returns its output, or that of its error."""
        self._capsys.readouterr()
        assert self.town.roll(*words) == code
        captured = self._capsys.readouterr()
        return captured.err if code else captured.out


@pytest.fixture(name="says")
def _says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Says:
    """A town of ten nodes, and somebody who types."""
    town = Town(tmp_path)
    for at in range(10):
        town.tell(f"n{at}", group="pumps" if at < 3 else "")
    town.tick()
    return Says(town, capsys)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("spring", "digits@9.tflite"), 1, "no model 'digits@9.tflite'"),
        (("Spring", NEW.target), 2, "NAME: "),
        (("spring", NEW.target, "--success", "1.5"), 2, "--success: "),
        (("spring", NEW.target, "--patience-wakes", "1"), 2, "--patience-wakes: "),
        (("spring", NEW.target, "--window", "at night"), 2, "--window: 'at night' is no window; write it as"),
        (("spring", NEW.target, "--zone", "Mars"), 2, "--zone: no such time zone; write it as Europe/Berlin"),
        (("spring", NEW.target, "--zone", "Europe"), 2, "--zone: no such time zone"),
        (("spring", NEW.target, "--node", "n77"), 2, "--node: n77 has never spoken to this gateway"),
        (("spring", NEW.target, "--group", "lamps"), 2, "--group: no node is of the group lamps; there are: pumps"),
        (("spring", NEW.target, "--stages", "n77", "all"), 2, "--stages: stage 'n77': n77 is not among its nodes"),
    ],
)
def test_create_of_what_cannot_be_says_what_could(says: Says, words: tuple[str, ...], code: int, told: str) -> None:
    """A slip is told as it was typed, and nothing is created."""
    assert told in says("create", *words, code=code)
    assert "no rollout was created yet" in says("status")


def test_create_tells_the_defaults_that_hold(says: Says, capsys: pytest.CaptureFixture[str]) -> None:
    """The help is written without loading the limits, and says what they are all the same."""
    with pytest.raises(SystemExit):
        says.town.roll("create", "--help")
    told = " ".join(capsys.readouterr().out.split())
    for each in fields(Limits):
        if each.name != "reverts":
            _, _, rest = told.partition(f"--{each.name.replace('_', '-')} N ")
            assert rest.partition("(default: ")[2].startswith(f"{each.default})"), each.name
    assert f"(default: {' '.join(DEFAULT_STAGES)})" in told


def test_create_tells_every_slip_at_once(says: Says) -> None:
    """Nobody types a command five times."""
    told = says("create", "A", NEW.target, "--success", "2", "--retries", "-1", "--window", "x", code=2)
    assert len(told.splitlines()) == 4


def test_create_leaves_a_node_to_the_rollout_that_has_it(says: Says) -> None:
    """Nor may an operator's single offer come in between; when the first is over, both may."""
    says("create", "spring", NEW.target, "--group", "pumps")
    assert "the rollout spring, which is not over, has n0, n1, n2;" in says("create", "other", NEW.target, code=1)
    assert says.town.type("offer", "--node", "n1", NEW.target) == 1
    assert "there is a rollout 'spring' already" in says("create", "spring", NEW.target, "--node", "n7", code=1)
    says("abort", "spring")
    assert says.town.type("offer", "--node", "n1", NEW.target) == 0
    says("create", "other", NEW.target)


def test_create_says_which_nodes_could_not_go_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before it matters: those whose model nobody publishes, and those that the publisher's word holds."""
    town = Town(tmp_path, back_to=0)
    town.tell("n0", "homemade@1")
    town.tell("n1")
    says = Says(town, capsys)
    told = says("create", "spring", NEW.target)
    assert "1 node could not go back: what they have is not among the published models" in told
    assert "1 node would refuse to go back: digits@2 was published without --back-to 1" in told
    says("abort", "spring")
    assert "go back" not in says("create", "summer", NEW.target, "--no-revert")


def test_status_draws_a_bar_a_stage_and_says_what_it_waits_for(says: Says) -> None:
    """Where it stands, what comes next, and the nodes with a reason; whatever a node says steers no terminal."""
    says("create", "spring", NEW.target, "--stages", "n0,n1,n2,n3", "all", "--failure", "0.5")
    assert "no gateway has looked at it yet" in says("status")
    town = says.town
    town.tick()
    town.tell("n0", "digits@2", HAS)
    town.tell("n1", update={"state": "download", "target": NEW.target, "here": "40%"})
    town.tell("n2", update={"state": "failed", "target": NEW.target, "reason": "odd \x1b[31m answers"})
    town.tick()
    lines = says("status", "spring").splitlines()
    assert lines[0] == "spring: digits@2 for 10 nodes, running, stage 1 of 2"
    stage = next(line for line in lines if line.startswith("  > n0,n1,n2,n3"))
    assert stage.endswith("1 of 4 have it, 1 offered, 1 under way, 1 in the penalty box")
    assert "███████▓▓▓▓▓▓▓▒▒▒▒▒▒▒▒xxxxxxxx" in stage
    assert "  x n2  boxed      odd \\x1b[31m answers" in lines
    assert "  ▓ n1  begun      here 40%; state download" in lines


def test_status_says_when_the_window_opens(says: Says) -> None:
    """By the clock on the site's wall, which is the configuration's zone."""
    zone = ZoneInfo(says.town.config.site.zone)
    hour = datetime.fromtimestamp(says.town.now_ms / 1000, zone).hour
    window = f"{(hour + 2) % 24:02}:00-{(hour + 3) % 24:02}:00"
    says("create", "spring", NEW.target, "--window", window)
    assert says.town.tick() == {}
    told = says("status")
    assert f"offered only {window} (Europe/Berlin)" in told
    assert "waits: the window is closed; it opens " in told


def test_status_for_programs_is_an_object_a_rollout(says: Says) -> None:
    """The newest first, with every node."""
    says("create", "spring", NEW.target, "--group", "pumps")
    says("create", "summer", NEW.target, "--node", "n7")
    told = [json.loads(line) for line in says("status", "--json").splitlines()]
    assert [(each["name"], each["course"], len(each["nodes"])) for each in told] == [
        ("summer", "running", 1),
        ("spring", "running", 3),
    ]
    assert len(says("status").splitlines()) == 2


def test_resume_with_next_goes_on_where_a_stage_falls_short(says: Says) -> None:
    """Its nodes failed and are given up, within what the stage bears; only an operator can go on."""
    words = ("--stages", "n0,n1", "all", "--failure", "0.5", "--retries", "0", "--success", "1")
    says("create", "spring", NEW.target, *words)
    town = says.town
    town.tick()
    town.tell("n0", "digits@2", HAS)
    town.tell("n1", update={"state": "failed", "target": NEW.target})
    assert set(town.tick()) == {"n0"}
    says("resume", "spring", "--next")
    assert len(town.tick()) > 2
    assert "last stage" in says("resume", "spring", "--next", code=1)


def test_word_that_makes_no_sense_now_is_refused_with_one_that_does(says: Says) -> None:
    """Each word has its time."""
    assert "no rollout 'spring'; there are: none" in says("pause", "spring", code=1)
    says("create", "spring", NEW.target)
    assert "`--next` goes on" in says("resume", "spring", code=1)
    says("pause", "spring")
    assert "only what is running can be paused" in says("pause", "spring", code=1)
    assert "stage 1 of 2" in says("resume", "spring")
    says("abort", "spring")
    assert "nothing left to abort" in says("abort", "spring", code=1)
    assert "for good" in says("resume", "spring", code=1)
    assert "no rollout 'autumn'; there are: spring" in says("status", "autumn", code=1)


def test_abort_with_revert_after_the_end_is_for_the_newest_rollout_alone(says: Says) -> None:
    """A model that turns out badly later can still be taken back, unless another came after it."""
    town = says.town
    for name in ("spring", "summer"):
        says("create", name, NEW.target, "--node", "n0")
        town.tick()
        town.tell("n0", "digits@2", HAS)
        town.tick()
        assert "complete" in says("status", name)
    assert "summer came after spring" in says("abort", "spring", "--revert", code=1)
