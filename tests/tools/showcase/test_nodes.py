"""The demo's configurations are ones that a node accepts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from node.config import load_strictly
from tools.showcase.nodes import CONFIGS, write_configs

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", CONFIGS)
def test_config_of_a_demo_node_has_no_problem(name: str, tmp_path: Path) -> None:
    """Every option of it exists and is valid, and its model and recording are where it says."""
    config = load_strictly(write_configs(tmp_path, "demo", 1883)[name])
    assert (config.node.site, config.node.name) == ("demo", name)
    assert not config.disabled


@pytest.mark.parametrize("name", CONFIGS)
def test_files_that_a_demo_node_names_exist(name: str, tmp_path: Path) -> None:
    """Models and recordings ship with the project."""
    text = write_configs(tmp_path, "demo", 1883)[name].read_text()
    named = [line.partition('"')[2].rstrip('"') for line in text.splitlines() if line.startswith(("path =", "model ="))]
    assert [path for path in named if not (tmp_path / path).is_file()] == []
