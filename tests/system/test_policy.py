"""A policy's whole way through real processes: signed, sent, followed, reported, reverted; and its replay, refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import pytest

from gateway import config
from gateway.__main__ import main
from gateway.store import queries
from node.wire import codec
from node.wire.messages import Desired
from tests.broker import MOSQUITTO
from tools.bench import flood
from tools.chaos.configs import SITE, TALKS
from tools.chaos.site import Site

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed; run: apt-get install mosquitto")

NODE: Final = "attic"
FOLLOWS: Final = f'{TALKS}\n[policy]\nkeys = "../gateway/policy.pub"\nfastest_s = 0.1\n'


class Operator:
    """Somebody at the gateway's command line."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._file = folder / "gateway" / "gateway.toml"
        self._capsys = capsys

    def says(self, *words: str) -> str:
        """Run a command, and return what it printed."""
        self._capsys.readouterr()
        assert main(["policy", *words, "--config", str(self._file)]) == 0
        return self._capsys.readouterr().out

    def sees(self) -> dict[str, object]:
        """Return what is shown of the node; empty before it told anything."""
        lines = self.says("show", "--json").splitlines()
        found: dict[str, object] = json.loads(lines[0]) if lines else {}
        return found

    def sent(self) -> Desired:
        """Return what the gateway sends the node now."""
        with queries.reading(config.read(self._file).store.path) as database:
            message = codec.decode("desired", queries.desired(database)[NODE])
        assert isinstance(message, Desired)
        return message


def test_policy_is_followed_reported_and_reverted_and_its_replay_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What an operator sets is in force within seconds; what a hostile client sends again is refused, and shown."""
    with Site(tmp_path) as site:
        site.start_gateway()
        site.start_node(NODE, "-m", "node", "run", "--config", gate=FOLLOWS)
        operator = Operator(tmp_path, capsys)
        site.until(lambda: site.counter(NODE, "records_receipted") > 0, "the node is heard")

        assert "policy 1 for plant/attic" in operator.says("set", "sleep.period_s=0.5", "gate.delta=1", "--node", NODE)
        site.until(lambda: operator.sees().get("in_force") == 1, "the first policy is in force")
        seen = operator.sees()
        assert (seen["state"], seen["settings"]) == ("in force", {"sleep.period_s": 0.5})
        assert seen["refused"] == {"gate.delta": "no such setting"}
        first = operator.sent()

        operator.says("set", "sleep.period_s=0.2")
        site.until(lambda: operator.sees().get("in_force") == 2, "the policy of the whole site is in force")
        operator.says("revert")
        site.until(lambda: operator.sees().get("in_force") == 3, "the node's own configuration is in force again")
        assert operator.sees()["settings"] == {}

        with flood.connect(site.broker.port, "attacker") as link:
            forged = Desired(version=1_000_000, policy=first.policy)
            flood.send(link, flood.pack([(f"torpor/1/{SITE}/{NODE}/desired", codec.encode(forged))]))
        site.until(lambda: "old-counter" in str(operator.sees().get("refused")), "the replay is refused")
        assert operator.sees()["in_force"] == 3
        assert site.end(NODE, "gateway") == {NODE: 0, "gateway": 0}, [site.said(NODE), site.said("gateway")]
