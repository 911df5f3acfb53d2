"""A site's authority, and nodes that want something of its desk: real keys and requests, a clock of one's own."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from gateway import config
from gateway.identity import authority, certificates, door
from gateway.identity.desk import Desk
from gateway.identity.door import Door
from gateway.identity.membership import Membership
from node.wire.messages import Enrol, Enrolled

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric import ec

NOW_MS: Final = 1_800_000_000_000
MINUTE_MS: Final = 60_000
DAY_MS: Final = 86_400_000
DAYS: Final = 365.0


class Office:
    """An authority with its register and its desk.

    Args:
        folder: where; an authority is made in it.
        now_ms: when; handshakes judge by the machine's own clock.
    """

    def __init__(self, folder: Path, now_ms: int = NOW_MS) -> None:
        self.home = folder / "identity"
        authority.make(self.home, "orchard", (), now_ms)
        options = {"site": {"name": "orchard"}, "identity": {"folder": self.home, "broker_pid": folder / "none"}}
        self.config = config.Config.model_validate(options)
        self.open(now_ms)

    def open(self, now_ms: int) -> None:
        """Open, or open again, at some time, with what is on disk."""
        self.now_ms = now_ms
        self.members = Membership(self.config, now_ms)
        self.desk = Desk(self.members.authority, self.members.register, DAYS)

    def invite(self, name: str = "pump") -> bytes:
        """Return the secret of an invitation."""
        return self.members.invite(name).secret

    def ask(self, secret: bytes, request: bytes, shown: bytes | None = None, later_ms: int = 0) -> Enrolled:
        """Ask for a certificate."""
        return self.desk.answer(Enrol(secret=secret, request=request), shown, self.now_ms + later_ms)


@contextmanager
def opened(office: Office, patience_s: float = 10.0) -> Iterator[tuple[str, int]]:
    """Keep a door open in a thread of its own, and yield where it is."""
    listener = door.listen("127.0.0.1", 0)
    port = int(listener.getsockname()[1])
    loop = asyncio.new_event_loop()

    async def stay() -> None:
        await Door(office.desk, office.home, lambda: office.now_ms, listener, patience_s).stay()

    task = loop.create_task(stay())
    thread = threading.Thread(target=lambda: loop.run_until_complete(asyncio.wait([task])))
    thread.start()
    try:
        yield "127.0.0.1", port
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
        loop.close()


def new_request(
    name: str = "pump",
    key: ec.EllipticCurvePrivateKey | None = None,
    extensions: tuple[x509.ExtensionType, ...] = (),
    more: tuple[x509.NameAttribute[str], ...] = (),
) -> bytes:
    """Return a request, DER, with whatever somebody might put into one."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name), *more])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    for each in extensions:
        builder = builder.add_extension(each, critical=True)
    signed = builder.sign(key or certificates.new_key(), hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.DER)
