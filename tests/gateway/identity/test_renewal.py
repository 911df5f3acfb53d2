"""The site's own certificates, signed anew in time."""

from __future__ import annotations

import ssl
import sys
from datetime import timedelta
from socket import create_connection
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from gateway.identity import certificates, files, renewal
from gateway.identity.certificates import EPOCH, SERVER_DAYS
from tests.broker import MOSQUITTO
from tests.supervisor import Supervisor
from tools.intruders.office import DAY_MS, NOW_MS, Office
from tools.intruders.site import Site

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.identity.authority import Authority

OURS = ("broker", "gateway")
DUE_MS = round(SERVER_DAYS * 2 / 3 * DAY_MS)


def read(authority: Authority, file: str) -> x509.Certificate:
    """Return one of the two."""
    return x509.load_pem_x509_certificate((authority.folder / f"{file}.pem").read_bytes())


def age(authority: Authority, file: str, until_ms: int) -> x509.Certificate:
    """Put in its place one that ends sooner, and is like it otherwise."""
    old = read(authority, file)
    key = old.public_key()
    subject = renewal.subject_of(old)
    made = certificates.sign(authority.signer, subject, key, EPOCH, certificates.time(until_ms))  # type: ignore[arg-type]
    files.write(authority.folder / f"{file}.pem", certificates.pem(made))
    return made


def test_renew_leaves_what_has_time(tmp_path: Path) -> None:
    """A day before two thirds are over nothing is signed; the files are not touched."""
    authority = Office(tmp_path).members.authority
    before = [files.version(authority.folder / f"{each}.pem") for each in OURS]
    assert not any(renewal.renew(authority, each, NOW_MS + DUE_MS - DAY_MS) for each in OURS)
    assert [files.version(authority.folder / f"{each}.pem") for each in OURS] == before


def test_renew_at_two_thirds_signs_for_the_same_key_names_and_purposes(tmp_path: Path) -> None:
    """The new one differs in its end and its number alone, and fits the key that is on disk; once is enough."""
    authority = Office(tmp_path).members.authority
    now_ms = NOW_MS + DUE_MS + DAY_MS
    olds = {file: read(authority, file) for file in OURS}
    assert [renewal.renew(authority, each, now_ms) for each in OURS] == [True, True]
    for file, old in olds.items():
        new = read(authority, file)
        assert new.public_key() == old.public_key()
        assert new.subject == old.subject
        assert new.serial_number != old.serial_number
        assert new.not_valid_before_utc == old.not_valid_before_utc == EPOCH
        assert new.not_valid_after_utc == certificates.time(now_ms) + timedelta(days=SERVER_DAYS)
        for kind in (x509.SubjectAlternativeName, x509.ExtendedKeyUsage, x509.KeyUsage, x509.BasicConstraints):
            assert new.extensions.get_extension_for_class(kind) == old.extensions.get_extension_for_class(kind)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(authority.folder / f"{file}.pem", authority.folder / f"{file}.key")
    assert not any(renewal.renew(authority, each, now_ms) for each in OURS)


def test_renew_does_not_outlive_the_authority_nor_try_it_again_and_again(tmp_path: Path) -> None:
    """In its last years there is nothing longer to be had, and no certificate is made for nothing."""
    authority = Office(tmp_path).members.authority
    end = authority.signer.certificate.not_valid_after_utc
    now_ms = round(end.timestamp() * 1000) - 30 * DAY_MS
    assert [renewal.renew(authority, each, now_ms) for each in OURS] == [True, True]
    assert read(authority, "broker").not_valid_after_utc == end
    assert not any(renewal.renew(authority, each, now_ms) for each in OURS)


def test_renew_leaves_what_another_authority_signed(tmp_path: Path) -> None:
    """An operator may put a certificate of the company's own in the broker's place: it is the operator's to renew."""
    office, company = Office(tmp_path), Office(tmp_path / "company")
    bought = age(company.members.authority, "broker", NOW_MS + DAY_MS)
    (office.home / "broker.pem").write_bytes(certificates.pem(bought))
    assert not renewal.renew(office.members.authority, "broker", NOW_MS)
    assert read(office.members.authority, "broker") == bought


def test_look_tells_the_broker_whatever_else_fails_and_again_until_it_heard(tmp_path: Path) -> None:
    """Neither a damaged certificate beside it nor a broker that is away today leaves the old one in use for years."""
    office, told = Office(tmp_path), tmp_path / "told"
    age(office.members.authority, "broker", NOW_MS + DAY_MS)
    (office.home / "gateway.pem").write_text("none")
    params = office.config.identity.model_copy(update={"reload_command": f"mkdir {told}/now"})
    renewals = renewal.Renewals(office.members.authority, params, lambda: NOW_MS)
    troubles = renewals.look()
    assert ["reload" in troubles[0] or "mkdir" in troubles[0], "gateway.pem" in troubles[1]] == [True, True]
    told.mkdir()
    assert len(renewals.look()) == 1
    assert (told / "now").is_dir()
    assert len(renewals.look()) == 1, "once is enough: a second mkdir would fail"


@pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed; run: apt-get install mosquitto")
def test_gateway_renews_the_brokers_certificate_and_the_broker_shows_it(tmp_path: Path) -> None:
    """Two days before its end the gateway starts: who connects then is shown the new one, by the same process."""
    site = Site(tmp_path)
    site.admit()
    authority = site.members.authority
    now_ms = round(read(authority, "broker").not_valid_after_utc.timestamp() * 1000) - SERVER_DAYS * DAY_MS
    old = age(authority, "broker", now_ms + 2 * DAY_MS)
    config = site.home / "gateway.toml"
    config.write_text(config.read_text().replace("# enrol_port = 8884", "enrol_port = 0"))
    run = (sys.executable, "-m", "gateway", "run", "--config", str(config))
    with site.broker:
        assert shown(site) == old.serial_number
        with Supervisor(run, tmp_path, 60.0) as gateway:
            assert gateway.until(lambda: shown(site) != old.serial_number), gateway.log
            assert gateway.end() == 0, gateway.log
        new = read(authority, "broker")
        assert shown(site) == new.serial_number
        assert new.not_valid_after_utc - old.not_valid_after_utc > timedelta(days=SERVER_DAYS - 3)


def shown(site: Site) -> int:
    """Return the number of the certificate that the broker shows."""
    with (
        create_connection(("127.0.0.1", site.port), 10.0) as plain,
        site.rules("pump").wrap_socket(plain, server_hostname="127.0.0.1") as channel,
    ):
        found = channel.getpeercert(binary_form=True)
        assert found
        return x509.load_der_x509_certificate(found).serial_number
