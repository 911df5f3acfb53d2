"""The command: a shipped model, its labelled pictures, and the card that says so afterwards."""

from __future__ import annotations

import json
import shutil
import sys
import tomllib
from typing import TYPE_CHECKING, Final

import numpy as np
import pytest

from node.errors import ConfigError
from node.infer.card import card_of
from tests.imports import ROOT
from tools.calibrate.__main__ import main
from tools.calibrate.card import with_temperature

if TYPE_CHECKING:
    from pathlib import Path

ZOO: Final = ROOT / "tools" / "zoo"
DATA: Final = ZOO / "digits_calibration.npz"
MODEL: Final = "digits_small_int8"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Hold a model with a card that nobody calibrated."""
    shutil.copy(ZOO / f"{MODEL}.tflite", tmp_path)
    lines = (ZOO / f"{MODEL}.toml").read_text().partition("\n[calibration]")[0].splitlines()
    kept = [line for line in lines if not line.startswith("temperature")]
    (tmp_path / f"{MODEL}.toml").write_text("\n".join(["# mine", *kept, ""]))
    return tmp_path


def calibrate(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """Run the command."""
    monkeypatch.setattr(sys, "argv", ["calibrate", *words])
    return main()


def test_calibrate_writes_a_temperature_that_makes_confidence_truer(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Judged on pictures that did not fit it, likelihood and calibration are better; the node reads it in the card."""
    model = folder / f"{MODEL}.tflite"
    assert calibrate(monkeypatch, str(model), "--data", str(DATA), "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["nll_after"] < told["nll_before"]
    assert told["ece_after"] < told["ece_before"]
    card = card_of(model)
    assert card is not None
    assert getattr(card.head.params, "temperature", None) == told["temperature"]
    assert (folder / f"{MODEL}.toml").read_text().startswith("# mine\n")


def test_calibrate_twice_writes_the_same_card(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It replaces what it wrote; nothing piles up."""
    model, card = folder / f"{MODEL}.tflite", folder / f"{MODEL}.toml"
    assert calibrate(monkeypatch, str(model), "--data", str(DATA)) == 0
    once = card.read_text()
    assert calibrate(monkeypatch, str(model), "--data", str(DATA)) == 0
    assert card.read_text() == once


def test_calibrate_dry_leaves_the_card(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--dry-run` only tells."""
    before = (folder / f"{MODEL}.toml").read_text()
    assert calibrate(monkeypatch, str(folder / f"{MODEL}.tflite"), "--data", str(DATA), "--dry-run") == 0
    assert (folder / f"{MODEL}.toml").read_text() == before


def test_calibrate_with_pictures_that_were_learned_from_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A model that errs nowhere has no best temperature, and the reason says what to give instead."""
    assert calibrate(monkeypatch, str(ZOO / "digits_int8.tflite"), "--data", str(DATA), "--dry-run") == 2
    assert "never saw" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arrays", "told"),
    [
        ({"pictures": np.zeros((60, 8, 8))}, "give images and labels"),
        ({"images": np.zeros((60, 8, 8)), "labels": np.zeros(10)}, "60 windows and 10 labels"),
        ({"images": np.zeros((60, 8, 8)), "labels": np.array(["cat"] * 60)}, "does not know: cat"),
    ],
)
def test_calibrate_with_data_that_does_not_fit_says_why(
    arrays: dict[str, np.ndarray],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The reason names the file and what would do."""
    np.savez(tmp_path / "data.npz", **arrays)  # type: ignore[arg-type]
    assert calibrate(monkeypatch, str(ZOO / f"{MODEL}.tflite"), "--data", str(tmp_path / "data.npz"), "--dry-run") == 2
    assert told in capsys.readouterr().err


def test_card_with_an_inline_head_is_refused_whole() -> None:
    """What cannot be edited line by line is not guessed at."""
    with pytest.raises(ConfigError, match="table; give it one"):
        with_temperature('model = "m@1"\nhead = {part = "classes"}\n', 2.0, {})


def test_card_keeps_all_but_the_temperature() -> None:
    """Comments, order, and the tables on either side stay."""
    card = '# top\nmodel = "m@1"\n\n[head]\npart = "classes" # x\ntemperature = 1.0\n\n[stated]\nseed = 8\n'
    text = with_temperature(card, 2.5, {"ece_after": 0.01})
    assert text.startswith('# top\nmodel = "m@1"\n\n[head]\npart = "classes" # x\ntemperature = 2.5\n\n[stated]')
    assert tomllib.loads(text)["calibration"] == {"ece_after": 0.01}
