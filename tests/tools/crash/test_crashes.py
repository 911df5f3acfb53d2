"""Updates that are ended: the short form of each trial, and the controls of what judges them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from node.update import machine
from node.update.slots import MOST_STARTS
from tests.imports import ROOT
from tools.bench import crash
from tools.crash import bad, kills
from tools.crash.nest import TRAPS, Nest, built
from tools.crash.verdict import judged
from tools.models.rehearsal import ZOO
from tools.powercut import blocks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KILLS = 6
CUTS = 3
LIVES = {
    "crashes in its self-test": 1,
    "crashes at its second window": machine.MOST_ATTEMPTS + 1,
    "crashes at its eleventh window, committed": MOST_STARTS + 1,
    "crashes in both slots": 2 * MOST_STARTS + 1,
}
"""Bad models of the short form, and the life of a node that is the first orderly one."""

pytest.importorskip("ai_edge_litert", reason="the traps stand in front of ai-edge-litert")


@pytest.fixture(name="nest", scope="module")
def _nest() -> Iterator[Nest]:
    """One process for all lives here."""
    with built() as nest:
        yield nest


def test_update_that_is_killed_anywhere_ends_well_and_lacks_no_answer(nest: Nest, tmp_path: Path) -> None:
    """The next life answers each window, commits the model, and asks for at most one piece again."""
    kills.prepared(tmp_path)
    points = kills.numbered(nest, tmp_path)
    assert len(points) > 100
    verdicts = list(kills.killed(nest, tmp_path, len(points), len(points) // KILLS))
    assert len(verdicts) >= KILLS
    assert [each for each in verdicts if each.mute or each.unended or each.resent > 1] == []
    (storm,) = kills.stormed(nest, tmp_path, len(points), [3])
    assert (storm.mute, storm.unended) == (0, ""), storm.point


def test_update_whose_power_is_cut_anywhere_ends_well_and_lacks_no_answer(tmp_path: Path) -> None:
    """The same, on what the kernel recovers of a disk that had not flushed everything."""
    reason = blocks.missing()
    if reason:
        pytest.skip(reason)
    kills.prepared(tmp_path)
    words = [str(tmp_path / "premises"), "40", "40", str(CUTS), "7"]
    verdicts = json.loads(blocks.in_cell("tools.crash.cell", *words))
    assert len(verdicts) == CUTS
    assert [each for each in verdicts if each[1] or each[2] or each[3] > 1] == []


@pytest.mark.parametrize("name", LIVES)
def test_model_that_ends_its_process_leaves_another_that_answers(nest: Nest, tmp_path: Path, name: str) -> None:
    """After a counted number of deaths the node lives, answers with a good model, and says what was wrong."""
    case = next(each for each in bad.CASES if each.name == name)
    (outcome,) = bad.outcomes(nest, tmp_path, (case,))
    assert (outcome.wrong, outcome.bricked, outcome.lives) == ("", False, LIVES[name])


@pytest.mark.parametrize("case", bad.CONTROLS, ids=lambda case: case.name)
def test_model_that_ends_its_process_bricks_a_node_that_counts_in_memory(
    nest: Nest, tmp_path: Path, case: bad.Case
) -> None:
    """Negative control: with the same model no life comes to an end where counts are lost with each."""
    (outcome,) = bad.outcomes(nest, tmp_path, (case,))
    assert (outcome.wrong, outcome.bricked) == ("", True)


def test_selftest_whose_node_is_gone_ends_by_itself(tmp_path: Path) -> None:
    """A child that sleeps for ever is ended by its own alarm, with nobody there to be patient."""
    trap = json.dumps({"what": "hang"}).encode()
    (tmp_path / "bad.tflite").write_bytes((ZOO / "digits_int8.tflite").read_bytes() + b"\nTRAP " + trap)
    windows, answers = np.zeros((1, 8, 8, 1), np.float32), np.zeros((1, 10), np.float32)
    np.savez(tmp_path / "golden.npz", windows=windows, answers=answers, agree=0, tolerance=1.0)
    files = str(tmp_path / "bad.tflite"), str(tmp_path / "golden.npz")
    command = [sys.executable, "-m", "node.update.selftest", files[0], "512", "1", files[1]]
    env = {**os.environ, "PYTHONPATH": f"{TRAPS}{os.pathsep}{ROOT}"}
    child = subprocess.run(command, env=env, check=False, timeout=60.0, capture_output=True)
    assert child.returncode == -signal.SIGALRM


def test_points_name_each_change_below_the_folder_alone(tmp_path: Path) -> None:
    """Files opened to be written, folders opened to be synced, names and children count; reading does not."""
    script = (
        "import os, sys, pathlib\n"
        "from tools.crash import points\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "points.watch(folder / 'in', print)\n"
        "from node import durable\n"
        "(folder / 'in').mkdir()\n"
        "(folder / 'out').mkdir()\n"
        "durable.write(folder / 'in' / 'file', b'x')\n"
        "durable.write(folder / 'out' / 'file', b'x')\n"
        "(folder / 'in' / 'file').read_bytes()\n"
        "(folder / 'in' / 'file').unlink()\n"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", script, str(tmp_path)]
    told = subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout.splitlines()
    assert told == ["make .", "open file.new", "rename to file", "sync .", "remove file"]


@pytest.mark.parametrize(
    ("after", "code", "wrong"),
    [
        (["answered digits@1", "answered digits@2", "stands successful: "], 0, (0, "", 0)),
        (["answered ", "answered digits@2", "stands successful: "], 0, (1, "", 0)),
        (["answered digits@2", "stands successful: "], 0, (1, "", 0)),
        (["answered digits@1", "answered digits@1", "stands successful: "], 0, (0, "digits@1 answers", 0)),
        (["answered digits@1", "answered digits@1", "stands shadow: "], 0, (0, "the update stands at shadow: ", 0)),
        (["answered digits@1", "answered digits@2"], -9, (0, "the next life ended with -9", 0)),
        (["asked 7c 0", "answered digits@1", "answered digits@2", "stands successful: "], 0, (0, "", 1)),
    ],
)
def test_verdict_names_what_is_wrong(after: list[str], code: int, wrong: tuple[int, str, int]) -> None:
    """Negative control of the judge: mute windows, an update that stands still, an end, and pieces asked for twice."""
    assert judged("here", ["asked 7c 0"], after, code=code, cycles=2)[1:] == wrong


def test_verdict_of_an_update_that_was_given_up_wants_a_reason_and_the_old_model() -> None:
    """Only where it may, an update that failed for a reason has ended; the new model must not answer then."""
    failed, old, new = "stands failed: 3 attempts", "answered digits@1", "answered digits@2"
    assert judged("here", [], [old, failed], code=0, cycles=1).unended == "the update stands at failed: 3 attempts"
    assert judged("here", [], [old, failed], code=0, cycles=1, may_fail=True).unended == ""
    assert judged("here", [], [new, failed], code=0, cycles=1, may_fail=True).unended == "digits@2 answers"
    unexplained = judged("here", [], [old, "stands failed: "], code=0, cycles=1, may_fail=True)
    assert unexplained.unended == "the update stands at failed: "


def test_bench_says_what_came_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    """The last lines are the sums, and a control that did not brick is seen."""
    ends = [{"point": "7: sync slots", "mute": 2, "unended": "the update stands at idle: ", "resent": 3}]
    outcome = bad.Outcome(
        "committed, starts not on disk", 4, False, "digits@1", "successful: ", "the control lives again after 4"
    )
    sums = {"points": 9, "kills": 9, "storms": 0, "cuts": 0, "mute": 2, "unended": 1, "resent_pieces": 3}
    models = {"bad_models": 0, "bad_wrong": 0, "lives": 0, "controls": 1, "controls_bricked": 0}
    crash.show({**sums, **models, "no_cuts": "only root may mount", "ends": ends, "models": [outcome._asdict()]})
    said = capsys.readouterr().out
    assert "7: sync slots: 2 windows mute; the update stands at idle: ; 3 resent" in said
    assert "the control lives again after 4" in said
    assert "No power cuts: only root may mount." in said
    assert "0 of 1 controls bricked" in said
