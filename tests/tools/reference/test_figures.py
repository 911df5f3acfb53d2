"""A board's figures in its README are those of its file, and what a person wrote around them stays."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from boards import FOLDER, check_board
from tools.reference.figures import FIRST, LAST, figures, with_figures

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a Pi 5's folder that may be changed."""
    return shutil.copytree(FOLDER / "rpi-5", tmp_path / "rpi-5")


def test_figures_have_a_row_for_each_group_with_its_quality() -> None:
    """States, their costs, what they draw without what they require, boot, and every fitting."""
    said = figures(check_board("rpi-5"))
    for row in (
        "| active | 9800 mW (from 8900) | measured |",
        "| light exit | 300 ms, 990 mJ | estimate |",
        "| halt otherwise | 1800 mW (from 1200 to 2700) | measured |",
        "| boot start | 12000 ms, 55000 mJ | estimate |",
        "| cpu opp 2400 MHz | 2400000 kHz, core 1625 mW | derived |",
        "| radio wifi traffic | packet 0.42 mJ, sent byte 0.005 mJ, received byte 0.003 mJ | estimate |",
        "| accelerator edgetpu-usb rating | int8 2 TOPS/W | official |",
    ):
        assert row in said


def test_with_figures_of_a_changed_file_changes_the_table_alone(home: Path) -> None:
    """A new figure goes into the README; what stands before and after the table is a person's."""
    path, readme = home / "board.toml", home / "README.md"
    before = readme.read_text()
    assert with_figures(readme) == before
    path.write_text(path.read_text().replace("power_mw = 9800", "power_mw = 9700"))
    after = with_figures(readme)
    assert after == before.replace("| active | 9800 mW", "| active | 9700 mW")
    assert after != before


def test_with_figures_fills_an_empty_place(home: Path) -> None:
    """A README that was only begun gets its table; one without a place for it stays as it is."""
    readme = home / "README.md"
    full = readme.read_text()
    head, tail = full.partition(FIRST)[0], full.partition(LAST)[2]
    readme.write_text(f"{head}{FIRST}{LAST}{tail}")
    assert with_figures(readme) == full
    readme.write_text("# Mine\n")
    assert with_figures(readme) == "# Mine\n"
