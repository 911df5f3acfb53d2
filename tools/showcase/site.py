"""A whole site on one machine: broker, gateway, nodes. Started in order, ended in order, by process id."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Final

from tools.bootstrap.confinement import unconfined
from tools.bootstrap.packages import this_machine
from tools.showcase.children import Child
from tools.showcase.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

SITE: Final = "demo"
START_S: Final = 15.0
NODE_GOODBYE_S: Final = 20.0
"""A node flushes its outbox and waits for the receipts before it leaves; its awake budget bounds that."""
SERVER_GOODBYE_S: Final = 10.0


ENDED_AS_ASKED: Final = (0, -signal.SIGTERM)
"""The signal itself ends a process that has not come as far as listening for it, and has nothing to flush."""


class SiteError(Exception):
    """A part of the site did not do as it was told; the message holds the tail of its log."""


class Site:
    """The processes of the demo."""

    def __init__(self, folder: Path, pause: Callable[[float], object]) -> None:
        """Start nothing yet.

        Args:
            folder: everything is kept here, nothing elsewhere.
            pause: waits that many seconds, or less when somebody wants an end.
        """
        self.folder = folder
        self.port = free_port()
        self.nodes: list[Child] = []
        self.servers: list[Child] = []
        self._pause = pause
        self._gateway_config = folder / "gateway" / "gateway.toml"

    def start_broker(self) -> None:
        """Let the gateway write its own configuration and the broker's, and start a real mosquitto with that.

        Raises:
            SiteError: mosquitto is not there, or does not come up.
        """
        home = self._gateway_config.parent
        self._ask_gateway("init", str(home), "--site", SITE, "--plain", "--port", str(self.port))
        mosquitto = this_machine().find("mosquitto")
        if mosquitto is None:
            raise SiteError("mosquitto is not installed; run: sudo apt-get install mosquitto")
        broker = self._serve("broker", [unconfined(mosquitto, home), "-c", str(home / "mosquitto.conf")])
        self._await(self._listens, broker)

    def start_gateway(self, ready: Callable[[], bool]) -> None:
        """Start the gateway.

        Args:
            ready: whether somebody has heard of it.

        Raises:
            SiteError: nobody has within START_S.
        """
        command = [sys.executable, "-m", "gateway", "run", "--config", str(self._gateway_config)]
        self._await(ready, self._serve("gateway", command))

    def start_node(self, name: str, config: Path) -> None:
        """Start one node."""
        command = [sys.executable, "-m", "node", "run", "--config", str(config)]
        self.nodes.append(Child(name, command, config.parent))

    def status(self) -> Mapping[str, object]:
        """Return what the gateway says of its store."""
        told = json.loads(self._ask_gateway("status", "--json", "--config", str(self._gateway_config)))
        if not isinstance(told, dict):
            raise SiteError(f"`torpor-gateway status --json` said {told!r}; an object was expected")
        return told

    def crashed(self) -> list[str]:
        """Return a sentence for every process that has ended though nobody asked it to."""
        return [_sentence(each) for each in (*self.servers, *self.nodes) if each.code is not None]

    def end_nodes(self) -> list[str]:
        """Ask the nodes to flush and leave, all at once.

        Returns:
            A sentence for each that did not leave in order.
        """
        for node in self.nodes:
            node.ask_to_end()
        return _unwell(self.nodes, NODE_GOODBYE_S)

    def end_servers(self) -> list[str]:
        """End the gateway, then the broker.

        Returns:
            A sentence for each that did not leave in order.
        """
        complaints = []
        while self.servers:
            server = self.servers.pop()
            server.ask_to_end()
            complaints += _unwell([server], SERVER_GOODBYE_S)
        return complaints

    def kill(self) -> None:
        """End whatever still runs, now."""
        for each in (*self.nodes, *reversed(self.servers)):
            each.kill()

    def _serve(self, name: str, command: Sequence[str]) -> Child:
        child = Child(name, command, self.folder)
        self.servers.append(child)
        return child

    def _await(self, ready: Callable[[], bool], child: Child) -> None:
        for _ in range(int(START_S / 0.05)):
            if ready():
                return
            if child.code is not None:
                raise SiteError(_sentence(child))
            self._pause(0.05)
        raise SiteError(f"the {child.name} did not come up within {START_S:g} s:\n{child.last_words()}")

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _ask_gateway(self, *words: str) -> str:
        command = [sys.executable, "-m", "gateway", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        if done.returncode != 0:
            raise SiteError(f"`torpor-gateway {words[0]}` failed:\n{done.stdout}{done.stderr}")
        return done.stdout


def _unwell(children: Sequence[Child], patience_s: float) -> list[str]:
    complaints = []
    for child in children:
        if child.wait(patience_s) is None:
            child.kill()
            complaints.append(
                f"{child.name} had not ended after {patience_s:g} s and was killed:\n{child.last_words()}"
            )
        elif child.code not in ENDED_AS_ASKED:
            complaints.append(_sentence(child))
    return complaints


def _sentence(child: Child) -> str:
    return f"{child.name} ended with code {child.code}:\n{child.last_words()}"
