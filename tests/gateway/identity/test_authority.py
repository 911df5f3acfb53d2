"""The authority: made once, kept, and signing no more than it is asked to."""

from __future__ import annotations

import ssl
import stat
from typing import TYPE_CHECKING, Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from gateway.errors import ConfigError
from gateway.identity import authority, certificates
from gateway.identity.certificates import Subject

if TYPE_CHECKING:
    from pathlib import Path

NOW_MS: Final = 1_800_000_000_000
DAY_MS: Final = 86_400_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority that is only read."""
    made = tmp_path_factory.mktemp("site") / "identity"
    authority.make(made, "orchard", ("10.0.0.2", "gateway.example"), NOW_MS)
    return made


def test_make_twice_changes_nothing(folder: Path) -> None:
    """A second authority would lock out every node in the field."""
    before = {each.name: each.read_bytes() for each in folder.iterdir()}
    assert authority.make(folder, "orchard", (), NOW_MS + DAY_MS) == []
    assert {each.name: each.read_bytes() for each in folder.iterdir()} == before


def test_make_keeps_everything_for_its_owner(folder: Path) -> None:
    """Keys are nobody's business, and the folder tells nobody what is in it."""
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()} == {0o600}


def test_make_broker_is_reached_by_every_name(folder: Path) -> None:
    """By the name that never changes, by the addresses that the operator gave, and from the machine itself."""
    found = x509.load_pem_x509_certificate((folder / "broker.pem").read_bytes())
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    hosts = names.get_values_for_type(x509.DNSName)
    addresses = {str(each) for each in names.get_values_for_type(x509.IPAddress)}
    assert {"orchard.torpor.internal", "localhost", "gateway.example"} <= set(hosts)
    assert {"127.0.0.1", "::1", "10.0.0.2"} <= addresses
    assert found.not_valid_before_utc.year == 1970, "a node without an RTC must believe its broker"


def test_make_impossible_names_are_the_operators_to_mend(tmp_path: Path) -> None:
    """A name that no certificate could carry is refused before anything is written."""
    with pytest.raises(ConfigError, match="--host: 'no such host!'"):
        authority.make(tmp_path / "a", "orchard", ("no such host!",), NOW_MS)
    with pytest.raises(ConfigError, match="--site"):
        authority.make(tmp_path / "b", "Orchard", (), NOW_MS)
    assert not list(tmp_path.iterdir())


def test_authority_key_of_another_is_refused(tmp_path: Path, folder: Path) -> None:
    """Half of one backup and half of another would sign what nobody believes."""
    (tmp_path / "ca.pem").write_bytes((folder / "ca.pem").read_bytes())
    (tmp_path / "ca.key").write_bytes((folder / "broker.key").read_bytes())
    with pytest.raises(ConfigError, match="one backup"):
        authority.Authority(tmp_path)
    (tmp_path / "ca.key").write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    with pytest.raises(ConfigError, match="damaged"):
        authority.Authority(tmp_path)
    with pytest.raises(ConfigError, match="--plain has none"):
        authority.Authority(tmp_path / "none")


def test_sign_node_may_ask_and_neither_serve_nor_sign(folder: Path) -> None:
    """A node's key that is stolen can play neither the broker nor the authority."""
    key = certificates.new_key()
    signed = authority.Authority(folder).sign(Subject(name="pump-3"), key.public_key(), NOW_MS, 365)
    assert certificates.common_name(signed) == "pump-3"
    extensions = signed.extensions
    usage = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [certificates.TO_ASK]
    assert not extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert not extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    assert signed.not_valid_after_utc.timestamp() * 1000 == NOW_MS + 365 * DAY_MS


def test_revoke_adds_to_what_the_list_held(tmp_path: Path) -> None:
    """Whoever was revoked stays so, also for a register that came back from an older backup."""
    authority.make(tmp_path, "orchard", (), NOW_MS)
    found = authority.Authority(tmp_path)
    found.revoke({5}, NOW_MS)
    found.revoke({7}, NOW_MS)
    listed = x509.load_pem_x509_crl((tmp_path / "crl.pem").read_bytes())
    assert {each.serial_number for each in listed} == {5, 7}
    assert listed.is_signature_valid(found.signer.key.public_key())


def test_revoke_with_a_damaged_list_says_what_to_do(tmp_path: Path) -> None:
    """What stood on it is not to be guessed."""
    authority.make(tmp_path, "orchard", (), NOW_MS)
    (tmp_path / "crl.pem").write_text("-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n")
    with pytest.raises(ConfigError, match=r"no list of the revoked.*node revoke"):
        authority.Authority(tmp_path).revoke({5}, NOW_MS)


def test_certificates_pass_for_the_standard_library(tmp_path: Path, folder: Path) -> None:
    """OpenSSL takes the authority, the list, and a signed certificate with its key."""
    key = certificates.new_key()
    signed = authority.Authority(folder).sign(Subject(name="pump"), key.public_key(), NOW_MS, 1)
    (tmp_path / "both.pem").write_bytes(certificates.pem(signed) + certificates.key_pem(key))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(folder / "ca.pem")
    context.load_verify_locations(folder / "crl.pem")
    context.load_cert_chain(tmp_path / "both.pem")
    assert context.cert_store_stats() == {"x509": 1, "crl": 1, "x509_ca": 1}
    assert key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    ) == signed.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
