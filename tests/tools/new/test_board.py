"""A scaffolded board: refused until it is filled in, sound once it is, and never behind the schema."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from boards import check_board, detect, load_board
from boards.fittings import Fittings
from node.errors import ConfigError
from tests.imports import ROOT
from tools.new.board import begin, finish, this_machine

if TYPE_CHECKING:
    from pathlib import Path

WORDS: Final = {
    "name": '"Mine"',
    "quality": '"measured"',
    "source": '"a bench supply"',
    "kind": '"ethernet"',
    "interface": '"eth0"',
    "numbering": '"header"',
    "method": '"sd"',
    "runtime": '"its own"',
    "seen": '["path:/dev/mine"]',
    "leds": '["ACT"]',
}
"""What a person might fill in; everything else is a number."""
GAP: Final = re.compile(r'^(\w+) = ""', flags=re.MULTILINE)


def fill(text: str) -> str:
    """Fill every empty text in."""
    return GAP.sub(lambda gap: f"{gap[1]} = {WORDS.get(gap[1], 5)}", text)


def uncomment(text: str) -> str:
    """Take one `#` from every table that stands behind it whole."""
    blocks = text.split("\n\n")
    return "\n\n".join(re.sub("^# ", "", each, flags=re.MULTILINE) if each[:3] == "# [" else each for each in blocks)


def torpor(*argv: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a person does."""
    return subprocess.run(
        [sys.executable, "-m", "tools.new", *argv], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )


def test_board_as_it_was_begun_is_refused_for_every_gap(tmp_path: Path) -> None:
    """Each empty text of the file is a problem of its own, with what belongs there."""
    home = begin("mine", tmp_path, {})
    gaps = len(GAP.findall((home / "board.toml").read_text()))
    with pytest.raises(ConfigError) as caught:
        finish("mine", tmp_path)
    assert len(caught.value.problems) == gaps > 10
    assert "state[0].power_mw: expected a number, got ''; mean draw in mW" in str(caught.value)


def test_board_that_was_filled_in_is_sound_and_has_its_figures(tmp_path: Path) -> None:
    """The check passes, and the README shows what was filled in."""
    home = begin("mine", tmp_path, {})
    path = home / "board.toml"
    path.write_text(fill(path.read_text()))
    finish("mine", tmp_path)
    board = check_board("mine", tmp_path)
    assert set(board.states) == {"active", "idle", "light"}
    assert "| active | 5 mW | measured | a bench supply |" in (home / "README.md").read_text()
    assert "## Pitfalls" in (home / "README.md").read_text()


def test_board_with_all_its_tables_is_sound(tmp_path: Path) -> None:
    """What stands behind a # is what the schema wants: taken out and filled in, all of it is accepted."""
    home = begin("mine", tmp_path, {})
    path = home / "board.toml"
    path.write_text(fill(uncomment(path.read_text())))
    board = check_board("mine", tmp_path)
    assert set(board.states) == {"active", "idle", "light", "suspend", "halt", "off"}
    assert board.boot
    assert [name for name in Fittings.__slots__ if not getattr(board.fittings, name)] == []


def test_board_of_this_machine_is_detected(tmp_path: Path) -> None:
    """The exact name of its device tree is taken, and no other: the general ones are other boards' too."""
    tree = tmp_path / "compatible"
    tree.write_bytes(b"acme,board-rev2\0acme,soc\0")
    known = this_machine(tree)
    assert known["compatible"] == ("acme,board-rev2",)
    path = begin("mine", tmp_path / "boards", known) / "board.toml"
    path.write_text(fill(path.read_text()))
    assert detect(tree, tmp_path / "boards") == "mine"
    assert load_board("mine", tmp_path / "boards").identity.cores >= 1


def test_this_machine_without_a_device_tree_claims_no_name(tmp_path: Path) -> None:
    """A PC has none."""
    assert set(this_machine(tmp_path / "none")) == {"arch", "cores"}


def test_command_begins_then_checks_then_is_content(tmp_path: Path) -> None:
    """The same command three times: it writes, it says what is missing, it says that nothing is."""
    argv = ("board", "mine", "--folder", str(tmp_path))
    begun = torpor(*argv)
    assert (begun.returncode, "fill them in" in begun.stdout) == (0, True)
    path = tmp_path / "mine" / "board.toml"
    before = path.read_text()
    checked = torpor(*argv)
    assert checked.returncode == 1
    assert "board.name: '' does not match" in checked.stdout
    assert checked.stdout.rstrip().endswith("to go")
    assert path.read_text() == before
    path.write_text(fill(before))
    content = torpor(*argv)
    assert (content.returncode, "sound" in content.stdout) == (0, True)


def test_command_refuses_a_name_that_no_board_can_have(tmp_path: Path) -> None:
    """Nothing is written for it."""
    refused = torpor("board", "My Board", "--folder", str(tmp_path))
    assert refused.returncode == 2
    assert list(tmp_path.iterdir()) == []
