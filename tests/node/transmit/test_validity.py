"""A certificate's two dates, read by hand, are those that a real parser reads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.identity import certificates
from gateway.identity.certificates import Subject
from node.transmit.validity import validity_ms

AUTHORITY = certificates.new_authority("orchard", 1_800_000_000_000)
KEY = certificates.new_key()
MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2056, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - see timezones


@settings(deadline=None, max_examples=40)
@given(since=MOMENTS, life_s=st.integers(1, 10**9))
def test_validity_of_any_certificate_is_what_was_signed(since: datetime, life_s: int) -> None:
    """On both sides of 2050, where RFC 5280 changes how a year is written; a key in front is passed over."""
    since = since.replace(microsecond=0)
    until = since + timedelta(seconds=life_s)
    signed = certificates.sign(AUTHORITY, Subject(name="pump"), KEY.public_key(), since, until)
    text = (certificates.key_pem(KEY) + certificates.pem(signed)).decode()
    found = signed.not_valid_before_utc, signed.not_valid_after_utc
    assert validity_ms(text) == tuple(round(each.timestamp() * 1000) for each in found)


BEGIN, END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


@pytest.mark.parametrize("text", ["", BEGIN, f"{BEGIN}\nMAA=\n{END}"], ids=["empty", "cut", "something else"])
def test_validity_of_no_certificate_is_an_error(text: str) -> None:
    """Empty, cut, or something else: one kind of error."""
    with pytest.raises(ValueError, match=r".+"):
        validity_ms(text)
