"""The desk: whether a wish for a certificate is granted. It knows no network; `door` is in front of it.

What is signed is made here. From the request comes the key; the name is that of the invitation, or of the certificate
that is to be renewed, and the request has to ask for the same.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from gateway.errors import RefusedError
from gateway.identity import certificates, denial, register, requests, spent
from gateway.identity.certificates import Subject
from gateway.identity.register import Signed
from node.wire import topics
from node.wire.errors import WireError
from node.wire.messages import Enrol, Enrolled

if TYPE_CHECKING:
    from gateway.identity.authority import Authority
    from gateway.identity.register import Register
    from gateway.identity.requests import Request

log = logging.getLogger(__name__)


class Desk:
    """Answers those who want a certificate.

    Args:
        authority: who signs.
        known: who was invited, and what was signed.
        days: how long a node's certificate counts.
    """

    def __init__(self, authority: Authority, known: Register, days: float) -> None:
        self._authority = authority
        self._known = known
        self._days = days

    def answer(self, wish: Enrol, shown: bytes | None, now_ms: int) -> Enrolled:
        """Answer.

        Args:
            wish: what is wanted.
            shown: the certificate, DER, that was shown, and that the TLS handshake found to count.
            now_ms: the time.

        Returns:
            A certificate, or the reason why not.

        Raises:
            StoreError: the disk refused; nobody was given anything.
        """
        if not wish.request:
            form = serialization.Encoding.DER
            return Enrolled(certificate=self._authority.signer.certificate.public_bytes(form))
        try:
            request = requests.read(wish.request)
            if wish.secret:
                self._check_invited(wish.secret, request, now_ms)
                return self._sign(request, now_ms, secret=wish.secret)
            return self._sign(request, now_ms, renews=self._renewed(shown, request))
        except RefusedError as error:
            log.warning("refused a certificate: %s", error)
            return Enrolled(reason=str(error))

    def _check_invited(self, secret: bytes, request: Request, now_ms: int) -> None:
        """Hold a request against its invitation, and use that up."""
        found = self._known.invited(secret)
        if found is None:
            raise RefusedError("no such invitation: run `torpor-gateway node add NAME` for a new one")
        if not found.made_ms - 60_000 <= now_ms < found.until_ms:
            raise RefusedError("the invitation is over: run `torpor-gateway node add NAME` for a new one")
        if found.name != request.name:
            raise RefusedError(f"the invitation is for another name than {request.name!r}")
        verdict = spent.spend(self._authority.folder / "spent", register.digest(secret), request.key_id)
        if verdict == "used":
            raise RefusedError(
                f"the invitation of {request.name!r} was used before, by another key; if that was not you, "
                f"run `torpor-gateway node revoke {request.name}`"
            )
        if verdict == "touched":
            raise RefusedError(
                f"the list of used invitations was put back or touched after {request.name!r} was invited, and might "
                f"have forgotten it: run `torpor-gateway node add {request.name}` for a new one"
            )

    def _renewed(self, shown: bytes | None, request: Request) -> int:
        """Hold a request against the certificate that was shown; returns that one's serial."""
        if shown is None:
            raise RefusedError("neither an invitation nor a certificate was shown")
        old = x509.load_der_x509_certificate(shown)
        name = certificates.common_name(old)
        try:
            topics.name(name)
        except WireError as error:
            raise RefusedError("only a node's certificate is renewed here") from error
        if name != request.name:
            raise RefusedError(f"{name!r} may not have a certificate of {request.name!r}")
        if self._known.is_revoked(old.serial_number):
            raise RefusedError(f"the certificate of {name!r} was revoked")
        return old.serial_number

    def _sign(self, request: Request, now_ms: int, *, secret: bytes = b"", renews: int | None = None) -> Enrolled:
        """Sign, and hand it out unless somebody was revoked meanwhile."""
        signed = self._authority.sign(Subject(name=request.name), request.key, now_ms, self._days)
        until_ms = round(signed.not_valid_after_utc.timestamp() * 1000)
        made = Signed(name=request.name, serial=signed.serial_number, signed_ms=now_ms, until_ms=until_ms)
        if not self._known.note(made, secret=secret, renews=renews):
            raise RefusedError(f"{request.name!r} was revoked just now")
        if secret:
            denial.write(self._authority.folder, self._known.denied)
        log.info("signed for %s, %s", request.name, "invited" if secret else "renewed")
        return Enrolled(certificate=signed.public_bytes(serialization.Encoding.DER))
