"""The door, with the node's own way of knocking: whoever dawdles, floods or babbles keeps nobody else out."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from gateway.clock import wall_ms
from gateway.errors import ConfigError
from gateway.identity import certificates, door, files
from gateway.identity.certificates import Subject
from node.errors import LinkError
from node.transmit import enrolment
from node.wire.enrolment import Invitation, framed, server_name
from node.wire.messages import Enrol, Enrolled
from tools.intruders.office import NOW_MS, Office, new_request, opened

if TYPE_CHECKING:
    from pathlib import Path

NAME = server_name("orchard")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """A site that just began."""
    return Office(tmp_path)


def ask(where: tuple[str, int], office: Office, wish: Enrol, cert: Path | None = None) -> Enrolled:
    """Ask as a node does that knows the authority."""
    context = enrolment.believing(office.members.authority.pem.decode())
    if cert is not None:
        context.load_cert_chain(cert)
    return enrolment.ask(where, wish, context, NAME, 15.0)


def put_on_disk(folder: Path, office: Office, name: str, days: float = 1.0, now_ms: int = NOW_MS) -> Path:
    """Write somebody's certificate and key."""
    key = certificates.new_key()
    signed = office.members.authority.sign(Subject(name=name), key.public_key(), now_ms, days)
    path = folder / f"{name}-{signed.serial_number}.pem"
    path.write_bytes(certificates.pem(signed) + certificates.key_pem(key))
    return path


def test_visit_of_an_invited_node_ends_with_a_certificate(office: Office) -> None:
    """First the authority, by its fingerprint; then, to nobody else, the secret."""
    invitation = office.members.invite("pump")
    with opened(office) as where:
        assert enrolment.authority(where, invitation, 15.0).encode() == office.members.authority.pem
        assert ask(where, office, Enrol(secret=invitation.secret, request=new_request())).certificate


def test_visit_of_another_sites_gateway_is_not_told_the_secret(office: Office, tmp_path: Path) -> None:
    """A token names its authority; whoever answers with another one is left, and so is one that only copied it."""
    other = Office(tmp_path / "other")
    invitation = office.members.invite("pump")
    with opened(other) as where:
        with pytest.raises(LinkError, match="another fingerprint"):
            enrolment.authority(where, invitation, 15.0)
        with pytest.raises(LinkError, match="certificate verify failed"):
            ask(where, office, Enrol(secret=invitation.secret, request=new_request()))
    assert not other.members.register.members()


def test_visit_with_a_certificate_renews_it_while_it_counts(tmp_path: Path) -> None:
    """Of this authority, not over, not revoked; what does not count ends in the handshake."""
    office, stranger = Office(tmp_path, wall_ms()), Office(tmp_path / "other", wall_ms())
    good = put_on_disk(tmp_path, office, "pump", now_ms=office.now_ms)
    over = put_on_disk(tmp_path, office, "pump", days=-0.5, now_ms=office.now_ms)
    strange = put_on_disk(tmp_path, stranger, "pump", now_ms=office.now_ms)
    with opened(office) as where:
        assert ask(where, office, Enrol(request=new_request()), good).certificate
        assert "may not have" in ask(where, office, Enrol(request=new_request("meter")), good).reason
        for each in (over, strange):
            with pytest.raises(LinkError):
                ask(where, office, Enrol(request=new_request()), each)
        serial = int(good.stem.partition("-")[2])
        office.members.authority.revoke({serial}, office.now_ms)
        with pytest.raises(LinkError):
            ask(where, office, Enrol(request=new_request()), good)


YEARS_MS = 12 * 365 * 86_400_000


def test_visit_counts_though_the_list_was_written_by_a_clock_that_was_ahead(tmp_path: Path) -> None:
    """A gateway without an RTC revokes somebody in what it takes for 2038: nobody else is locked out until then."""
    office = Office(tmp_path, wall_ms())
    good = put_on_disk(tmp_path, office, "pump", now_ms=office.now_ms)
    bad = put_on_disk(tmp_path, office, "pump", now_ms=office.now_ms)
    with opened(office) as where:
        office.members.authority.revoke({int(bad.stem.partition("-")[2])}, office.now_ms + YEARS_MS)
        assert ask(where, office, Enrol(request=new_request()), good).certificate
        with pytest.raises(LinkError):
            ask(where, office, Enrol(request=new_request()), bad)
        _begin_later(office)
        with pytest.raises(LinkError):
            ask(where, office, Enrol(request=new_request()), good)


def _begin_later(office: Office) -> None:
    """Negative control: put a list in its place that begins when it was written, by the clock that was ahead."""
    signer, then = office.members.authority.signer, certificates.time(office.now_ms + YEARS_MS)
    builder = x509.CertificateRevocationListBuilder().issuer_name(signer.certificate.subject).last_update(then)
    listed = builder.next_update(signer.certificate.not_valid_after_utc).sign(signer.key, hashes.SHA256())
    files.write(office.home / "crl.pem", listed.public_bytes(serialization.Encoding.PEM))


def test_visit_without_a_list_of_the_revoked_is_told_to_the_operator(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody is let in unjudged; why is said once, however many knock, and again after it was mended."""
    with opened(office) as where:
        listed = (office.home / "crl.pem").rename(office.home / "away")
        for _ in range(3):
            with pytest.raises(LinkError):
                ask(where, office, Enrol())
        assert [each.levelname for each in caplog.records] == ["ERROR"]
        assert "crl.pem" in caplog.text
        listed.rename(office.home / "crl.pem")
        assert ask(where, office, Enrol()).certificate


BABBLE = {
    "oversize": b"\xff\xff" + bytes(5000),
    "another major": framed(b"\xa1\x00\x02"),
    "nonsense": framed(bytes(4096)),
    "half a word": b"\x00",
}


@pytest.mark.parametrize("what", BABBLE)
def test_visit_of_a_babbler_hurts_nobody(office: Office, what: str) -> None:
    """Oversize, another major, nonsense, half a word: each gets a reason or a closed door, and the next is served."""
    secret = office.invite()
    context = enrolment.believing(office.members.authority.pem.decode())
    with opened(office, patience_s=1.0) as where:
        with (
            socket.create_connection(where, timeout=15.0) as plain,
            context.wrap_socket(plain, server_hostname=NAME) as channel,
        ):
            channel.sendall(BABBLE[what])
            heard = channel.recv(4096)
        assert heard == b"" or b"not understood" in heard
        assert ask(where, office, Enrol(secret=secret, request=new_request())).certificate


def test_visit_of_many_who_dawdle_ends_and_others_get_in(office: Office) -> None:
    """One address holds eight places at most, and each only for the patience: slow lorises starve by themselves."""
    with opened(office, patience_s=1.0) as where:
        lorises = [socket.create_connection(where, timeout=15.0) for _ in range(3 * door.MOST_EACH)]
        try:
            ended = [_hangs_up(each) for each in lorises]
            assert all(ended)
        finally:
            for each in lorises:
                each.close()
        assert ask(where, office, Enrol()).certificate


def _hangs_up(loris: socket.socket) -> bool:
    """Whether the door ends a connection on which nobody says a word."""
    try:
        return loris.recv(1) == b""
    except ConnectionResetError:
        return True


def test_visit_from_elsewhere_is_let_in_while_one_address_dawdles(office: Office) -> None:
    """Dawdlers of one address leave places to all others."""
    with opened(office, patience_s=30.0) as where:
        lorises = [socket.create_connection(where, timeout=15.0) for _ in range(2 * door.MOST_EACH)]
        try:
            context = enrolment.believing(office.members.authority.pem.decode())
            with (
                socket.create_connection(where, timeout=15.0, source_address=("127.0.0.2", 0)) as plain,
                context.wrap_socket(plain, server_hostname=NAME) as channel,
            ):
                channel.sendall(framed(b"\xa1\x00\x01"))
                assert len(channel.recv(4096)) > 100
        finally:
            for each in lorises:
                each.close()


def test_visit_offers_no_session_that_could_be_resumed(office: Office) -> None:
    """A resumed session would be believed without another look at the list of the revoked."""
    context = enrolment.believing(office.members.authority.pem.decode())
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with opened(office) as where:
        with socket.create_connection(where, 15.0) as plain, context.wrap_socket(plain, server_hostname=NAME) as first:
            session = first.session
        with (
            socket.create_connection(where, 15.0) as plain,
            context.wrap_socket(plain, server_hostname=NAME, session=session) as second,
        ):
            assert not second.session_reused


def test_listen_on_a_port_that_is_taken_says_what_to_do() -> None:
    """The operator learns which option to change."""
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(ConfigError, match="enrol_port"):
        door.listen("127.0.0.1", taken.getsockname()[1])


def test_invitation_shows_no_secret_in_a_traceback(office: Office) -> None:
    """What ends up in a log must not open the door."""
    invitation = office.members.invite("pump")
    assert isinstance(invitation, Invitation)
    assert str(invitation).split(".")[3] not in repr(invitation)
    assert invitation.secret.hex() not in repr(Enrol(secret=invitation.secret)).replace("\\x", "")
