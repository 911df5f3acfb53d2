"""The desk: who is given a certificate, and everything for which nobody is."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, get_args

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from gateway.identity import certificates, spent
from gateway.identity.authority import Authority
from gateway.identity.desk import Desk
from node.wire.messages import Enrol
from tools.intruders.enrolment import How, restore
from tools.intruders.office import DAY_MS, MINUTE_MS, NOW_MS, Office, new_request

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.identity.certificates import Subject


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """A site that just began."""
    return Office(tmp_path)


def test_answer_invited_signs_name_and_key_and_nothing_else(office: Office) -> None:
    """The certificate is for the invited name and the asking key, may ask, and lasts for its days."""
    key = certificates.new_key()
    answer = office.ask(office.invite(), new_request(key=key))
    assert answer.reason == ""
    signed = x509.load_der_x509_certificate(answer.certificate)
    assert certificates.common_name(signed) == "pump"
    assert signed.public_key() == key.public_key()
    signed.verify_directly_issued_by(office.members.authority.signer.certificate)
    assert round(signed.not_valid_after_utc.timestamp() * 1000) == NOW_MS + 365 * DAY_MS
    assert not signed.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert [each.name for each in office.members.register.members()] == ["pump"]


def test_answer_nothing_asked_tells_the_authority(office: Office) -> None:
    """Whoever knocks learns who this is; it is no secret, and is believed by its fingerprint alone."""
    answer = office.ask(b"", b"")
    assert x509.load_der_x509_certificate(answer.certificate) == office.members.authority.signer.certificate


def test_answer_token_twice_is_refused_to_another_key(office: Office) -> None:
    """Whoever copied the token has another key, and comes too late."""
    secret = office.invite()
    assert office.ask(secret, new_request()).certificate
    assert "used before" in office.ask(secret, new_request()).reason


def test_answer_token_twice_is_given_to_the_same_key(office: Office) -> None:
    """An answer that got lost on the way can be asked for again, while the invitation lasts and no longer."""
    secret, key = office.invite(), certificates.new_key()
    assert office.ask(secret, new_request(key=key)).certificate
    assert office.ask(secret, new_request(key=key), later_ms=5 * MINUTE_MS).certificate
    assert "over" in office.ask(secret, new_request(key=key), later_ms=15 * MINUTE_MS).reason


@pytest.mark.parametrize("later_ms", [15 * MINUTE_MS, 400 * DAY_MS, -2 * MINUTE_MS])
def test_answer_token_outside_its_time_is_refused(office: Office, later_ms: int) -> None:
    """A quarter of an hour, and not before it was made: a clock that was set back revives nothing."""
    secret = office.invite()
    assert "over" in office.ask(secret, new_request(), later_ms=later_ms).reason
    assert office.ask(secret, new_request(), later_ms=15 * MINUTE_MS - 1).certificate


def test_answer_token_of_another_name_is_refused(office: Office) -> None:
    """A token is for one name; asking for another does not use it up."""
    secret = office.invite("pump")
    assert "another name" in office.ask(secret, new_request("meter")).reason
    assert office.ask(secret, new_request("pump")).certificate


def test_answer_token_that_nobody_made_is_refused(office: Office) -> None:
    """Neither a guess, nor a part of one, nor one that a newer invitation replaced."""
    first, second = office.invite(), office.invite()
    for guess in (bytes(16), second[:15], first):
        assert "no such invitation" in office.ask(guess, new_request()).reason
    assert office.ask(second, new_request()).certificate


def test_answer_race_of_many_has_one_winner(office: Office) -> None:
    """Of keys that arrive with one token at the same moment, exactly one gets a certificate."""
    secret = office.invite()
    requests = [new_request() for _ in range(8)]
    start, answers = threading.Barrier(len(requests)), []

    def run(request: bytes) -> None:
        start.wait()
        answers.append(office.ask(secret, request))

    threads = [threading.Thread(target=run, args=(each,)) for each in requests]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sum(bool(each.certificate) for each in answers) == 1
    assert sum("used before" in each.reason for each in answers) == len(requests) - 1


@pytest.mark.parametrize("how", get_args(How))
def test_answer_after_a_restore_is_refused(office: Office, tmp_path: Path, how: How) -> None:
    """A backup in which the invitation is still open brings it to nobody else, however it is put back."""
    assert restore(office, tmp_path / "backup", how=how).certificate == b""


@pytest.mark.parametrize("how", ["whole", "over"])
def test_answer_after_a_restore_of_a_list_that_is_believed_is_given(office: Office, tmp_path: Path, how: How) -> None:
    """Negative control: with the mark of today in it, the list from the backup brings the invitation to life."""
    assert restore(office, tmp_path / "backup", how=how, forgetful=True).certificate


def test_answer_after_a_restore_names_the_way_out(office: Office, tmp_path: Path) -> None:
    """Who was invited before it is told so; a new invitation is good, and the old ones stay dead."""
    old = office.invite("meter")
    reason = restore(office, tmp_path / "backup", how="whole").reason
    assert "was put back or touched" in reason
    assert "node add pump" in reason
    assert office.ask(office.invite(), new_request()).certificate
    assert "was put back or touched" in office.ask(old, new_request("meter")).reason


def test_answer_after_somebody_touched_the_list_wants_a_new_invitation(office: Office) -> None:
    """A change of owner or mode leaves the same mark as a restore: it costs a new invitation, and opens nothing."""
    secret = office.invite()
    path = office.home / "spent"
    begun_ns = path.stat().st_ctime_ns
    while path.stat().st_ctime_ns <= begun_ns + 2 * spent.NEAR_NS:
        path.chmod(0o600)
    assert "was put back or touched" in office.ask(secret, new_request()).reason


def test_answer_after_half_a_line_wants_a_new_invitation(office: Office) -> None:
    """A power cut in the middle of a line: nobody knows what it was to say."""
    secret = office.invite()
    with (office.home / "spent").open("ab") as file:
        file.write(b"- 0123")
    assert "was put back or touched" in office.ask(secret, new_request()).reason
    assert office.ask(office.invite(), new_request()).certificate


def _flipped(request: bytes) -> bytes:
    return request[:-1] + bytes([request[-1] ^ 1])


AUTHORITY: Final = (x509.BasicConstraints(ca=True, path_length=None),)
OTHERS: Final = (x509.SubjectAlternativeName([x509.DNSName("orchard.torpor.internal")]),)


GREEDY: Final = {
    "an authority": (new_request(extensions=AUTHORITY), "no extensions"),
    "another host": (new_request(extensions=OTHERS), "no extensions"),
    "the gateway": (new_request("_gateway"), "a node's name"),
    "capitals": (new_request("Pump"), "a node's name"),
    "a level": (new_request("pump/x"), "a node's name"),
    "a wildcard": (new_request("+"), "a node's name"),
    "too long": (new_request("p" * 33), "a node's name"),
    "two names": (new_request(more=(x509.NameAttribute(NameOID.COMMON_NAME, "_gateway"),)), "a node's name"),
    "more than a name": (new_request(more=(x509.NameAttribute(NameOID.ORGANIZATION_NAME, "x"),)), "a node's name"),
    "another curve": (new_request(key=ec.generate_private_key(ec.SECP384R1())), "P-256"),
    "another's signature": (_flipped(new_request()), "not signed"),
    "half of it": (new_request()[:80], "no request"),
    "an integer": (b"\x30\x03\x02\x01\x05", "no request"),
    "zeros": (bytes(2048), "no request"),
}
"""What somebody might ask for, and why it is refused."""


@pytest.mark.parametrize("what", GREEDY)
def test_answer_request_for_more_than_a_name_is_refused(office: Office, what: str) -> None:
    """A request for an authority, for others' names, for another key, or in pieces; the token stays good."""
    request, reason = GREEDY[what]
    secret = office.invite()
    assert reason in office.ask(secret, request).reason
    assert office.ask(secret, new_request()).certificate


def test_answer_request_of_an_rsa_key_is_refused(office: Office) -> None:
    """One kind of key, so that there is one kind of mistake."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pump")])
    signed = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    assert "P-256" in office.ask(office.invite(), signed.public_bytes(serialization.Encoding.DER)).reason


def test_answer_renewal_is_for_the_same_name_alone(office: Office) -> None:
    """The old certificate is the invitation to a new one, and to no other name's; the gateway's is none."""
    old = office.ask(office.invite(), new_request()).certificate
    assert office.ask(b"", new_request(), shown=old).certificate
    assert "may not have" in office.ask(b"", new_request("meter"), shown=old).reason
    assert "neither an invitation" in office.ask(b"", new_request()).reason
    gateway = x509.load_pem_x509_certificate((office.home / "gateway.pem").read_bytes())
    shown = gateway.public_bytes(serialization.Encoding.DER)
    assert "only a node's" in office.ask(b"", new_request("meter"), shown=shown).reason


def test_answer_renewal_of_the_revoked_is_refused(office: Office) -> None:
    """Nor does an invitation outlive the revocation of its name; a new one brings the name back."""
    old = office.ask(office.invite(), new_request()).certificate
    secret = office.invite()
    office.members.revoke("pump")
    assert "revoked" in office.ask(b"", new_request(), shown=old).reason
    assert "no such invitation" in office.ask(secret, new_request()).reason
    assert (office.home / "denied").read_text() == "pump\n"
    assert office.ask(office.invite(), new_request()).certificate
    assert (office.home / "denied").read_text() == ""


class Overtaken(Authority):
    """An authority that is so slow that the operator revokes somebody while it signs.

    Args:
        office: whose.
    """

    def __init__(self, office: Office) -> None:
        super().__init__(office.home)
        self._office = office

    def sign(self, subject: Subject, key: ec.EllipticCurvePublicKey, now_ms: int, days: float) -> x509.Certificate:
        """Sign at last."""
        self._office.members.revoke(subject.name)
        return super().sign(subject, key, now_ms, days)


@pytest.mark.parametrize("by", ["secret", "certificate"])
def test_answer_that_a_revocation_overtakes_is_not_handed_out(office: Office, by: str) -> None:
    """Whoever is revoked between the look at the register and the signature gets nothing that outlives it."""
    old = office.ask(office.invite(), new_request()).certificate
    secret, shown = (office.invite(), None) if by == "secret" else (b"", old)
    desk = Desk(Overtaken(office), office.members.register, 365.0)
    answer = desk.answer(Enrol(secret=secret, request=new_request()), shown, NOW_MS)
    assert "revoked just now" in answer.reason
    assert answer.certificate == b""
    assert office.members.register.denied() == ["pump"]
