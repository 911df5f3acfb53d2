"""Rollouts over HTTP: created, watched, paused, resumed, ended."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gateway.clock import wall_ms
from gateway.store.database import Store
from node.wire import codec
from node.wire.messages import Presence, Reported, State
from tests.gateway.serve.served import Served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NODES = ("attic", "barn", "cellar")


@pytest.fixture(name="api")
def _api(tmp_path: Path) -> Iterator[Served]:
    """A site's API, with three nodes and a model in force."""
    with Served(tmp_path) as served:
        metadata = served.config.models.folder / "metadata"
        metadata.mkdir(parents=True)
        target = {"length": 9, "hashes": {"sha256": "ab" * 32}, "custom": {"model": "digits", "version": 2}}
        (metadata / "1.targets.json").write_text(json.dumps({"signed": {"targets": {"digits@2.tflite": target}}}))
        now_ms = wall_ms()
        said = {
            "presence": codec.encode(Presence(state=State.SLEEPING, boot_id=b"b" * 6, time_ms=now_ms, interval_s=600)),
            "reported": codec.encode(Reported(version=1, model="digits@1")),
        }
        store = Store(served.config.store.path)
        with store.transaction():
            store.keep_said((node, kind, now_ms, now_ms, told) for node in NODES for kind, told in said.items())
        store.close()
        yield served


def test_api_rollout_is_created_paused_resumed_and_aborted(api: Served) -> None:
    """As the commands of the same names do; each answer says how it stands now."""
    made = api.ask("POST", "/rollouts", {"name": "may", "target": "digits@2.tflite", "stages": ["1", "all"]})
    assert made.status_code == 201, made.text
    assert (made.json()["model"], [each["size"] for each in made.json()["stages"]]) == ("digits@2", [1, 2])
    assert sorted(each["node"] for each in made.json()["nodes"]) == list(NODES)
    assert any("could not go back" in each for each in made.json()["notes"])
    assert api.ask("POST", "/rollouts/may/pause").json()["course"] == "paused"
    assert api.ask("POST", "/rollouts/may/resume", {}).json()["course"] == "running"
    assert api.ask("POST", "/rollouts/may/abort", {"revert": True}).json()["course"] == "aborted"
    (listed,) = api.ask("GET", "/rollouts").json()
    assert listed == api.ask("GET", "/rollouts/may").json()


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/rollouts", {"name": "may", "target": "digits@9.tflite"}, 409),
        ("POST", "/rollouts", {"name": "may", "target": "digits@2.tflite", "nodes": ["loft"]}, 422),
        ("POST", "/rollouts", {"name": "may", "target": "digits@2.tflite", "windows": ["whenever"]}, 422),
        ("POST", "/rollouts", {"name": "may", "target": "digits@2.tflite", "stages": ["loft"]}, 422),
        ("POST", "/rollouts", {"name": "May", "target": "digits@2.tflite"}, 422),
        ("POST", "/rollouts", {"name": "may", "target": "digits@2.tflite", "zone": "Europe/Atlantis"}, 422),
        ("POST", "/rollouts/june/pause", None, 409),
        ("GET", "/rollouts/june", None, 404),
    ],
)
def test_api_rollout_that_cannot_be_is_refused(api: Served, method: str, path: str, body: object, status: int) -> None:
    """What is not published, not here, or not what belongs there; nothing is created."""
    assert api.ask(method, path, body).status_code == status
    assert api.ask("GET", "/rollouts").json() == []


def test_api_rollout_twice_of_one_name_or_over_the_same_nodes_is_a_conflict(api: Served) -> None:
    """The first goes on."""
    wish = {"name": "may", "target": "digits@2.tflite"}
    assert api.ask("POST", "/rollouts", wish).status_code == 201
    assert api.ask("POST", "/rollouts", wish).status_code == 409
    assert api.ask("POST", "/rollouts", {**wish, "name": "june"}).status_code == 409
    assert [each["name"] for each in api.ask("GET", "/rollouts").json()] == ["may"]
