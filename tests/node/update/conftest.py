"""A publisher and a node that trusts it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.node.update.world import Node
from tools.models.rehearsal import Publisher

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    """With a repository that holds nothing yet."""
    return Publisher(tmp_path)


@pytest.fixture
def node(tmp_path: Path, publisher: Publisher) -> Node:
    """With the factory's model alone."""
    return Node(tmp_path, publisher)
