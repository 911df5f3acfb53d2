"""Renewal: a new certificate for the old one, at two thirds of its life, by the node itself.

It rides on a transmission, in what is left of the awake budget, and may fail for a third of a certificate's life before
anybody has to come. Key and certificate are one file, replaced at once: after a power cut either the old pair or the
new one is there, and both count.
"""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Final

from node import durable
from node.errors import ConfigError, LinkError, Problem
from node.transmit import enrolment, request, tls
from node.transmit.validity import validity_ms
from node.values import TimeQuality
from node.wire.enrolment import server_name
from node.wire.messages import Enrol

if TYPE_CHECKING:
    from pathlib import Path

    from node.hal import Clock
    from node.transmit.broker import Params, Who

log = logging.getLogger(__name__)

SHARE: Final = 2.0 / 3.0
"""Of its life that a certificate is used before a new one is asked for."""
AGAIN_S: Final = 3600.0
"""From a failure to the next attempt."""
LEAST_S: Final = 1.0
"""Of the awake budget; with less there is no point in beginning."""


class Renewal:
    """Keeps a node's certificate young.

    Attributes:
        trouble: why it could not, for health; empty where it could, or need not.
    """

    def __init__(self, params: Params, who: Who, clock: Clock) -> None:
        """Take what is needed; nothing is read yet."""
        self.trouble = ""
        self._params = params
        self._who = who
        self._clock = clock
        self._span_ms: tuple[int, int] | None = None
        self._again_s = -math.inf

    def due(self) -> bool:
        """Whether it is time. A clock that was never set tells nothing of that."""
        if not self._params.renewal or self._params.cert is None or self._clock.quality() is TimeQuality.UNSET:
            return False
        if self._clock.monotonic_s() < self._again_s:
            return False
        try:
            since_ms, until_ms = self._span_ms = self._span_ms or validity_ms(_text(self._params.cert))
        except (OSError, ValueError) as error:
            self._failed(f"{self._params.cert}: {error}")
            return False
        now_ms = self._clock.wall_ms()
        if now_ms >= until_ms:
            self._failed("the certificate is over: run `torpor-gateway node add` there and `torpor-node enrol` here")
            return False
        return now_ms >= since_ms + SHARE * (until_ms - since_ms)

    def renew(self, budget_s: float) -> None:
        """Ask for a new certificate, and put it in the old one's place. Never raises.

        Args:
            budget_s: longest time for it.
        """
        if budget_s < LEAST_S:
            return
        try:
            self._renew(budget_s)
        except (LinkError, ConfigError, OSError, ValueError) as error:
            self._failed(f"the certificate could not be renewed: {error}")
        else:
            self.trouble = ""
            self._span_ms = None
            log.info("transmit: the certificate was renewed")

    def _renew(self, budget_s: float) -> None:
        params, cert = self._params, self._params.cert
        assert cert is not None, "without one it is never due"
        if params.key is not None:
            raise ConfigError([Problem("mqtt.key", "leave it out: key and certificate are one file here, `cert`")])
        draft = cert.with_name(f"{cert.name}.key")
        wish = Enrol(request=request.make(self._who.node, draft, budget_s / 4.0))
        name = params.server_name or server_name(self._who.site)
        context = tls.context(ca=params.ca, cert=cert, key=None, server_name=name)
        answer = enrolment.ask(enrolment.address(params.renewal), wish, context, name, budget_s / 2.0)
        if not answer.certificate:
            raise LinkError(answer.reason or "the gateway gave neither a certificate nor a reason")
        put(cert, answer.certificate, draft)

    def _failed(self, reason: str) -> None:
        self.trouble = reason
        self._again_s = self._clock.monotonic_s() + AGAIN_S


def put(place: Path, certificate: bytes, draft: Path) -> None:
    """Put a certificate and its key into their place, durably; what does not go together stays out.

    Args:
        place: of both, one PEM.
        certificate: DER.
        draft: the key's file, which is gone afterwards.

    Raises:
        ConfigError: the certificate is not that key's.
        OSError: the disk refuses; the old pair is still there.
        ValueError: it is no certificate.
    """
    import ssl

    text = ssl.DER_cert_to_PEM_cert(certificate)
    validity_ms(text)
    trial = place.with_name(f"{place.name}.trial")
    both = text.encode() + draft.read_bytes()
    durable.write(trial, both)
    try:
        tls.context(ca=None, cert=trial, key=None, server_name="")
        durable.write(place, both)
    finally:
        trial.unlink(missing_ok=True)
    draft.unlink(missing_ok=True)


def _text(path: Path) -> str:
    return path.read_text(encoding="ascii")
