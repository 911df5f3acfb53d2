"""The register of policies: what was signed, for whom, in which order, and what holds for a node.

The newest that is meant for a node holds, whether it was meant for it alone, for its group or for the site: nodes
accept counters that rise, so a later word for all is also the later word for each. Settings are checked here against
the wire's hard limits, so that an operator hears of a mistake before a node does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gateway.errors import ConfigError, Problem
from node.wire import codec, cose, ed25519, policy
from node.wire.limits import HARD, Span, Words, clamp
from node.wire.messages import Policy, Reported, Value

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from node.wire.cose import Sign

OPERATOR: Final = "operator"
SCHEDULE: Final = "schedule"
MOST_ROWS: Final = 10_000
"""Of history; beyond, the schedule's oldest go, but for those that hold."""
_HOLDING: Final = (
    "counter IN (SELECT max(counter) FROM policy GROUP BY audience"
    " UNION SELECT max(counter) FROM policy WHERE source = ? GROUP BY audience)"
)
_COLUMNS: Final = "counter, audience, source, note, made_ms, not_after_ms, settings, envelope"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A policy as it is in the register."""

    counter: int
    audience: str
    source: str
    note: str
    made_ms: int
    not_after_ms: int
    settings: Mapping[str, Value]
    envelope: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A policy that is to be signed; its counter is found then."""

    audience: str
    settings: Mapping[str, Value]
    not_after_ms: int
    source: str = OPERATOR
    note: str = ""


def checked(settings: Mapping[str, Value]) -> Mapping[str, Value]:
    """Return settings that some node may take.

    Raises:
        ConfigError: every one that none would.
    """
    told = clamp({name: value for name, value in settings.items() if not _is_of_gate(name)}).told
    problems = [Problem(name, _wrong(name, settings[name])) for name in told]
    if problems:
        raise ConfigError(problems)
    return settings


def _is_of_gate(name: str) -> bool:
    """Whether a setting is a number of some gate: their limits are the node's, which knows its gate."""
    return name.startswith("gate.") and name not in HARD


def _wrong(name: str, value: Value) -> str:
    limit = HARD.get(name)
    if isinstance(limit, Words):
        return f"{value!r} is none of {', '.join(sorted(limit.words))}"
    if isinstance(limit, Span):
        kind = "a whole number" if limit.whole else "a number"
        return f"{value!r}; {kind} from {limit.least:g} to {limit.most:g} belongs there"
    return f"no such setting; valid: {', '.join(sorted(HARD))}, and `gate.` with an option of the node's gate"


def sign(database: sqlite3.Connection, drafts: Iterable[Draft], key: tuple[bytes, Sign], now_ms: int) -> list[Signed]:
    """Sign policies, in order, and enter them; to be called in a transaction that writes.

    Args:
        database: of the gateway; its register gives the counters.
        drafts: what is to be signed.
        key: the public one, and what signs.
        now_ms: the time.
    """
    counter = _last_counter(database)
    public, signer = key
    signed = []
    for counter, draft in enumerate(drafts, counter + 1):  # noqa: B020 - it starts where the register ends
        message = Policy(
            audience=draft.audience, counter=counter, not_after_ms=draft.not_after_ms, settings=draft.settings
        )
        envelope = cose.compose(codec.encode(message), ed25519.key_id(public), signer)
        entry = Signed(
            counter=counter,
            audience=draft.audience,
            source=draft.source,
            note=draft.note,
            made_ms=now_ms,
            not_after_ms=draft.not_after_ms,
            settings=draft.settings,
            envelope=envelope,
        )
        _enter(database, entry)
        signed.append(entry)
    database.execute(
        "DELETE FROM policy WHERE source = ?1 AND counter <= (SELECT max(counter) FROM policy) - ?2"
        " AND counter NOT IN (SELECT max(counter) FROM policy GROUP BY audience)",
        (SCHEDULE, MOST_ROWS),
    )
    return signed


def _last_counter(database: sqlite3.Connection) -> int:
    """Return the highest counter that was ever given away. Of a register that was lost, the nodes told the last."""
    used = database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'policy'").fetchone()
    if used is not None:
        return int(used[0])
    told = [0]
    for (payload,) in database.execute("SELECT payload FROM said WHERE kind = 'reported'"):
        message = codec.decode("reported", payload)
        if isinstance(message, Reported):
            newest = message.settings.get("policy.newest")
            told += [message.policy_counter, newest if isinstance(newest, int) else 0]
    return max(told)


def _enter(database: sqlite3.Connection, each: Signed) -> None:
    database.execute(
        f"INSERT INTO policy ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - this module's own columns
        (
            each.counter,
            each.audience,
            each.source,
            each.note,
            each.made_ms,
            each.not_after_ms,
            json.dumps(each.settings),
            each.envelope,
        ),
    )


def last(database: sqlite3.Connection) -> int:
    """Return the newest counter in the register; 0 where there is none."""
    (counter,) = database.execute("SELECT coalesce(max(counter), 0) FROM policy").fetchone()
    return int(counter)


def history(database: sqlite3.Connection, *, audience: str = "", most: int = -1) -> list[Signed]:
    """Return what was signed, the newest first.

    Args:
        database: of the gateway.
        audience: for this one alone; empty for all.
        most: how many; negative for all.
    """
    where = "?1 IN ('', audience) ORDER BY counter DESC LIMIT ?2"
    return _read(database, where, (audience, most))


def counters(database: sqlite3.Connection) -> dict[bytes, int]:
    """Return the counter of each policy, by its envelope."""
    return dict(database.execute("SELECT envelope, counter FROM policy").fetchall())


def holding(database: sqlite3.Connection) -> list[Signed]:
    """Return the newest of each audience, and the newest that an operator made for it."""
    return _read(database, _HOLDING, (OPERATOR,))


def _read(database: sqlite3.Connection, where: str, arguments: tuple[object, ...]) -> list[Signed]:
    names = _COLUMNS.split(", ")
    query = f"SELECT {_COLUMNS} FROM policy WHERE {where}"  # noqa: S608 - `where` is a literal of this module
    found = [dict(zip(names, row, strict=True)) for row in database.execute(query, arguments)]
    return [Signed(**{**row, "settings": json.loads(row["settings"])}) for row in found]


def newest_for(signed: Iterable[Signed], address: tuple[str, str, str], now_ms: int) -> Signed | None:
    """Return the newest policy that is meant for a node and not over (pure).

    Args:
        signed: any number of each audience.
        address: site, node and its group, which may be empty.
        now_ms: the time.
    """
    mine = policy.audiences(*address)
    meant = (each for each in signed if each.audience in mine and each.not_after_ms > now_ms)
    return max(meant, key=lambda each: each.counter, default=None)
