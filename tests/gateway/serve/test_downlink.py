"""Leases and commands over HTTP: what a program asks of a node."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.store.database import Store
from node.wire import codec
from node.wire.messages import Reported
from tests.gateway.serve.served import Served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HELD_MS = 1_790_000_000_000


@pytest.fixture(name="api")
def _api(tmp_path: Path) -> Iterator[Served]:
    """A site's API, with one node."""
    with Served(tmp_path) as served:
        reported = Reported(version=1, settings={"lease.until_ms": HELD_MS}, refused={"lease": "cut to 900 s"})
        store = Store(served.config.store.path)
        with store.transaction():
            store.keep_said([("attic", "reported", 1, 1, codec.encode(reported))])
        store.close()
        yield served


def test_api_lease_is_asked_for_shown_and_taken_back(api: Served) -> None:
    """What is asked, and what the node says to it, stand beside one another."""
    put = api.ask("PUT", "/nodes/attic/lease", {"seconds": 600})
    assert (put.status_code, put.json()["held"]) == (200, "2026-09-21T14:13:20.000Z")
    assert put.json()["until"] is not None
    assert api.ask("GET", "/nodes/attic/lease").json() == put.json()
    assert put.json()["refused"] == "cut to 900 s"
    assert api.ask("PUT", "/nodes/attic/lease", {"seconds": 0}).json()["until"] is None


def test_api_command_is_ordered_and_listed(api: Served) -> None:
    """As the command of the same name does."""
    ordered = api.ask("POST", "/nodes/attic/commands", {"words": "identify"})
    assert (ordered.status_code, ordered.json()["state"]) == (201, "sent")
    assert api.ask("GET", "/nodes/attic/commands").json() == [ordered.json()]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/nodes/cellar/commands", {"words": "identify"}, 409),
        ("/nodes/attic/commands", {"words": "rm -rf /"}, 422),
        ("/nodes/attic/commands", {"words": "dance"}, 422),
        ("/nodes/attic/commands", {"words": "identify", "minutes": 0}, 422),
    ],
)
def test_api_order_that_cannot_be_is_refused(api: Served, path: str, body: object, status: int) -> None:
    """A node that was never heard, words that are none, a time that is none."""
    assert api.ask("POST", path, body).status_code == status
    assert api.ask("GET", "/nodes/attic/commands").json() == []


def test_api_order_without_a_token_is_none(api: Served) -> None:
    """Nobody else orders anything."""
    assert api.ask("POST", "/nodes/attic/commands", {"words": "reboot"}, headers={}).status_code == 401
    assert api.ask("PUT", "/nodes/attic/lease", {"seconds": 60}, headers={}).status_code == 401
    assert api.ask("GET", "/nodes/attic/commands").json() == []
