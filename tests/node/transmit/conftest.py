"""What tests of the session start from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.broker import Broker
from tests.node.transmit.sessions import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker that takes payloads as they are."""
    with Broker(tmp_path) as running:
        yield running


@pytest.fixture
def world(tmp_path: Path, broker: Broker) -> Iterator[World]:
    """A node beside that broker."""
    made = World(tmp_path, broker)
    yield made
    made.session.close(None)
