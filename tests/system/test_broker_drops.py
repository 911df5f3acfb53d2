"""A broker whose queue is full drops what it acknowledged: the gateway says so, to whoever subscribes."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from tests.broker import MOSQUITTO
from tests.supervisor import Supervisor
from tools.intruders.site import Site
from tools.intruders.speaker import Speaker

if TYPE_CHECKING:
    from pathlib import Path

STATUS = "torpor/1/orchard/_/status"
SENT = 200


@pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed; run: apt-get install mosquitto")
def test_gateway_tells_that_the_broker_dropped_messages(tmp_path: Path) -> None:
    """By the access list that `init` writes it may read that count; with a queue of 50, some 150 of 200 are gone.

    The control is the first half: the same gateway at the same broker, before anything was dropped.
    """
    site = Site(tmp_path)
    site.admit()
    lines = (site.home / "mosquitto.conf").read_text()
    lines = lines.replace("max_queued_messages 1000000", "max_queued_messages 50\nsys_interval 1")
    (site.home / "mosquitto.conf").write_text(lines)
    config = site.home / "gateway.toml"
    config.write_text(config.read_text().replace("# enrol_port = 8884", "enrol_port = 0"))
    run = (sys.executable, "-m", "gateway", "run", "--config", str(config))
    with site.broker, Supervisor(run, tmp_path, 60.0) as gateway:
        with Speaker(site.port, site.rules("subscriber"), "_dash") as dash:
            dash.listen(STATUS)
            assert gateway.until(lambda: statuses(dash) != []), gateway.log
            assert statuses(dash)[-1]["broker_dropped"] == 0
            assert gateway.end() == 0, gateway.log
            with Speaker(site.port, site.rules("pump"), "pump") as pump:
                for number in range(SENT):
                    pump.say("torpor/1/orchard/pump/health", b"%d" % number)
            assert gateway.until(lambda: "broker" in reasons(dash)), gateway.log
            dropped = statuses(dash)[-1]["broker_dropped"]
            assert isinstance(dropped, int)
            assert SENT - 50 <= dropped <= SENT
        assert f"the broker dropped {dropped} messages" in gateway.log


def statuses(dash: Speaker) -> list[dict[str, object]]:
    """Return every status that was told."""
    return [json.loads(payload) for topic, payload in dash.heard if topic == STATUS]


def reasons(dash: Speaker) -> dict[str, str]:
    """Return what is not as it should be, by the newest."""
    found = statuses(dash)[-1]["reasons"]
    assert isinstance(found, dict)
    return found
