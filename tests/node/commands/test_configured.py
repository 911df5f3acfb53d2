"""What an operator lets a node be ordered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from node.commands import TABLE
from node.commands.reboot import Params as Reboot
from node.config import load
from node.wire.vocabulary import COMMANDS
from tests.node.commands.machine import NODE

if TYPE_CHECKING:
    from pathlib import Path

    from node.config import Config


def read(folder: Path, lines: str) -> tuple[Config, list[str]]:
    """Read a node's file with some lines more, and what is wrong with it."""
    (folder / "node.toml").write_text(NODE + lines)
    config, problems = load(folder / "node.toml")
    return config, [str(each) for each in problems]


def test_node_without_the_section_shows_and_harms_nothing_when_ordered(tmp_path: Path) -> None:
    """Neither a picture of the place nor a restart is had of a node whose operator did not say so."""
    config, problems = read(tmp_path, "")
    assert (set(config.commands.allow), problems) == ({"doctor", "identify"}, [])
    assert set(TABLE) - set(config.commands.allow) == {"raw", "reboot"}


def test_commands_of_the_table_are_those_that_a_gateway_knows() -> None:
    """What no node knows is refused where it is typed, and what one knows is not."""
    assert sorted(TABLE) == list(COMMANDS)


def test_commands_that_are_named_have_their_options(tmp_path: Path) -> None:
    """What is not named is not carried out, whatever is said of it beside."""
    lines = '[commands]\nallow = ["reboot"]\n[commands.reboot]\nleast_up_s = 5.0\n[commands.identify]\nlit_s = 5.0\n'
    config, problems = read(tmp_path, lines)
    assert (config.commands.allow, problems) == (("reboot",), [])
    assert config.commands.parts["reboot"].params == Reboot(least_up_s=5.0)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('[commands]\nallow = ["rebot"]\n', "commands.allow: no command 'rebot'; valid: doctor, identify, raw, reboot"),
        ('[commands]\nalow = ["doctor"]\n', "commands.alow: no 'alow'; did you mean 'allow'?"),
        ("[commands.identify]\nlit_s = 0.0\n", "commands.identify.lit_s: 0.0 must be more than 0"),
    ],
)
def test_section_with_a_mistake_allows_nothing_and_says_why(tmp_path: Path, lines: str, said: str) -> None:
    """A slip of the pen never allows more than was meant; the node runs, and its health tells."""
    config, problems = read(tmp_path, lines)
    assert [each for each in problems if each.startswith(said)] == problems
    assert config.commands.allow == ()
    assert said.partition(":")[2] in config.disabled["commands"]
