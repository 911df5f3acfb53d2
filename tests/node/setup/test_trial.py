"""The trial of a model at the desk: what fits passes, what does not is told with its section and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pytest

from boards import open_ports
from node.__main__ import main
from node.config import load
from node.sense.desk import recorded
from node.setup.trial import misfits
from tools.models.rehearsal import ZOO

if TYPE_CHECKING:
    from pathlib import Path

    from node.config import Config
    from node.values import Block

NODE: Final = """
[node]
site = "plant"
name = "attic"
board = "sim"
[sense.meter]
part = "replay"
path = "pictures.npz"
"""
DIGITS: Final = f'[infer]\npart = "tflite"\nmodel = "{ZOO / "digits_int8.tflite"}"\n'
IMAGE: Final = '[start]\nblock = "image"\n'
CHANNELS: Final = '[start]\nchannels = ["a", "b"]\n'


def written(folder: Path, more: str, *, side: int = 8) -> Path:
    """Write a node whose camera takes square pictures."""
    np.savez(folder / "pictures.npz", images=np.ones((3, side, side), np.uint8))
    path = folder / "node.toml"
    path.write_text(NODE + more)
    return path


def told(folder: Path, more: str, *, side: int = 8) -> list[tuple[str, str]]:
    """Try it, and return what does not fit."""
    config, problems = load(written(folder, more, side=side))
    assert problems == []
    return list(misfits(config, blocks(config)))


def blocks(config: Config) -> dict[str, Block]:
    """Play what is recorded."""
    return recorded((each.spec for each in config.sense.values()), open_ports("sim", clock="virtual"))


@pytest.mark.parametrize(
    "more",
    [
        IMAGE + DIGITS,
        '[start]\nchannels = ["a"]\n[[preprocess]]\npart = "window"\nsize = 96\n' + DIGITS.replace("digits", "pump"),
        IMAGE.replace("image", "from_a_camera") + DIGITS,
        CHANNELS + '[infer]\npart = "readings"\n',
    ],
)
def test_what_fits_or_cannot_be_tried_passes(tmp_path: Path, more: str) -> None:
    """Pictures of the model's size, rows that gather into a window of it; a block that only a device gives."""
    assert told(tmp_path, more) == []


@pytest.mark.parametrize(
    ("more", "section", "reason"),
    [
        (CHANNELS + DIGITS, "infer", r"expects windows of (8, 8, 1), got (2,): mend the preprocess chain"),
        (DIGITS, "infer", "name a block or channels under [start]"),
        (
            IMAGE + '[[preprocess]]\npart = "crop"\nheight = 9\nwidth = 9\n' + DIGITS,
            "preprocess",
            "crop",
        ),
        (
            IMAGE + DIGITS + '[infer.head]\npart = "angle"\n',
            "infer",
            "angle: the model answers 10 numbers, not a sine and a cosine",
        ),
    ],
)
def test_what_does_not_fit_names_its_section(tmp_path: Path, more: str, section: str, reason: str) -> None:
    """A shape, a missing [start], a transform that raises, a head for another output: each where it is mended."""
    ((found, why),) = told(tmp_path, more)
    assert found == section
    assert reason in why


def test_check_refuses_a_model_that_does_not_fit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 with the section and what to do; the same node with a resize is fine."""
    path = written(tmp_path, IMAGE + DIGITS, side=32)
    assert main(["check", "--config", str(path)]) == 2
    said = capsys.readouterr().err
    assert "infer:" in said
    assert "expects windows of (8, 8, 1), got (32, 32, 1): mend the preprocess chain" in said
    path.write_text(path.read_text() + '[[preprocess]]\npart = "resize"\nheight = 8\nwidth = 8\n')
    assert main(["check", "--config", str(path)]) == 0
    assert "the plan for a day" in capsys.readouterr().out


def test_lighter_model_is_tried_as_well(tmp_path: Path) -> None:
    """The one that answers when energy is short must fit what the other one does."""
    lighter = f'[infer.lighter]\npart = "tflite"\nmodel = "{ZOO / "pump_int8.tflite"}"\n[energy]\n'
    path = written(tmp_path, IMAGE + DIGITS + lighter + "[sleep]\nperiod_s = 60.0\n")
    path.write_text(path.read_text().replace('board = "sim"', 'board = "sim"\nbattery_wh = 10.0'))
    config, problems = load(path)
    assert problems == []
    assert [section for section, _ in misfits(config, blocks(config))] == ["infer.lighter"]
