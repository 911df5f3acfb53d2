"""A site as `torpor-gateway init` makes it, on a free port of 127.0.0.1, and a certificate for everybody."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Final

from gateway import config
from gateway.clock import wall_ms
from gateway.identity import acl, authority, certificates, denial
from gateway.identity.certificates import Subject
from gateway.identity.membership import Membership
from gateway.setup import found
from tools.chaos.broker import Broker, free_port

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.identity.authority import Authority

NAME: Final = "orchard"
CLIENT_ID: Final = "use_username_as_clientid true\n"
DAY_MS: Final = 86_400_000


class Site:
    """A broker with its authority; somebody else's authority beside it.

    Args:
        folder: everything is kept here.
        believes_client_ids: the control: without the line that takes client ids from certificates.
    """

    def __init__(self, folder: Path, *, believes_client_ids: bool = False) -> None:
        self.home = folder / "site"
        self.port = free_port()
        identity = self.home / "identity"
        authority.make(identity, NAME, (), wall_ms())
        found.write(self.home, NAME, found.Where(host="127.0.0.1", port=self.port, identity=identity))
        broker = self.home / "mosquitto.conf"
        if believes_client_ids:
            broker.write_text(broker.read_text().replace(CLIENT_ID, ""))
        self.broker = Broker(broker, self.port)
        self.members = Membership(config.read(self.home / "gateway.toml"), wall_ms())
        authority.make(folder / "rogue", NAME, (), wall_ms())
        self._rogue = authority.Authority(folder / "rogue")

    def admit(self) -> None:
        """Let the subscriber in, before the broker starts."""
        self.members.admit("dash", self.home / "dash")

    def rules(self, role: str) -> ssl.SSLContext:
        """Return what a role has to show: its certificate and key, and whom it believes."""
        context = ssl.create_default_context(cafile=str(self.home / "identity" / "ca.pem"))
        if role != "nobody":
            context.load_cert_chain(self._pair(role))
        return context

    def _pair(self, role: str) -> Path:
        path = self.home / f"{role}.pem"
        if not path.exists():
            path.write_bytes(self._made(role))
        return path

    def _made(self, role: str) -> bytes:
        """Return a certificate and its key."""
        signer, now_ms = self.members.authority, wall_ms()
        identity = self.home / "identity"
        match role:
            case "gateway" | "broker":
                return (identity / f"{role}.pem").read_bytes() + (identity / f"{role}.key").read_bytes()
            case "subscriber":
                return b"".join((self.home / "dash" / f"dash.{end}").read_bytes() for end in ("pem", "key"))
            case "rogue":
                return _signed(self._rogue, acl.GATEWAY, now_ms, 1.0)[0]
            case "expired":
                return _signed(signer, "pump", now_ms - 2 * DAY_MS, 1.0)[0]
            case "revoked":
                pair, serial = _signed(signer, "pump", now_ms, 1.0)
                signer.revoke({serial}, now_ms)
                return pair
        return _signed(signer, role, now_ms, 1.0)[0]

    def enrolled(self, name: str) -> ssl.SSLContext:
        """Return the rules of a node that the register knows, so that it can be revoked."""
        self.members.equip(name, self.home / name)
        denial.write(self.members.authority.folder, list)
        context = ssl.create_default_context(cafile=str(self.home / "identity" / "ca.pem"))
        context.load_cert_chain(self.home / name / "node.pem")
        return context


def _signed(signer: Authority, name: str, now_ms: int, days: float) -> tuple[bytes, int]:
    key = certificates.new_key()
    signed = signer.sign(Subject(name=name), key.public_key(), now_ms, days)
    return certificates.pem(signed) + certificates.key_pem(key), signed.serial_number
