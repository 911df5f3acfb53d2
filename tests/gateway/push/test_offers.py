"""Which model a node is to fetch: from an operator's command to the desired state."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gateway.__main__ import main
from gateway.errors import GatewayError
from gateway.push import offers
from node.wire import codec
from node.wire.messages import Desired
from tests.gateway.world import NOW_MS, open_site

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.outgoing import Outgoing

DIGEST = "ab" * 32


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A gateway's folder with two models in force, the newer metadata in the higher number."""
    metadata = tmp_path / "models" / "metadata"
    metadata.mkdir(parents=True)
    for number, version in ((9, 2), (10, 3)):
        custom = {"model": "digits", "version": version}
        target = {"length": 16832, "hashes": {"sha256": DIGEST}, "custom": custom}
        signed = {"targets": {f"digits@{version}.tflite": target, "digits.npz": {"length": 1, "hashes": {}}}}
        (metadata / f"{number}.targets.json").write_text(json.dumps({"signed": signed}))
    (tmp_path / "gateway.toml").write_text('[site]\nname = "site"\n')
    return tmp_path


def desired(said: list[Outgoing]) -> list[Desired]:
    """Return the desired states among what a gateway says."""
    found = [codec.decode("desired", each.payload) for each in said if each.topic.endswith("/desired")]
    return [each for each in found if isinstance(each, Desired)]


def command(folder: Path, *words: str) -> int:
    """Run `torpor-gateway offer` beside the running gateway."""
    return main(["offer", "--config", str(folder / "gateway.toml"), *words])


def test_offer_by_an_operator_reaches_the_desired_state(folder: Path) -> None:
    """A running gateway takes the command up, says it under a higher version, and once."""
    site = open_site(folder)
    site.tick(NOW_MS)
    assert command(folder, "--node", "n1", "digits@3.tflite") == 0
    (told,) = desired(site.tick(NOW_MS + 1))
    assert told.model is not None
    assert (told.version, told.model.target, told.model.digest.hex()) == (2, "digits@3.tflite", DIGEST)
    assert desired(site.tick(NOW_MS + 2)) == []


def test_offer_outlives_a_restart_without_a_new_version(folder: Path) -> None:
    """What is wanted already is not wanted anew."""
    site = open_site(folder)
    command(folder, "--node", "n1", "digits@3.tflite")
    site.tick(NOW_MS)
    after = open_site(folder)
    assert desired(after.tick(NOW_MS + 1)) == []
    assert [each.version for each in desired(after.repeat(NOW_MS + 2))] == [2]


def test_offer_withdrawn_while_the_gateway_is_down_is_withdrawn(folder: Path) -> None:
    """The command needs no running gateway."""
    site = open_site(folder)
    command(folder, "--node", "n1", "digits@3.tflite")
    site.tick(NOW_MS)
    command(folder, "--node", "n1")
    (told,) = desired(open_site(folder).tick(NOW_MS + 1))
    assert (told.version, told.model) == (3, None)


def test_offer_of_what_is_not_published_names_what_is(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A slip of the operator's is told, and nothing is offered; the golden windows are no model."""
    assert command(folder, "--node", "n1", "digits@2.tflite") == 1
    assert command(folder, "--node", "n1", "digits.npz") == 1
    assert capsys.readouterr().err.count("there are: digits@3.tflite") == 2
    with pytest.raises(GatewayError, match="torpor models init"):
        offers.found(folder / "elsewhere", "digits@2.tflite")


def test_offer_to_nobody_is_refused(folder: Path) -> None:
    """A name that no topic can hold would stop the gateway that publishes to it."""
    assert command(folder, "--node", "n/1", "digits@3.tflite") == 1
    assert desired(open_site(folder).tick(NOW_MS)) == []
