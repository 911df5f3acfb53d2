"""Renewal against a real door: in time, for the same name, and without ever losing the pair that is there."""

from __future__ import annotations

import ssl
import stat
from typing import TYPE_CHECKING, Final

import pytest

from gateway.clock import wall_ms
from gateway.identity import certificates
from gateway.identity.certificates import Subject
from node.errors import ConfigError
from node.transmit import request
from node.transmit.broker import Params, Who
from node.transmit.renewal import AGAIN_S, Renewal, put
from node.transmit.validity import validity_ms
from node.values import TimeQuality
from tools.intruders.office import DAY_MS, Office, new_request, opened

if TYPE_CHECKING:
    from pathlib import Path

WHO: Final = Who(site="orchard", node="pump", boot_id=bytes(6))


class Hands:
    """A clock that shows what it is told."""

    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms
        self.passed_s = 0.0
        self.told = TimeQuality.SYNCED

    def wall_ms(self) -> int:
        """Return the time of day."""
        return self.now_ms

    def monotonic_s(self) -> float:
        """Return the time that passed."""
        return self.passed_s

    def quality(self) -> TimeQuality:
        """Return how far to believe it."""
        return self.told


class World:
    """A site, a node's pair that counts for thirty days, and who renews it."""

    def __init__(self, folder: Path) -> None:
        self.office = Office(folder, wall_ms())
        self.clock = Hands(wall_ms())
        self.ca, self.cert = folder / "ca.pem", folder / "node.pem"
        self.ca.write_bytes(self.office.members.authority.pem)
        key = certificates.new_key()
        signed = self.office.members.authority.sign(Subject(name="pump"), key.public_key(), self.clock.now_ms, 30)
        self.cert.write_bytes(certificates.pem(signed) + certificates.key_pem(key))
        self.serial = signed.serial_number

    def renewal(self, where: tuple[str, int] = ("127.0.0.1", 1), who: Who = WHO) -> Renewal:
        """Return one that asks there."""
        params = Params(host="localhost", tls=True, ca=self.ca, cert=self.cert, renewal=f"{where[0]}:{where[1]}")
        return Renewal(params, who, self.clock)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A world of its own."""
    return World(tmp_path)


def test_renewal_is_due_at_two_thirds_of_a_life(world: World) -> None:
    """Thirty-one days, the slack of a day in front included: not on the nineteenth, but on the twentieth."""
    renewal = world.renewal()
    begun_ms = world.clock.now_ms
    due = []
    for day in range(30):
        world.clock.now_ms = begun_ms + day * DAY_MS
        due.append(renewal.due())
    assert due == [False] * 20 + [True] * 10


def test_renewal_without_a_clock_is_never_due(world: World) -> None:
    """Nobody knows how old a certificate is in 1970, and asking at every wake would cost the battery."""
    world.clock.now_ms += 25 * DAY_MS
    world.clock.told = TimeQuality.UNSET
    assert not world.renewal().due()


def test_renewal_of_what_is_over_says_who_has_to_come(world: World) -> None:
    """It cannot be renewed with itself any more: the reason in health names both commands."""
    world.clock.now_ms += 31 * DAY_MS
    renewal = world.renewal()
    assert not renewal.due()
    assert "node add" in renewal.trouble
    assert "enrol" in renewal.trouble


def test_renew_puts_a_new_pair_in_the_old_ones_place(world: World) -> None:
    """A new key, a later end, one file of its owner's alone; nothing else is left lying about."""
    world.clock.now_ms += 25 * DAY_MS
    before = world.cert.read_text()
    with opened(world.office) as where:
        renewal = world.renewal(where)
        assert renewal.due()
        renewal.renew(30.0)
    assert renewal.trouble == ""
    after = world.cert.read_text()
    assert validity_ms(after)[1] > validity_ms(before)[1]
    assert after.count("BEGIN") == 2
    assert before.partition("PRIVATE")[2] != after.partition("PRIVATE")[2]
    assert stat.S_IMODE(world.cert.stat().st_mode) == 0o600
    assert {each.name for each in world.cert.parent.glob("node.pem*")} == {"node.pem"}
    assert not renewal.due()
    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(world.cert)


def test_renew_that_fails_keeps_the_old_pair_and_waits(world: World) -> None:
    """A gateway that is away, or says no, costs an attempt an hour and nothing else."""
    world.clock.now_ms += 25 * DAY_MS
    before = world.cert.read_bytes()
    absent = world.renewal()
    absent.renew(5.0)
    assert "could not be renewed" in absent.trouble
    with opened(world.office) as where:
        other = world.renewal(where, Who(site="orchard", node="meter", boot_id=bytes(6)))
        other.renew(30.0)
        assert "may not have a certificate of 'meter'" in other.trouble
        assert world.cert.read_bytes() == before
        assert not other.due()
        world.clock.passed_s += AGAIN_S
        assert other.due()


def test_renew_with_no_budget_left_does_not_begin(world: World) -> None:
    """The awake budget is hard."""
    renewal = world.renewal()
    renewal.renew(0.5)
    assert renewal.trouble == ""
    assert not list(world.cert.parent.glob("node.pem.*"))


def test_put_certificate_of_another_key_is_refused(world: World) -> None:
    """What does not go together would lock the node out for ever."""
    before = world.cert.read_bytes()
    draft = world.cert.with_name("node.pem.key")
    request.make("pump", draft)
    answer = world.office.ask(world.office.invite(), new_request())
    with pytest.raises(ConfigError):
        put(world.cert, answer.certificate, draft)
    assert world.cert.read_bytes() == before


def test_make_request_keeps_its_key_until_it_is_used(tmp_path: Path, world: World) -> None:
    """An answer that got lost is asked for again with the same key; the key is its owner's, and P-256."""
    draft = tmp_path / "draft.key"
    secret = world.office.invite()
    first = world.office.ask(secret, request.make("pump", draft))
    second = world.office.ask(secret, request.make("pump", draft))
    assert first.certificate
    assert second.certificate
    assert stat.S_IMODE(draft.stat().st_mode) == 0o600


def test_renew_with_a_key_of_its_own_file_is_refused(world: World) -> None:
    """The new key would stand beside the old one, and neither would go with the certificate."""
    params = Params(host="localhost", tls=True, ca=world.ca, cert=world.cert, key=world.cert, renewal="127.0.0.1:1")
    renewal = Renewal(params, WHO, world.clock)
    renewal.renew(5.0)
    assert "mqtt.key" in renewal.trouble
