"""A lease and commands on their whole way through real processes: ordered, heard by a sleeper, done once, told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import pytest

from gateway import config
from gateway.__main__ import main
from gateway.store import queries
from node.wire import codec
from node.wire.messages import Presence
from tests.broker import MOSQUITTO
from tests.imports import ROOT
from tools.chaos.configs import TALKS
from tools.chaos.site import Site

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed; run: apt-get install mosquitto")

NODE: Final = "attic"
SLEEPS: Final = f'{TALKS}\n[commands]\nallow = ["doctor", "identify", "raw"]\n[lease]\nmost_s = 60.0\n'


class Operator:
    """Somebody at the gateway's command line."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._file = folder / "gateway" / "gateway.toml"
        self._capsys = capsys

    def says(self, *words: str) -> str:
        """Run a command, and return what it printed."""
        self._capsys.readouterr()
        assert main([*words, "--config", str(self._file)]) == 0
        return self._capsys.readouterr().out

    def sees(self) -> dict[str, str]:
        """Return the state of every command, by its words."""
        lines = self.says("commands", NODE, "--json").splitlines()
        return {each["words"]: each["state"] for each in map(json.loads, lines)}

    def awake_until_ms(self) -> int:
        """Return until when the node says that it stays up; 0 before it said anything that is on disk."""
        with queries.reading(config.read(self._file).store.path) as database:
            payloads = [payload for *_, payload in queries.said(database, "presence") if payload]
        said = [codec.decode("presence", payload) for payload in payloads]
        return sum(each.awake_until_ms for each in said if isinstance(each, Presence))


def test_sleeper_is_kept_up_and_does_what_it_is_ordered_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It hears of both when it wakes; while it is kept up it answers at once; then it sleeps again."""
    with Site(tmp_path) as site:
        site.start_gateway()
        site.start_node(NODE, str(ROOT / "tests" / "system" / "sleeper.py"), gate=SLEEPS)
        operator = Operator(tmp_path, capsys)
        site.until(lambda: site.counter(NODE, "records_receipted") > 0, "the node is heard")

        assert f"{NODE} is asked to stay up until 20" in operator.says("lease", NODE, "10m")
        site.until(lambda: operator.awake_until_ms() > 0, "the node says that it stays up")
        connections = site.counter(NODE, "connections")

        for words in ("doctor", "identify", "raw", "reboot"):
            operator.says("command", NODE, words)
        ended = {"doctor": "successful", "identify": "successful", "raw": "failed", "reboot": "failed"}
        site.until(lambda: operator.sees() == ended, "the node has done what it does")
        told = operator.says("commands", NODE)
        assert "not allowed here; [commands] allow has doctor, identify, raw" in told
        assert "no sensor gives a waveform or a picture" in told
        assert "tick " in told, "what the doctor saw of the sensor"
        assert site.counter(NODE, "connections") == connections, "the link was kept all the while"

        operator.says("lease", NODE, "0")
        site.until(lambda: operator.awake_until_ms() == 0, "the node sleeps again")
        site.until(lambda: site.counter(NODE, "connections") > connections + 2, "and wakes, and sleeps")
        assert site.end(NODE, "gateway") == {NODE: 0, "gateway": 0}, [site.said(NODE), site.said("gateway")]
