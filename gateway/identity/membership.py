"""Membership: what an operator does with nodes and subscribers. Invite, write an image's files, admit, revoke."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.errors import ConfigError, GatewayError, Problem
from gateway.identity import acl, broker, certificates, denial, files, kick, spent
from gateway.identity.authority import Authority
from gateway.identity.certificates import Subject
from gateway.identity.register import Register, Signed, digest
from node.wire import enrolment, topics
from node.wire.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gateway.config import Config


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoked:
    """What became of a revocation.

    Attributes:
        certificates: how many.
        undone: what could not be done at the broker, and why; empty where all was.
    """

    certificates: int
    undone: str


class Membership:
    """Those who are known to a site.

    Args:
        config: of the gateway.
        now_ms: the time.

    Raises:
        ConfigError: the site has no authority.
    """

    def __init__(self, config: Config, now_ms: int) -> None:
        self._config = config
        self._now_ms = now_ms
        self.authority = Authority(config.identity.folder)
        self.register = Register(config.identity.folder)

    def invite(self, name: str) -> enrolment.Invitation:
        """Invite a node; an earlier invitation of its name ends."""
        secret = secrets.token_bytes(enrolment.SECRET_BYTES)
        site, minutes = self._config.site.name, self._config.identity.token_minutes
        invitation = enrolment.Invitation(
            site=site, node=_checked(name), secret=secret, fingerprint=self.authority.fingerprint
        )
        spent.hand_out(self.authority.folder / "spent", digest(secret))
        self.register.invite(name, secret, self._now_ms, self._now_ms + round(minutes * 60_000))
        return invitation

    def equip(self, name: str, folder: Path) -> None:
        """Write a node's key and certificate for an image, and whom it is to believe.

        Args:
            name: the node's.
            folder: gets `node.pem` and `ca.pem`; made where it is missing.
        """
        key, certificate = self._signed(_checked(name))
        _make(folder)
        files.write(folder / "node.pem", certificate + key)
        files.write(folder / "ca.pem", self.authority.pem)
        denial.write(self.authority.folder, self.register.denied)

    def admit(self, name: str, folder: Path) -> str:
        """Let a subscriber read the gateway's output; write its key and certificate.

        Returns:
            What could not be done at the broker, and why; empty where all was.
        """
        at_broker = _checked(name, acl.subscriber)
        key, certificate = self._signed(at_broker)
        _make(folder)
        files.write(folder / f"{name}.pem", certificate)
        files.write(folder / f"{name}.key", key)
        files.write(folder / "ca.pem", self.authority.pem)
        denial.write(self.authority.folder, self.register.denied)
        return self._list_subscribers()

    def revoke(self, at_broker: str) -> Revoked:
        """Let somebody speak no more: on the lists first, then at the broker, then out of it.

        Args:
            at_broker: its name there.

        Raises:
            ConfigError: nobody of that name was ever invited, or had a certificate.
        """
        if at_broker not in {each.name for each in self.register.members()}:
            raise ConfigError([Problem(at_broker, "nobody of that name is known here; see `node list`")])
        serials = self.register.revoke(at_broker, self._now_ms)
        self.authority.revoke(self.register.revoked(), self._now_ms)
        denial.write(self.authority.folder, self.register.denied)
        undone = self._list_subscribers()
        try:
            kick.kick(self.authority, at_broker, self._config.mqtt, self._now_ms)
        except GatewayError as error:
            undone = undone or str(error)
        return Revoked(certificates=len(serials), undone=undone)

    def _signed(self, at_broker: str) -> tuple[bytes, bytes]:
        """Return a new key and its certificate, PEM."""
        key, days = certificates.new_key(), self._config.identity.certificate_days
        signed = self.authority.sign(Subject(name=at_broker), key.public_key(), self._now_ms, days)
        until_ms = round(signed.not_valid_after_utc.timestamp() * 1000)
        serial = signed.serial_number
        self.register.note(Signed(name=at_broker, serial=serial, signed_ms=self._now_ms, until_ms=until_ms))
        return certificates.key_pem(key), certificates.pem(signed)

    def _list_subscribers(self) -> str:
        """Write the access list, and have the broker read it; returns why it could not."""
        self.authority.admit(self._config.site.name, self.register.subscribers)
        try:
            broker.reload(self._config.identity)
        except GatewayError as error:
            return str(error)
        return ""


def _checked(name: str, rule: Callable[[str], str] = topics.name) -> str:
    try:
        return rule(name)
    except WireError as error:
        raise ConfigError([Problem("NAME", str(error))]) from error


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError([Problem("--into", f"{folder}: {error.strerror}")]) from error
