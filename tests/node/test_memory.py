"""What outlives a node's process."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest

from node.config import load_strictly
from node.memory import Memory, counters, forgets_nothing, read, recalled

if TYPE_CHECKING:
    from pathlib import Path

NODE = """
[node]
site = "plant"
name = "well"
[sense.air]
part = "signal"
channel = "temperature"
"""
START = '[start]\nchannels = ["temperature"]\n'
WINDOW = '[[preprocess]]\npart = "window"\nsize = 4\n'


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", "\x00"])
def test_read_of_a_broken_file_is_empty(tmp_path: Path, text: str) -> None:
    """A node whose memory is damaged starts anew."""
    path = tmp_path / "health.json"
    assert read(path) == {}
    path.write_text(text)
    assert read(path) == {}


def test_counters_of_strangers_are_left_out() -> None:
    """Only what counts is taken up."""
    assert counters({"cycles": 3, "link": "away", "mean": 0.5}) == {"cycles": 3}
    assert counters(None) == {}


def test_recalled_is_what_was_left() -> None:
    """What one start leaves, through JSON and back, is what the next one has."""
    left = Memory(gate={"mean": 0.5}, next_ms=1_700_000_000_000, counters={"cycles": 3}, halted="off")
    assert recalled(json.loads(json.dumps({"cycles": 3, "memory": asdict(left)}))) == left


@pytest.mark.parametrize("memory", [None, "x", [1], {"gate": 3, "next_ms": "x", "counters": [], "halted": True}])
def test_recalled_of_another_version_is_a_first_start(memory: object) -> None:
    """Entries that cannot be read are as if they had never been written."""
    assert recalled({"memory": memory}) == Memory()


@pytest.mark.parametrize(
    ("more", "expected"),
    [("", True), (START, True), (START + WINDOW, False), ("[transmit]\ninterval_s = 1.0\n", False)],
)
def test_forgets_nothing_but_windows_and_links(tmp_path: Path, more: str, expected: bool) -> None:
    """A window of four readings, one a wake, would never fill; a link that is kept would be lost."""
    path = tmp_path / "node.toml"
    path.write_text(NODE + more)
    assert forgets_nothing(load_strictly(path)) is expected
