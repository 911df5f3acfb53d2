"""Pages: rollouts as rows of the gateway's database, and back. Nothing is decided here."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from gateway.rollout.machine import OPEN, Course, Rollout
from gateway.rollout.member import Member, Phase
from gateway.rollout.plan import Limits, Plan, Stage
from gateway.rollout.windows import parsed
from node.wire.messages import ModelOffer

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterator

_MEMBER: Final = tuple(each.name for each in fields(Member) if each.name != "phase")
_COLUMNS: Final = "id, made_ms, plan, course, stage, reason, returns, clock_ms, tick_ms"


class Page(NamedTuple):
    """A rollout as it is kept.

    Attributes:
        number: in the order of creation.
        made_ms: when it was created.
        rollout: as it stands.
    """

    number: int
    made_ms: int
    rollout: Rollout


def enter(database: sqlite3.Connection, rollout: Rollout, now_ms: int) -> Page:
    """Keep a new one; to be called in a transaction that writes."""
    row = database.execute(
        "INSERT INTO rollout (name, made_ms, plan, course, stage, reason, returns, clock_ms, tick_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (rollout.plan.name, now_ms, json.dumps(_plan_said(rollout.plan)), *_head(rollout)),
    )
    page = Page(row.lastrowid or 0, now_ms, rollout)
    keep(database, page, rollout.members)
    return page


def keep(database: sqlite3.Connection, page: Page, changed: Collection[str]) -> None:
    """Keep how one stands, with the nodes that changed; to be called in a transaction that writes."""
    database.execute(
        "UPDATE rollout SET course = ?, stage = ?, reason = ?, returns = ?, clock_ms = ?, tick_ms = ? WHERE id = ?",
        (*_head(page.rollout), page.number),
    )
    members = page.rollout.members
    database.executemany(
        "INSERT OR REPLACE INTO rollout_member (rollout, node, phase, body) VALUES (?, ?, ?, ?)",
        [(page.number, node, members[node].phase, json.dumps(_member_said(members[node]))) for node in changed],
    )


def live(database: sqlite3.Connection) -> list[Page]:
    """Return those in which something may still happen, the newest first."""
    where = f"course IN ({', '.join('?' * len(OPEN))}) OR returns ORDER BY id DESC"
    return list(_read(database, where, tuple(OPEN)))


def named(database: sqlite3.Connection, name: str) -> Page | None:
    """Return one by its name."""
    return next(_read(database, "name = ?", (name,)), None)


def every(database: sqlite3.Connection) -> list[Page]:
    """Return all, the newest first."""
    return list(_read(database, "1 ORDER BY id DESC", ()))


def _read(database: sqlite3.Connection, where: str, arguments: tuple[object, ...]) -> Iterator[Page]:
    query = f"SELECT {_COLUMNS} FROM rollout WHERE {where}"  # noqa: S608 - `where` is a literal of this module
    for number, made_ms, plan, course, stage, reason, returns, clock_ms, tick_ms in database.execute(query, arguments):
        rows = database.execute("SELECT node, phase, body FROM rollout_member WHERE rollout = ?", (number,))
        yield Page(
            number,
            made_ms,
            Rollout(
                plan=_plan(json.loads(plan)),
                members={node: _member(phase, json.loads(body)) for node, phase, body in rows},
                course=Course(course),
                stage=stage,
                reason=reason,
                returns=bool(returns),
                clock_ms=clock_ms,
                tick_ms=tick_ms,
            ),
        )


def _head(rollout: Rollout) -> tuple[object, ...]:
    each = rollout
    return str(each.course), each.stage, each.reason, each.returns, each.clock_ms, each.tick_ms


def _plan_said(plan: Plan) -> dict[str, Any]:
    windows = [str(each) for each in plan.windows]
    return {**asdict(plan), "goal": _offer_said(plan.goal), "windows": windows}


def _plan(said: dict[str, Any]) -> Plan:
    return Plan(
        name=said["name"],
        goal=_offer(said["goal"]),
        stages=tuple(Stage(**each) for each in said["stages"]),
        limits=Limits(**said["limits"]),
        windows=tuple(parsed(each) for each in said["windows"]),
        zone=said["zone"],
    )


def _member_said(member: Member) -> dict[str, Any]:
    said: dict[str, Any] = {name: getattr(member, name) for name in _MEMBER}
    return {**said, "home": member.home and _offer_said(member.home)}


def _member(phase: str, said: dict[str, Any]) -> Member:
    return Member(**{**said, "phase": Phase(phase), "home": said["home"] and _offer(said["home"])})


def _offer_said(offer: ModelOffer) -> dict[str, Any]:
    return {**asdict(offer), "digest": offer.digest.hex()}


def _offer(said: dict[str, Any]) -> ModelOffer:
    return ModelOffer(**{**said, "digest": bytes.fromhex(said["digest"])})
