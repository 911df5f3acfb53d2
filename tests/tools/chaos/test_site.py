"""The site: its broker forgets what a power cut makes it forget, its processes never outlive it."""

from __future__ import annotations

import os
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import pytest
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from tests.broker import MOSQUITTO
from tools.chaos.faults import BROKER, GATEWAY, Act, Step
from tools.chaos.site import Site, SiteError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed; run: apt-get install mosquitto")

PATIENCE_S: Final = 30.0
LAST: Final = "torpor/1/plant/last"


class Client:
    """An MQTT client that keeps the topics that it heard."""

    def __init__(self, port: int) -> None:
        self.topics: list[str] = []
        self._heard = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.on_message = self._hear
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def _hear(self, _client: object, _data: object, message: mqtt.MQTTMessage) -> None:
        if message.topic == LAST:
            self._heard.set()
        else:
            self.topics.append(message.topic)

    def keep(self, topic: str) -> None:
        """Have the broker keep a message."""
        self._client.publish(topic, b"x", qos=1, retain=True).wait_for_publish(PATIENCE_S)

    def kept(self) -> list[str]:
        """Return the topics that the broker keeps: all that come before a message of now."""
        self._client.subscribe("torpor/#", qos=1)
        self._client.publish(LAST, b"x", qos=1)
        assert self._heard.wait(PATIENCE_S)
        return sorted(self.topics)

    def close(self) -> None:
        """Hang up."""
        self._client.disconnect()
        self._client.loop_stop()


@contextmanager
def client(site: Site) -> Iterator[Client]:
    """Give a client of the site's broker."""
    made = Client(site.broker.port)
    try:
        yield made
    finally:
        made.close()


def do(site: Site, *acts: Act) -> None:
    """Do things to the broker."""
    for act in acts:
        site.do(Step(at_s=0.0, act=act, target=BROKER))


def test_broker_killed_comes_back_with_what_it_had_saved(tmp_path: Path) -> None:
    """What it was told after its last save is gone; what it knew before is there, and after a wipe nothing is."""
    saved = tmp_path / "gateway" / "broker" / "mosquitto.db"
    with Site(tmp_path) as site:
        with client(site) as one:
            one.keep("torpor/before")
            do(site, Act.SAVE)
            site.until(lambda: saved.exists() and saved.stat().st_size > 0, "the broker has saved")
            one.keep("torpor/after")
        do(site, Act.KILL, Act.START)
        with client(site) as one:
            assert one.kept() == ["torpor/before"]
        do(site, Act.KILL, Act.WIPE, Act.START)
        with client(site) as one:
            assert one.kept() == []


def test_site_left_in_an_error_leaves_nothing_running(tmp_path: Path) -> None:
    """Also a frozen broker goes, and nobody listens on its port any more."""

    def fail() -> None:
        with Site(tmp_path) as site:
            ports.append(site.broker.port)
            site.start_gateway()
            pids.append(site.pid(GATEWAY))
            do(site, Act.FREEZE)
            raise KeyboardInterrupt

    ports: list[int] = []
    pids: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        fail()
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", ports[0])) != 0


def test_site_process_that_ends_by_itself_is_named_with_its_last_words(tmp_path: Path) -> None:
    """A trial that waits for the dead says who died, instead of timing out."""
    with Site(tmp_path) as site:
        site.start_node("attic", "-c", "raise SystemExit('no roof')")
        with pytest.raises(SiteError, match=r"attic ended by itself:\nno roof"):
            site.until(lambda: False, "never")
