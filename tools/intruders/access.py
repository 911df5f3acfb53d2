"""The access matrix: every role tries to publish, subscribe, leave a will, retain, share, read $SYS, and be another.

What counts is what arrives, never what the broker answers: mosquitto grants subscriptions that it never serves. No case
waits for "nothing": after each attempt something is said that must arrive, in an order that the broker keeps, and what
has not arrived by then will not.
"""

from __future__ import annotations

import ssl
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from socket import create_connection
from typing import TYPE_CHECKING, Final

import mqtt5

from gateway.identity import acl
from node.wire import topics
from tools.intruders.site import NAME
from tools.intruders.speaker import PATIENCE_S, Speaker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.intruders.site import Site

HERE: Final = f"{topics.PREFIX}/{NAME}"
OUTSIDERS: Final = ("nobody", "revoked", "expired", "rogue", "broker")
"""Who must not even get in: no certificate, a revoked one, one that is over, another authority's, the broker's own."""
CLAIMS: Final = {"node": "meter", "subscriber": "_dash"}
PAIRS: Final = {"node": "meter", "subscriber": "subscriber"}

WRITES: Final = {
    "another's results": "pump/results",
    "another's presence": "pump/presence",
    "another's desired": "pump/desired",
    "the gateway's output": "_/pump/results/x",
    "the gateway's name": "_gateway/results",
    "another level": "x/y/z",
}
READS: Final = {
    "everything": "#",
    "the site": f"{HERE}/#",
    "another's desired": f"{HERE}/pump/desired",
    "all desired": f"{HERE}/+/desired",
    "all results": f"{HERE}/+/results",
    "a share of results": f"$share/g/{HERE}/+/results",
    "a share of everything": "$share/g/#",
    "$SYS": "$SYS/#",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One attempt.

    Attributes:
        role: who tried.
        tried: what.
        breach: whether something arrived that must not, or did not that must.
    """

    role: str
    tried: str
    breach: bool


class Matrix:
    """A site at work: the gateway listens to everything, a node `pump` is the victim.

    Args:
        site: running.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._numbers = count()
        self._stack = ExitStack()
        self._gateway = self._enter("gateway", acl.GATEWAY)

    def close(self) -> None:
        """Hang up."""
        self._stack.close()

    def _enter(self, role: str, claims: str, session_s: int = 0) -> Speaker:
        speaker = Speaker(self._site.port, self._site.rules(role), claims, session_s=session_s)
        entered = self._stack.enter_context(speaker)
        if not entered.accepted:
            raise RuntimeError(f"the broker does not let {claims} in: {self._site.broker.log.read_text()[-500:]}")
        entered.listen("#")
        return entered

    def _speaker(self, role: str, claims: str = "", username: str = "") -> Speaker:
        rules = self._site.rules(PAIRS.get(role, role))
        return Speaker(self._site.port, rules, claims or CLAIMS[role], username=username)

    def _arrived(self, payload: bytes) -> bool:
        """Whether the gateway has heard something, once the broker has dealt with all that came before."""
        mark = self._payload()
        self._gateway.say(f"{HERE}/_/mark", mark)
        if not self._gateway.hears(f"{HERE}/_/mark", mark):
            raise RuntimeError("the gateway does not hear itself")
        return any(heard == payload for _, heard in self._gateway.heard)

    def _payload(self) -> bytes:
        return b"%d" % next(self._numbers)

    def rows(self) -> Iterator[Row]:
        """Try everything."""
        for outsider in OUTSIDERS:
            with Speaker(self._site.port, self._site.rules(outsider), "meter") as speaker:
                yield Row(role=outsider, tried="connect", breach=speaker.accepted)
        for role in CLAIMS:
            yield from self._writes(role)
            yield from self._reads(role)
            yield from self._wills(role)
            yield from self._names(role)
        yield from self.thefts()
        yield from self._revocation()

    def _writes(self, role: str) -> Iterator[Row]:
        for tried, where in WRITES.items():
            for retain in (False, True):
                with self._speaker(role) as speaker:
                    payload = self._payload()
                    speaker.say(f"{HERE}/{where}", payload, retain=retain)
                    how = "retain" if retain else "publish"
                    yield Row(role=role, tried=f"{how}: {tried}", breach=self._arrived(payload))
        with self._speaker(role) as speaker:
            payload = self._payload()
            speaker.say(f"{HERE}/{CLAIMS[role]}/results", payload)
            may = role == "node"
            yield Row(role=role, tried="publish: its own results", breach=self._arrived(payload) is not may)

    def _reads(self, role: str) -> Iterator[Row]:
        own = f"{HERE}/meter/receipt" if role == "node" else f"{HERE}/_/told"
        with self._speaker("pump", "pump") as pump:
            for tried, wanted in READS.items():
                with self._speaker(role) as speaker:
                    speaker.listen(wanted, own)
                    self._gossip(pump)
                    mark = self._payload()
                    self._gateway.say(own, mark)
                    heard = speaker.hears(own, mark)
                    others = {topic for topic, _ in speaker.heard if not self._may_read(role, topic)}
                    yield Row(role=role, tried=f"subscribe: {tried}", breach=not heard or bool(others))

    def _gossip(self, pump: Speaker) -> None:
        """Say, as the gateway and as the victim, all that nobody else may read."""
        for each in ("pump/desired", "pump/receipt", "pump/file", "_/pump/results/x", "_/status"):
            self._gateway.say(f"{HERE}/{each}", self._payload(), retain=each.endswith("desired"))
        pump.say(f"{HERE}/pump/results", self._payload())

    def _may_read(self, role: str, topic: str) -> bool:
        return topic.startswith(f"{HERE}/meter/" if role == "node" else f"{HERE}/_/")

    def _wills(self, role: str) -> Iterator[Row]:
        for tried, where, may in (
            ("another's presence", "pump/presence", False),
            ("the gateway's output", "_/status", False),
            ("its own presence", f"{CLAIMS[role]}/presence", role == "node"),
        ):
            payload = self._payload()
            rules = self._site.rules(PAIRS[role])
            with Speaker(self._site.port, rules, CLAIMS[role], will=(f"{HERE}/{where}", payload)) as speaker:
                speaker.die()
            with self._speaker(role):  # its client id again: the broker has buried the first by now
                yield Row(role=role, tried=f"will: {tried}", breach=self._arrived(payload) is not may)

    def _names(self, role: str) -> Iterator[Row]:
        for claimed in (acl.GATEWAY, "pump"):
            with self._speaker(role, username=claimed) as speaker:
                payload = self._payload()
                speaker.say(f"{HERE}/pump/results", payload)
                yield Row(role=role, tried=f"user name: {claimed}", breach=self._arrived(payload))

    def thefts(self) -> Iterator[Row]:
        """Connect with the client ids of others."""
        for role in CLAIMS:
            with Speaker(self._site.port, self._site.rules("pump"), "pump", session_s=3600) as pump:
                pump.listen(f"{HERE}/pump/desired")
            command = self._payload()
            self._gateway.say(f"{HERE}/pump/desired", command)
            with Speaker(self._site.port, self._site.rules(PAIRS[role]), "pump", session_s=3600) as thief:
                thief.listen(f"{HERE}/meter/receipt")
                robbed = any(payload == command for _, payload in thief.heard)
            with Speaker(self._site.port, self._site.rules("pump"), "pump", session_s=3600) as pump:
                after = self._payload()
                self._gateway.say(f"{HERE}/pump/desired", after)
                kept = pump.hears(f"{HERE}/pump/desired", after) and any(heard == command for _, heard in pump.heard)
            yield Row(role=role, tried="client id: a sleeper's, with what waits for it", breach=robbed or not kept)
            with self._speaker(role, acl.GATEWAY):
                thrown_out = self._gateway.over.is_set() or not self._still_hears()
            yield Row(role=role, tried="client id: the gateway's", breach=thrown_out)
            if thrown_out:
                self._gateway = self._enter("gateway", acl.GATEWAY)

    def _still_hears(self) -> bool:
        mark = self._payload()
        self._gateway.say(f"{HERE}/_/mark", mark)
        return self._gateway.hears(f"{HERE}/_/mark", mark)

    def _revocation(self) -> Iterator[Row]:
        """Revoke a node that is connected: it is out, stays out, and cannot resume what TLS remembers."""
        rules = self._site.enrolled("stolen")
        before = ssl.create_default_context(cafile=str(self._site.home / "identity" / "ca.pem"))
        before.load_cert_chain(self._site.home / "stolen" / "node.pem")
        session = _resumable(self._site.port, before)
        with Speaker(self._site.port, rules, "stolen") as stolen:
            payload = self._payload()
            stolen.say(f"{HERE}/stolen/results", payload)
            yield Row(role="node to be revoked", tried="publish: its own", breach=not self._arrived(payload))
            done = self._site.members.revoke("stolen")
            out = stolen.over.wait(PATIENCE_S)
            yield Row(role="revoked while inside", tried="stay", breach=not out or bool(done.undone))
            payload = self._payload()
            stolen.say(f"{HERE}/stolen/results", payload)
            yield Row(role="revoked while inside", tried="publish: its own", breach=self._arrived(payload))
        with Speaker(self._site.port, rules, "stolen") as again:
            yield Row(role="revoked", tried="connect again", breach=again.accepted)
        resumed = _gets_in(self._site.port, before, session)
        yield Row(role="revoked", tried="resume its TLS session", breach=resumed)
        for listed in self._site.home.joinpath("identity", "denied").read_text().split():
            yield Row(role="revoked", tried="be forgotten by the gateway", breach=listed != "stolen")


def _resumable(port: int, rules: ssl.SSLContext) -> ssl.SSLSession | None:
    """Return a session that TLS could resume, where the broker offers one."""
    with (
        create_connection(("127.0.0.1", port), 10.0) as plain,
        rules.wrap_socket(plain, server_hostname="127.0.0.1") as channel,
    ):
        channel.sendall(mqtt5.ConnectPacket("stolen", clean_start=True).write())
        channel.recv(4096)  # with it come the tickets
        return channel.session


def _gets_in(port: int, rules: ssl.SSLContext, session: ssl.SSLSession | None) -> bool:
    """Whether the broker takes a session up again."""
    try:
        with (
            create_connection(("127.0.0.1", port), 10.0) as plain,
            rules.wrap_socket(plain, server_hostname="127.0.0.1", session=session) as channel,
        ):
            channel.sendall(mqtt5.ConnectPacket("stolen", clean_start=True).write())
            return bool(channel.recv(4096))
    except OSError:
        return False
