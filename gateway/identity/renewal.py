"""The broker's and the gateway's own certificates, signed anew at two thirds of their time.

Nodes renew theirs by themselves; these two are nobody's but the site's, and last ten years: nobody would remember. The
key stays, so that one file is replaced, which a power cut leaves whole: a certificate beside another's key would keep
the broker from starting. The authority itself lasts thirty years and is not renewed: every node believes it by name.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.errors import ConfigError, GatewayError, Problem
from gateway.identity import broker, certificates, files
from gateway.identity.certificates import SERVER_DAYS, Subject

if TYPE_CHECKING:
    from gateway.clock import Clock
    from gateway.config import Identity
    from gateway.identity.authority import Authority

log = logging.getLogger(__name__)

EVERY_S: Final = 86_400.0
LEFT: Final = timedelta(days=SERVER_DAYS / 3)
"""With less than this to go a certificate is signed anew. What is past cannot be asked: they count since 1970."""


def is_due(certificate: x509.Certificate, now_ms: int) -> bool:
    """Whether it is time."""
    return certificate.not_valid_after_utc - certificates.time(now_ms) < LEFT


def renew(authority: Authority, file: str, now_ms: int) -> bool:
    """Sign one of the two anew where that is due, for the same key and the same names.

    What somebody else signed, and an operator put in its place, is not ours to renew.

    Args:
        authority: who signs; its own end is the last that anybody gets.
        file: which.
        now_ms: the time.

    Returns:
        Whether it was.

    Raises:
        ConfigError: the certificate cannot be read, or the disk refuses.
    """
    path = authority.folder / f"{file}.pem"
    try:
        old = x509.load_pem_x509_certificate(files.read(path))
    except ValueError as error:
        hint = "restore it, or take it away: `torpor-gateway init` makes another"
        raise ConfigError([Problem(str(path), f"is no certificate: {error}; {hint}")]) from error
    _, until = certificates.lasting(now_ms, SERVER_DAYS)
    until = min(until, authority.signer.certificate.not_valid_after_utc)
    if not is_due(old, now_ms) or until <= old.not_valid_after_utc or not _is_ours(old, authority):
        return False
    key = old.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey), "we sign for no other"
    new = certificates.sign(authority.signer, subject_of(old), key, certificates.EPOCH, until)
    files.write(path, certificates.pem(new))
    log.info("%s counts until %s", path, until.date())
    return True


def _is_ours(certificate: x509.Certificate, authority: Authority) -> bool:
    try:
        certificate.verify_directly_issued_by(authority.signer.certificate)
    except (ValueError, TypeError, InvalidSignature):  # another issuer, another kind of key, another key
        return False
    return True


def subject_of(old: x509.Certificate) -> Subject:
    """Return whom a certificate is for, so that another can be."""
    names = old.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return Subject(
        name=certificates.common_name(old),
        purposes=tuple(old.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value),
        reached_as=tuple(str(each.value) for each in names),
    )


class Renewals:
    """Looks once a day.

    Args:
        authority: the site's.
        params: where the broker is told.
        clock: wall clock.
    """

    def __init__(self, authority: Authority, params: Identity, clock: Clock) -> None:
        self._authority = authority
        self._params = params
        self._clock = clock
        self._is_untold = False

    async def stay(self) -> None:
        """Look now and every day, until cancelled; what cannot be done today is tried tomorrow."""
        while True:
            for trouble in await asyncio.to_thread(self.look):
                log.warning("the site's own certificates: %s", trouble)
            await asyncio.sleep(EVERY_S)

    def look(self) -> list[str]:
        """Renew what is due, and have the broker read its own again, today or when that can be done.

        Returns:
            What could not be done, each for itself: the one does not wait for the other.
        """
        troubles = []
        for each in (self._renew_broker, self._tell_broker, self._renew_gateway):
            try:
                each()
            except GatewayError as error:
                troubles.append(str(error))
        return troubles

    def _renew_broker(self) -> None:
        if renew(self._authority, "broker", self._clock()):
            self._is_untold = True

    def _tell_broker(self) -> None:
        if self._is_untold:
            broker.reload(self._params)
            self._is_untold = False

    def _renew_gateway(self) -> None:
        renew(self._authority, "gateway", self._clock())
