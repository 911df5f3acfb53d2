"""What is tried to get a certificate: used, late, copied, guessed and restored tokens, and greedy requests."""

from __future__ import annotations

import shutil
import threading
from typing import TYPE_CHECKING, Final, Literal, get_args

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.clock import wall_ms
from gateway.identity import certificates, spent
from gateway.identity.certificates import Subject
from node.errors import LinkError
from node.transmit import enrolment
from node.wire.enrolment import server_name
from node.wire.messages import Enrol
from tools.intruders.access import Row
from tools.intruders.office import DAY_MS, MINUTE_MS, Office, new_request, opened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from node.wire.messages import Enrolled

RACERS: Final = 8
ROLE: Final = "who wants in"
How = Literal["register", "whole", "over"]


def greedy() -> Mapping[str, bytes]:
    """Return requests for more than a name and a key, each with a good token behind it."""
    name = x509.NameAttribute
    forged = new_request()
    return {
        "a request for an authority": new_request(extensions=(x509.BasicConstraints(ca=True, path_length=None),)),
        "a request for a host": new_request(
            extensions=(x509.SubjectAlternativeName([x509.DNSName(server_name("orchard"))]),)
        ),
        "a request for another node": new_request("meter"),
        "a request for the gateway": new_request("_gateway"),
        "a request for a wildcard": new_request("+"),
        "a request for a level": new_request("pump/x"),
        "a request for two names": new_request(more=(name(NameOID.COMMON_NAME, "_gateway"),)),
        "a request for an organisation": new_request(more=(name(NameOID.ORGANIZATION_NAME, "x"),)),
        "another curve": new_request(key=ec.generate_private_key(ec.SECP384R1())),
        "a forged request": forged[:-1] + bytes([forged[-1] ^ 1]),
        "half a request": new_request()[:80],
        "nonsense": bytes(2048),
    }


def rows(folder: Path) -> Iterator[Row]:
    """Try everything, each at a site of its own.

    Args:
        folder: everything is kept here.
    """
    for number, (tried, request) in enumerate(greedy().items()):
        office = Office(folder / f"greedy-{number}")
        yield _row(tried, office.ask(office.invite(), request))
    office = Office(folder / "tokens")
    yield from _tokens(office)
    yield _race(office)
    yield from _renewals(office)
    for how in get_args(How):
        office = Office(folder / f"restored-{how}")
        yield _row(f"a used token, after a restore ({how})", restore(office, folder / f"backup-{how}", how=how))
    yield from _at_the_door(folder)


def _row(tried: str, answer: Enrolled) -> Row:
    return Row(role=ROLE, tried=tried, breach=bool(answer.certificate))


def _tokens(office: Office) -> Iterator[Row]:
    secret = office.invite()
    for tried, later_ms in (("late", 15 * MINUTE_MS), ("a year late", 365 * DAY_MS), ("before it was made", -DAY_MS)):
        yield _row(f"a token, {tried}", office.ask(secret, new_request(), later_ms=later_ms))
    yield _row("a guess", office.ask(bytes(16), new_request()))
    yield _row("a part of a token", office.ask(secret[:15], new_request()))
    newer = office.invite()
    yield _row("a token that a newer one replaced", office.ask(secret, new_request()))
    given = office.ask(newer, new_request())
    yield Row(role="who was invited", tried="a token", breach=not given.certificate)
    yield _row("a used token, by another key", office.ask(newer, new_request()))
    yield _row("neither token nor certificate", office.ask(b"", new_request()))


def _race(office: Office) -> Row:
    """Have many keys use one token at the same moment; exactly one may win."""
    secret = office.invite("racer")
    requests = [new_request("racer") for _ in range(RACERS)]
    start, won = threading.Barrier(RACERS), []

    def run(request: bytes) -> None:
        start.wait()
        won.append(bool(office.ask(secret, request).certificate))

    threads = [threading.Thread(target=run, args=(each,)) for each in requests]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return Row(role=ROLE, tried=f"one token by {RACERS} keys at once", breach=sum(won) != 1)


def _renewals(office: Office) -> Iterator[Row]:
    old = office.ask(office.invite(), new_request()).certificate
    good = office.ask(b"", new_request(), shown=old)
    yield Row(role="a node", tried="renew its own name", breach=not good.certificate)
    yield _row("renew another's name", office.ask(b"", new_request("meter"), shown=old))
    secret = office.invite()
    office.members.revoke("pump")
    yield _row("renew what was revoked", office.ask(b"", new_request(), shown=old))
    yield _row("a token from before the revocation", office.ask(secret, new_request()))


def put_back(office: Office, backup: Path, *, how: How) -> None:
    """Bring a folder back from a backup.

    Args:
        office: whose.
        backup: as it was.
        how: the register alone, the whole folder in the place of what was there, or each file over the one of today.
    """
    if how == "whole":
        shutil.rmtree(office.home)
        shutil.copytree(backup, office.home)
        return
    for each in office.home.glob("register.db*"):
        each.unlink()
    for each in backup.glob("register.db*" if how == "register" else "*"):
        shutil.copy2(each, office.home)


def restore(office: Office, backup: Path, *, how: How, forgetful: bool = False) -> Enrolled:
    """Use a token, bring back what was there before that, and use the token again, with another key.

    Args:
        office: a site of its own.
        backup: where to keep it meanwhile.
        how: what is brought back.
        forgetful: the control: the list of what was spent is believed whatever became of it.
    """
    secret = office.invite()
    shutil.copytree(office.home, backup)
    if not office.ask(secret, new_request()).certificate:
        raise RuntimeError("the token is refused at its first use")
    _let_the_kernels_clock_tick(backup)
    put_back(office, backup, how=how)
    if forgetful:
        _stamp(office.home / "spent")
    office.open(office.now_ms)
    return office.ask(secret, new_request())


def _let_the_kernels_clock_tick(folder: Path) -> None:
    """Return when a file that is touched now bears another mark than one that was touched at the call."""
    probe = folder / "probe"
    probe.touch()
    begun_ns = probe.stat().st_ctime_ns
    while probe.stat().st_ctime_ns <= begun_ns + 2 * spent.NEAR_NS:
        probe.touch()
    probe.unlink()


def _stamp(ledger: Path) -> None:
    """Write today's mark into the last line, as who wrote it."""
    text = ledger.read_bytes()
    for _ in range(spent.MOST_TRIES):
        mark_ns = ledger.stat().st_ctime_ns
        ledger.write_bytes(text[: -spent.STAMP_BYTES - 1] + b"%0*d\n" % (spent.STAMP_BYTES, mark_ns))
        if ledger.stat().st_ctime_ns - mark_ns <= spent.NEAR_NS:
            return
    raise RuntimeError(f"{ledger}: the mark is never near")


def _at_the_door(folder: Path) -> Iterator[Row]:
    """What the handshake must refuse, and whom a node must not believe."""
    office, other = Office(folder / "door", wall_ms()), Office(folder / "stranger", wall_ms())
    invitation = office.members.invite("pump")
    with opened(other) as where:
        try:
            believed = bool(enrolment.authority(where, invitation, 15.0))
        except LinkError:
            believed = False
        yield Row(role="another site's gateway", tried="be told a token", breach=believed)
    with opened(office) as where:
        for tried, signer, days in (("is over", office, -0.5), ("is another authority's", other, 1.0)):
            key = certificates.new_key()
            signed = signer.members.authority.sign(Subject(name="pump"), key.public_key(), wall_ms(), days)
            pair = folder / "pair.pem"
            pair.write_bytes(certificates.pem(signed) + certificates.key_pem(key))
            yield Row(role=ROLE, tried=f"renew with a certificate that {tried}", breach=_renewed(where, office, pair))


def _renewed(where: tuple[str, int], office: Office, pair: Path) -> bool:
    context = enrolment.believing(office.members.authority.pem.decode())
    context.load_cert_chain(pair)
    try:
        wish = Enrol(request=new_request())
        return bool(enrolment.ask(where, wish, context, server_name("orchard"), 15.0).certificate)
    except LinkError:
        return False
