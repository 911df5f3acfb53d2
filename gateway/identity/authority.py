"""The site's own authority: a key that never leaves its folder, and what it has signed for the broker and the gateway.

    ca.key, ca.pem            the authority itself
    broker.key, broker.pem    the broker's, which may serve and not ask: it cannot play a node
    gateway.key, gateway.pem  the gateway's, to ask the broker and to serve those who enrol
    crl.pem, acl              who may no longer speak, and who may say what; the broker reads both

What is on disk is never made anew: a second authority would lock out every node that is in the field.
"""

from __future__ import annotations

import re
import socket
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.errors import ConfigError, Problem
from gateway.identity import acl, certificates, files
from gateway.identity.certificates import SERVER_DAYS, TO_ASK, TO_SERVE, Signer, Subject
from node.wire.enrolment import server_name
from node.wire.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_HOST_NAME: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


class Authority:
    """An authority that is there.

    Args:
        folder: where it lives.

    Raises:
        ConfigError: it is not there, cannot be read, or is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pem = files.read(folder / "ca.pem")
        self.signer = _signer(folder, self.pem)

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 of its certificate: by this, and by nothing else, a new node knows whom to believe."""
        return self.signer.certificate.fingerprint(hashes.SHA256())

    def sign(self, subject: Subject, key: ec.EllipticCurvePublicKey, now_ms: int, days: float) -> x509.Certificate:
        """Sign for somebody, for some days from now on."""
        return certificates.sign(self.signer, subject, key, *certificates.lasting(now_ms, days))

    def revoke(self, serials: set[int], now_ms: int) -> None:
        """Write the list of the revoked anew; who stands in the old one stays in it.

        The old list counts beside the register, so that a register that came back from a backup forgives nobody.
        """
        path = self.folder / "crl.pem"
        with files.alone(self.folder):
            known = serials | (_listed(path) if path.exists() else set())
            files.write(path, certificates.revoked(self.signer, known, now_ms))

    def admit(self, site: str, subscribers: Callable[[], list[str]]) -> None:
        """Write the access list anew; who is to be on it is asked while nobody else writes."""
        with files.alone(self.folder):
            files.write(self.folder / "acl", acl.text(site, subscribers()).encode())


def make(folder: Path, site: str, hosts: tuple[str, ...], now_ms: int) -> list[Path]:
    """Make an authority and what it has to sign; what is there is left alone.

    Args:
        folder: made where it is missing, for its owner alone.
        site: the site's name.
        hosts: names and addresses by which the broker and the gateway are reached, beside this machine's own.
        now_ms: the time.

    Returns:
        What was written.

    Raises:
        ConfigError: a name cannot be one, or the folder cannot be written.
    """
    reached = _reached_as(site, hosts)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError([Problem(str(folder), str(error))]) from error
    before = set(folder.iterdir())
    with files.alone(folder):
        authority = _begun(folder, site, now_ms)
        _serve(authority, "broker", Subject(name="_broker", purposes=(TO_SERVE,), reached_as=reached), now_ms)
        _serve(authority, "gateway", Subject(name=acl.GATEWAY, purposes=(TO_SERVE, TO_ASK), reached_as=reached), now_ms)
    if not (folder / "crl.pem").exists():
        authority.revoke(set(), now_ms)
    if not (folder / "acl").exists():
        authority.admit(site, list)
    return sorted(set(folder.iterdir()) - before)


def _begun(folder: Path, site: str, now_ms: int) -> Authority:
    """Return the authority that is there; a new one where there is none."""
    if not (folder / "ca.pem").exists():
        signer = certificates.new_authority(site, now_ms)
        files.write(folder / "ca.key", certificates.key_pem(signer.key))
        files.write(folder / "ca.pem", certificates.pem(signer.certificate))
    return Authority(folder)


def _listed(path: Path) -> set[int]:
    """Return the serials on a list of the revoked."""
    try:
        return {each.serial_number for each in x509.load_pem_x509_crl(files.read(path))}
    except ValueError as error:
        hint = "restore it; or remove it, and the next `torpor-gateway node revoke` makes it of the register"
        raise ConfigError([Problem(str(path), f"is no list of the revoked: {error}; {hint}")]) from error


def _serve(authority: Authority, file: str, subject: Subject, now_ms: int) -> None:
    """Make a key and a certificate of the site's own; since 1970, for nodes that have no clock yet."""
    folder = authority.folder
    if (folder / f"{file}.pem").exists():
        return
    key = certificates.new_key()
    _, until = certificates.lasting(now_ms, SERVER_DAYS)
    certificate = certificates.sign(authority.signer, subject, key.public_key(), certificates.EPOCH, until)
    files.write(folder / f"{file}.key", certificates.key_pem(key))
    files.write(folder / f"{file}.pem", certificates.pem(certificate))


def _reached_as(site: str, hosts: tuple[str, ...]) -> tuple[str, ...]:
    try:
        own = server_name(site)
    except WireError as error:
        raise ConfigError([Problem("--site", str(error))]) from error
    wrong = [each for each in hosts if not _can_be_reached(each)]
    if wrong:
        raise ConfigError([Problem("--host", f"{each!r} is neither a host name nor an address") for each in wrong])
    here = socket.gethostname()
    guesses = [each for each in (here, f"{here}.local") if _can_be_reached(each)]
    return tuple(dict.fromkeys((own, "localhost", "127.0.0.1", "::1", *guesses, *hosts)))


def _can_be_reached(name: str) -> bool:
    return bool(_HOST_NAME.fullmatch(name)) or (":" in name and _is_address(name))


def _is_address(name: str) -> bool:
    try:
        socket.inet_pton(socket.AF_INET6, name)
    except OSError:
        return False
    return True


def _signer(folder: Path, pem: bytes) -> Signer:
    try:
        key = serialization.load_pem_private_key(files.read(folder / "ca.key"), None)
        certificate = x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise ConfigError([Problem(str(folder), f"a damaged authority: {error}; restore ca.key and ca.pem")]) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise ConfigError([Problem(str(folder), "ca.key is not the key of ca.pem; restore both from one backup")])
    return Signer(certificate=certificate, key=key)
