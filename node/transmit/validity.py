"""From when until when a certificate counts: the one thing in it that a node has to know of its own (pure).

The standard library decodes the certificates of others, in a handshake, and not one's own; a parser of all X.509 would
be a package for two dates. They stand in a fixed place: the certificate's first item holds, after an optional version,
the serial number, an algorithm and the issuer, and then these.

Source: RFC 5280 §4.1 and §4.1.2.5; ITU-T X.690 §8.1 for the headers.
"""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from typing import Final

_VERSION: Final = 0xA0
_UTC_TIME: Final = 0x17


def validity_ms(pem: str) -> tuple[int, int]:
    """Return when a certificate begins and ends to count, in milliseconds since 1970.

    Args:
        pem: with one certificate, or more, of which the first is meant; a key beside it is passed over.

    Raises:
        ValueError: it holds no certificate.
    """
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    start = pem.index(begin)
    der = ssl.PEM_cert_to_DER_cert(pem[start : pem.index(end, start) + len(end)])
    try:
        at = _inside(der, _inside(der, 0))
        at = _after(der, at) if der[at] == _VERSION else at
        for _ in ("serial number", "algorithm", "issuer"):
            at = _after(der, at)
        since = _inside(der, at)
        return _time_ms(der, since), _time_ms(der, _after(der, since))
    except IndexError as error:
        raise ValueError("the certificate ends too early") from error


def _header(der: bytes, at: int) -> tuple[int, int]:
    """Return where an item's content begins, and its length."""
    short = der[at + 1]
    if short < 0x80:
        return at + 2, short
    size = short & 0x7F
    return at + 2 + size, int.from_bytes(der[at + 2 : at + 2 + size], "big")


def _inside(der: bytes, at: int) -> int:
    return _header(der, at)[0]


def _after(der: bytes, at: int) -> int:
    return sum(_header(der, at))


def _time_ms(der: bytes, at: int) -> int:
    start, length = _header(der, at)
    text = der[start : start + length].decode("ascii")
    if der[at] == _UTC_TIME:  # two digits of a year: from 50 on those of the last century
        text = ("19" if text[:2] >= "50" else "20") + text
    moment = datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)
