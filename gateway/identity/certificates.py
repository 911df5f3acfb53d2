"""Certificates: P-256 keys, X.509 certificates and the list of revoked ones. Pure: no file, no clock.

Validity begins long before today where a wrong clock would otherwise lock people out: a node without an RTC wakes in
1970 and still has to believe its broker; a gateway without one comes back with the hour of its last shutdown.

Source: RFC 5280 for the extensions; RFC 8446 §4.4.2 for what TLS asks of them.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Iterable

AUTHORITY_DAYS: Final = 30 * 365
SERVER_DAYS: Final = 10 * 365
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SLACK: Final = timedelta(days=1)
"""How far a gateway's clock may have been ahead when it signed."""

TO_SERVE: Final = ExtendedKeyUsageOID.SERVER_AUTH
TO_ASK: Final = ExtendedKeyUsageOID.CLIENT_AUTH


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Who signs.

    Attributes:
        certificate: of the authority.
        key: its private key.
    """

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whom a certificate is for.

    Attributes:
        name: the common name, which the broker takes for the user's.
        purposes: `TO_SERVE`, `TO_ASK` or both; a node's key that is stolen must not be able to play the broker.
        reached_as: host names and addresses under which a server is reached.
    """

    name: str
    purposes: tuple[x509.ObjectIdentifier, ...] = (TO_ASK,)
    reached_as: tuple[str, ...] = ()


def new_key() -> ec.EllipticCurvePrivateKey:
    """Return a new P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def new_authority(site: str, now_ms: int) -> Signer:
    """Return a new authority that may sign for a site, and may not make others that sign."""
    key = new_key()
    name = _named(f"Torpor site {site}")
    builder = (
        _builder(name, name, key.public_key(), EPOCH, time(now_ms) + timedelta(days=AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_others=True), critical=True)
    )
    return Signer(certificate=builder.sign(key, hashes.SHA256()), key=key)


def sign(
    signer: Signer, subject: Subject, key: ec.EllipticCurvePublicKey, since: datetime, until: datetime
) -> x509.Certificate:
    """Return a certificate of the authority's; nothing in it comes from who asked, but the key.

    Args:
        signer: the authority.
        subject: for whom.
        key: theirs.
        since: when it begins to count.
        until: when it ends; not after the authority's own end.
    """
    ca = signer.certificate
    builder = (
        _builder(_named(subject.name), ca.subject, key, since, min(until, ca.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_others=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(subject.purposes), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key()), critical=False)
    )
    if subject.reached_as:
        names = x509.SubjectAlternativeName([_reached(each) for each in subject.reached_as])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(signer.key, hashes.SHA256())


def lasting(now_ms: int, days: float) -> tuple[datetime, datetime]:
    """Return a validity of some days from now on, with slack for a clock that is set back."""
    return time(now_ms) - SLACK, time(now_ms) + timedelta(days=days)


def revoked(signer: Signer, serials: Iterable[int], now_ms: int) -> bytes:
    """Return the list of revoked certificates, PEM.

    It counts since 1970 and never ends: a list that is over, or whose time has not come for a clock that was set back
    since, locks everybody out. A new one is in force at the broker as soon as it exists.
    """
    now = time(now_ms)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(signer.certificate.subject)
        .last_update(EPOCH)
        .next_update(signer.certificate.not_valid_after_utc)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key()), critical=False)
        .add_extension(x509.CRLNumber(now_ms), critical=False)
    )
    for serial in sorted(serials):
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now - SLACK).build()
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(signer.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def common_name(certificate: x509.Certificate | x509.CertificateSigningRequest) -> str:
    """Return the one name in a subject; empty where there is none, more than one, or anything beside it."""
    names = list(certificate.subject)
    if len(names) != 1 or names[0].oid != NameOID.COMMON_NAME:
        return ""
    return str(names[0].value)


def pem(each: x509.Certificate) -> bytes:
    """Return a certificate as PEM."""
    return each.public_bytes(serialization.Encoding.PEM)


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return a private key as PEM, PKCS #8, not encrypted: nobody is there to type a password at a restart."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, since: datetime, until: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_others: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_others,
        key_cert_sign=signs_others,
        crl_sign=signs_others,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _reached(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def time(now_ms: int) -> datetime:
    """Return a time as certificates have it."""
    return datetime.fromtimestamp(now_ms // 1000, tz=UTC)
