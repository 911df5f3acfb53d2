"""The register: who was invited, and what was signed for whom.

SQLite, beside the authority and not in the gateway's database: restoring that one must bring no invitation back.
Several processes use it: the gateway that enrols, and the operator's commands. Each call is a transaction of its own.
"""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gateway.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SCHEMA: Final = """
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS invitation (name TEXT PRIMARY KEY, digest BLOB NOT NULL UNIQUE, made_ms INTEGER NOT NULL,
    until_ms INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS certificate (serial TEXT PRIMARY KEY, name TEXT NOT NULL, signed_ms INTEGER NOT NULL,
    until_ms INTEGER NOT NULL, revoked_ms INTEGER) STRICT;
CREATE INDEX IF NOT EXISTS certificate_by_name ON certificate (name);
PRAGMA user_version = 1;
COMMIT;
"""

_REVOKED: Final = "SELECT 1 FROM certificate WHERE serial = ? AND revoked_ms IS NOT NULL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """An invitation that was made; its secret is known to nobody here.

    Attributes:
        name: whom it is for.
        made_ms: when it was made; before that, the clock is wrong.
        until_ms: when it is over.
    """

    name: str
    made_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody who may speak, or might.

    Attributes:
        name: at the broker.
        until_ms: when the last certificate ends that still counts; None where none does.
        revoked: certificates that were revoked.
        invited_until_ms: when an open invitation is over; None where there is none.
    """

    name: str
    until_ms: int | None
    revoked: int
    invited_until_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A certificate that was signed.

    Attributes:
        name: whose.
        serial: its number.
        signed_ms: when it was signed.
        until_ms: when it ends.
    """

    name: str
    serial: int
    signed_ms: int
    until_ms: int


def digest(secret: bytes) -> bytes:
    """Return what is kept of a secret. It has 128 random bits: no salt and no slow hash make it harder to guess."""
    return hashlib.sha256(b"torpor enrolment\x00" + secret).digest()


class Register:
    """What is known of everybody.

    Args:
        folder: of the authority.

    Raises:
        StoreError: from any call: the disk refuses, or the file is of a newer version.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "register.db"

    def invite(self, name: str, secret: bytes, made_ms: int, until_ms: int) -> None:
        """Note an invitation, instead of an earlier one for the same name."""
        with self._transaction() as database:
            database.execute(
                "INSERT OR REPLACE INTO invitation VALUES (?, ?, ?, ?)", (name, digest(secret), made_ms, until_ms)
            )

    def invited(self, secret: bytes) -> Invitation | None:
        """Return the invitation that a secret belongs to."""
        with self._transaction() as database:
            found = database.execute(
                "SELECT name, made_ms, until_ms FROM invitation WHERE digest = ?", (digest(secret),)
            ).fetchone()
        return Invitation(name=found[0], made_ms=found[1], until_ms=found[2]) if found else None

    def note(self, signed: Signed, *, secret: bytes = b"", renews: int | None = None) -> bool:
        """Note a certificate, before it is handed out, if what it was given for still holds.

        A revocation may come while it is being signed. It either finds this one, or this finds it.

        Args:
            signed: the certificate.
            secret: of the invitation that it was given for.
            renews: serial of the certificate that it was given for.

        Returns:
            Whether it was noted; one that was not must not be handed out.
        """
        row = (f"{signed.serial:x}", signed.name, signed.signed_ms, signed.until_ms)
        with self._transaction() as database:
            if secret and not _holds(database, "SELECT 1 FROM invitation WHERE digest = ?", digest(secret)):
                return False
            if renews is not None and _holds(database, _REVOKED, f"{renews:x}"):
                return False
            database.execute("INSERT INTO certificate (serial, name, signed_ms, until_ms) VALUES (?, ?, ?, ?)", row)
        return True

    def revoke(self, name: str, now_ms: int) -> set[int]:
        """Revoke all that a name has, its invitation too.

        Returns:
            The serials of all its certificates, those that were revoked before included.
        """
        with self._transaction() as database:
            database.execute("DELETE FROM invitation WHERE name = ?", (name,))
            query = "UPDATE certificate SET revoked_ms = ? WHERE name = ? AND revoked_ms IS NULL"
            database.execute(query, (now_ms, name))
            found = database.execute("SELECT serial FROM certificate WHERE name = ?", (name,)).fetchall()
        return {int(serial, 16) for (serial,) in found}

    def is_revoked(self, serial: int) -> bool:
        """Whether a certificate was revoked."""
        with self._transaction() as database:
            return _holds(database, _REVOKED, f"{serial:x}")

    def denied(self) -> list[str]:
        """Return the names all of whose certificates are revoked."""
        query = "SELECT name FROM certificate GROUP BY name HAVING count(*) = count(revoked_ms) ORDER BY name"
        with self._transaction() as database:
            return [name for (name,) in database.execute(query)]

    def revoked(self) -> set[int]:
        """Return the serials of every certificate that was revoked."""
        with self._transaction() as database:
            found = database.execute("SELECT serial FROM certificate WHERE revoked_ms IS NOT NULL").fetchall()
        return {int(serial, 16) for (serial,) in found}

    def subscribers(self) -> list[str]:
        """Return the names of those who have a certificate that counts, and are no nodes."""
        return [each.name for each in self.members() if each.name.startswith("_") and each.until_ms]

    def members(self) -> list[Member]:
        """Return everybody, by name."""
        query = """
            SELECT name, max(iif(revoked_ms IS NULL, until_ms, NULL)), count(revoked_ms), NULL FROM certificate
            GROUP BY name UNION ALL SELECT name, NULL, 0, until_ms FROM invitation WHERE NOT EXISTS
            (SELECT 1 FROM certificate WHERE certificate.name = invitation.name AND signed_ms >= made_ms)"""
        found: dict[str, Member] = {}
        with self._transaction() as database:
            for name, until_ms, revoked, invited_ms in database.execute(query):
                known = found.get(name)
                found[name] = Member(
                    name=name,
                    until_ms=until_ms if known is None else known.until_ms,
                    revoked=revoked if known is None else known.revoked,
                    invited_until_ms=invited_ms,
                )
        return [found[name] for name in sorted(found)]

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self._path, isolation_level=None, timeout=10)) as database:
                self._path.chmod(0o600)
                self._prepare(database)
                database.execute("PRAGMA synchronous = FULL")
                database.execute("BEGIN IMMEDIATE")
                yield database
                database.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"{self._path}: {error}") from error

    def _prepare(self, database: sqlite3.Connection) -> None:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version > 1:
            raise StoreError(f"{self._path}: schema {version} is newer than 1; update the gateway")
        if version == 0:
            database.execute("PRAGMA journal_mode = WAL")
            database.executescript(_SCHEMA)


def _holds(database: sqlite3.Connection, query: str, value: object) -> bool:
    return database.execute(query, (value,)).fetchone() is not None
