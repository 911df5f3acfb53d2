"""A larger model in a process of its own: what becomes of it, and of whoever asks."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest

from gateway.errors import EscalationError, ModelDiedError
from gateway.escalate.apart import Apart
from gateway.escalate.desk import BARRED, Desk
from gateway.escalate.engine import opened
from gateway.escalate.window import Unsure
from tests.gateway.escalate.deadly import GROWS, HANGS, KILLS, LEAVES, PRINTS
from tests.gateway.escalate.windows import window
from tests.imports import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gateway.escalate.window import Answered

ZOO: Final = ROOT / "tools" / "zoo"
DEADLY: Final = "tests.gateway.escalate.deadly"
PATIENCE_S: Final = 60.0
AT_ONCE: Final = (0.0, 0.0)


@pytest.fixture
def models() -> Iterator[list[Apart]]:
    """Close every model that a test opens."""
    begun: list[Apart] = []
    yield begun
    for each in begun:
        each.close()


def deadly(models: list[Apart], path: Path = Path("deadly"), *, most_mb: int = 2048, run_s: float = 60.0) -> Apart:
    """Make a model that kills; it is started again at once, and given up at the third death in a row."""
    models.append(Apart(path, most_mb=most_mb, run_s=run_s, program=DEADLY, pauses_s=AT_ONCE))
    return models[-1]


def shown(*firsts: float) -> np.ndarray:
    """Return a window for each number."""
    return np.repeat(np.array(firsts, np.float32)[:, None], 3, axis=1)


def until(is_so: Callable[[], object]) -> None:
    """Wait for something."""
    deadline_s = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline_s
        threading.Event().wait(0.01)


def test_model_apart_answers_what_it_would_answer_here(models: list[Apart]) -> None:
    """Labels, confidences and the name are the same, whichever side of the pipes it runs on."""
    path = ZOO / "digits_standard_float.tflite"
    with np.load(ZOO / "digits_eval.npz") as held_out:
        windows = np.asarray(held_out["images"][:40, :, :, None], np.float32)
    models.append(apart := Apart(path))
    assert apart.answer(windows) == opened(path, 1).answer(windows)
    assert (apart.model, apart.deaths, apart.trouble) == ("digits_standard_float@1", 0, "")
    with pytest.raises(EscalationError, match="windows of"):
        apart.answer(np.zeros((2, 7), np.float32))
    assert len(apart.answer(windows[:2])) == 2


FATES: Final = {KILLS: "ended by SIGSEGV", LEAVES: "ended with 3", HANGS: "took too long"}


@pytest.mark.parametrize("fate", FATES)
def test_window_that_ends_the_model_is_a_reason_and_the_next_is_answered(models: list[Apart], fate: float) -> None:
    """A crash in native code, an exit, a run without an end: each is told, counted, and a new process answers."""
    model = deadly(models, run_s=3.0 if fate == HANGS else PATIENCE_S)
    with pytest.raises(ModelDiedError, match=FATES[fate]):
        model.answer(shown(fate))
    assert (model.deaths, model.trouble) == (1, ""), "it would be started again at once"
    assert [each.label for each in model.answer(shown(7.0, 4.0))] == ["7", "4"]
    assert (model.deaths, model.trouble) == (1, "")


def test_window_that_ends_a_model_in_the_same_process_ends_both() -> None:
    """Negative control: the same model, asked without a process of its own, takes whoever asks along."""
    done = subprocess.run(
        [sys.executable, "-m", DEADLY], cwd=ROOT, capture_output=True, timeout=PATIENCE_S, check=False
    )
    assert done.returncode == -signal.SIGSEGV


def test_window_that_takes_too_much_memory_is_a_reason(models: list[Apart]) -> None:
    """The limit is the process's own: the model says that it had too little, and goes on."""
    model = deadly(models, most_mb=512)
    with pytest.raises(EscalationError, match="allocate"):
        model.answer(shown(GROWS))
    assert (model.answer(shown(3.0))[0].label, model.deaths) == ("3", 0)
    assert deadly(models, most_mb=4096).answer(shown(GROWS))[0].label == "3", "the control: with room it answers"


def test_model_that_prints_spoils_no_answer(models: list[Apart]) -> None:
    """What a runtime says to standard output is no reply."""
    assert deadly(models).answer(shown(PRINTS))[0].label == "5"


def test_model_that_dies_again_and_again_is_given_up_until_its_file_is_another(
    tmp_path: Path, models: list[Apart]
) -> None:
    """Nobody starts it any more; why, and what to do, is told to whoever asks and to the operator."""
    path = tmp_path / "stillborn.tflite"
    path.write_bytes(b"one")
    model = deadly(models, path)
    for _ in range(5):
        with pytest.raises(EscalationError, match="SIGSEGV"):
            model.answer(shown(1.0))
    assert (model.deaths, "given up" in model.trouble, str(path) in model.trouble) == (3, True, True)
    path.write_bytes(b"another")
    with pytest.raises(ModelDiedError):
        model.answer(shown(1.0))
    assert model.deaths == 4


def test_model_that_died_twice_waits_before_it_is_started_again(models: list[Apart]) -> None:
    """The first death is forgiven; after the second it says when it will be asked again, and starts nothing."""
    models.append(model := Apart(Path("stillborn"), program=DEADLY))
    for _ in range(2):
        with pytest.raises(ModelDiedError):
            model.answer(shown(1.0))
    with pytest.raises(EscalationError, match=r"SIGSEGV; it is started again in \d+ s"):
        model.answer(shown(1.0))
    assert (model.deaths, model.pid, "SIGSEGV" in model.trouble) == (2, None, True)


def test_model_that_is_refused_is_opened_again_when_its_file_is_another(tmp_path: Path, models: list[Apart]) -> None:
    """A file that is no model costs one process, and is told; put right, it answers without a restart."""
    path = tmp_path / "large.tflite"
    path.write_bytes(b"noise" * 9)
    shutil.copy(ZOO / "digits_int8.toml", tmp_path / "large.toml")
    models.append(model := Apart(path))
    for _ in range(2):
        with pytest.raises(EscalationError, match="no TFLite file"):
            model.answer(np.zeros((1, 8, 8, 1), np.float32))
    assert ("no TFLite" in model.trouble, model.deaths, model.pid) == (True, 0, None)
    path.write_bytes((ZOO / "digits_int8.tflite").read_bytes())
    assert len(model.answer(np.zeros((1, 8, 8, 1), np.float32))) == 1
    assert model.trouble == ""


def test_model_that_is_interrupted_leaves_nobody_waiting_and_no_process(models: list[Apart]) -> None:
    """A gateway that ends waits for no run; and what it ended is no death."""
    model = deadly(models)
    model.answer(shown(1.0))
    pid, told = model.pid, list[str]()

    def ask() -> None:
        try:
            model.answer(shown(HANGS))
        except EscalationError as error:
            told.append(str(error))

    asking = threading.Thread(target=ask)
    asking.start()
    model.interrupt()
    asking.join(PATIENCE_S)
    assert (len(told), model.deaths) == (1, 0)
    model.close()
    assert not Path(f"/proc/{pid}").exists()
    with pytest.raises(EscalationError, match="about to leave"):
        model.answer(shown(1.0))


def test_process_of_a_model_ends_with_its_gateway() -> None:
    """However that ended: a gateway that is killed leaves no process behind."""
    words = [sys.executable, "-m", "tests.gateway.escalate.asking", str(ZOO / "digits_int8.tflite")]
    with subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as asking:
        assert asking.stdout
        pid = int(asking.stdout.readline().split()[1])
        assert Path(f"/proc/{pid}/oom_score_adj").read_text().strip() == "1000"
        asking.kill()
    until(lambda: not Path(f"/proc/{pid}").exists())


def test_desk_answers_for_all_beside_a_window_that_kills_and_asks_its_node_no_more(models: list[Apart]) -> None:
    """It costs two starts of a process and nobody else's answer; sent again, its node is left alone, and told."""
    desk = Desk({"digits": deadly(models)}, None, batch=(4, 30.0))
    try:
        for at in range(2):
            for node, first in (("n1", 1.0), ("bad", KILLS), ("n2", 2.0), ("n3", 3.0)):
                desk.ask(Unsure(node=node, raw=window([first] * 3)))
            found = {each.unsure.node: each for each in _answered(desk, 4)}
            assert {node: each.by for node, each in found.items() if node != "bad"} == dict.fromkeys(
                ("n1", "n2", "n3"), "gateway"
            )
            assert "SIGSEGV" in found["bad"].note
            assert (desk.deaths, BARRED in desk.trouble) == (2 * (at + 1), at == 1)
        for node, first in (("n1", 1.0), ("bad", 5.0), ("n2", 2.0), ("n3", 3.0)):
            desk.ask(Unsure(node=node, raw=window([first] * 3)))
        found = {each.unsure.node: each for each in _answered(desk, 4)}
        assert ([found[node].by for node in ("n1", "n2", "n3")], BARRED in found["bad"].note) == (["gateway"] * 3, True)
        assert (desk.deaths, desk.trouble) == (4, f"digits of bad {BARRED}")
    finally:
        desk.close()


def _answered(desk: Desk, count: int) -> list[Answered]:
    """Wait for so many answers."""
    found: list[Answered] = []

    def are_here() -> bool:
        found.extend(desk.answered())
        return len(found) >= count

    until(are_here)
    return found
