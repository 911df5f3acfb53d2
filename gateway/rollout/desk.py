"""The desk: what an operator may say of rollouts, for the command and for an API; each call is one transaction.

It needs no running gateway: what is said here is rows, which a gateway that runs takes up within a tick.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from gateway.errors import ConfigError, GatewayError, Problem
from gateway.publish.roll import Roll
from gateway.push import offers
from gateway.rollout import page
from gateway.rollout.events import Abort
from gateway.rollout.machine import OPEN, Rollout, advance, refusal
from gateway.rollout.member import Member, Phase
from gateway.rollout.plan import Plan, counted, staged, titled
from gateway.rollout.steward import known
from gateway.rollout.windows import parsed
from gateway.store import queries
from node.wire import codec
from node.wire.messages import Reported

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Mapping

    from gateway.config import Config
    from gateway.push.offers import Published
    from gateway.rollout.events import Pause, Resume
    from gateway.rollout.wish import Wish
    from gateway.store.database import Store
    from node.wire.messages import ModelOffer

_ON_THE_MOVE: Final = frozenset({Phase.DONE, Phase.RETURNING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """A rollout that was created.

    Attributes:
        rollout: as it stands.
        notes: what an operator should know of it now.
    """

    rollout: Rollout
    notes: tuple[str, ...]


def create(store: Store, config: Config, wish: Wish, now_ms: int) -> Created:
    """Create a rollout; it begins with the next tick of the gateway.

    Args:
        store: of the gateway; another process may have it open too.
        config: says where the models are.
        wish: what is asked for.
        now_ms: the time.

    Raises:
        ConfigError: a word of the wish does not fit the site.
        GatewayError: there is no such model, or another rollout has one of the nodes.
        StoreError: the disk refused.
    """
    models = offers.published(config.models.folder)
    goal = offers.found(config.models.folder, wish.target)
    with store.transaction():
        database = store.database
        if page.named(database, wish.name):
            raise GatewayError(f"there is a rollout {wish.name!r} already; give this one another name")
        reported = _reported(database)
        nodes = _meant(wish, reported, _known(database))
        refuse_busy(database, nodes)
        plan, stage_of = _plan(wish, goal, nodes)
        homes = {titled(each.offer): each.offer for each in models.values()}
        members = {
            node: Member(stage=stage_of[node], home=homes.get(reported[node].model) if node in reported else None)
            for node in nodes
        }
        drawn = Rollout(plan=plan, members=_lively(database, config, members, now_ms))
        rollout = advance(drawn, known(database, members)).rollout
        page.enter(database, rollout, now_ms)
        offers.enter(database, {node: None for node, each in rollout.members.items() if each.phase is not Phase.DONE})
    return Created(rollout=rollout, notes=_notes(rollout, models[wish.target], models))


def say(store: Store, name: str, word: Pause | Resume | Abort) -> Rollout:
    """Pause, resume or abort a rollout.

    Returns:
        How it stands now.

    Raises:
        GatewayError: there is none of that name, or the word makes no sense now.
        StoreError: the disk refused.
    """
    with store.transaction():
        database = store.database
        found = page.named(database, name)
        if found is None:
            names = ", ".join(each.rollout.plan.name for each in page.every(database))
            raise GatewayError(f"no rollout {name!r}; there are: {names or 'none'}")
        reason = refusal(found.rollout, word) or _overtaken(database, found, word)
        if reason:
            raise GatewayError(reason)
        outcome = advance(found.rollout, [word])
        page.keep(database, found._replace(rollout=outcome.rollout), outcome.changed)
        offers.enter(database, outcome.offers)
    return outcome.rollout


def _overtaken(database: sqlite3.Connection, found: page.Page, word: Pause | Resume | Abort) -> str:
    """Return why a rollout that is over cannot be reverted any more: a later one has its nodes."""
    if found.rollout.course in OPEN or not isinstance(word, Abort):
        return ""
    later = (each for each in page.every(database) if each.number > found.number)
    names = [each.rollout.plan.name for each in later if each.rollout.members.keys() & found.rollout.members.keys()]
    return f"{names[0]} came after {found.rollout.plan.name}, for some of its nodes; abort that one" if names else ""


def busy(database: sqlite3.Connection) -> dict[str, str]:
    """Return the nodes that a rollout has in hand, and which."""
    return {
        node: each.rollout.plan.name
        for each in page.live(database)
        for node, member in each.rollout.members.items()
        if each.rollout.course in OPEN or (each.rollout.returns and member.phase in _ON_THE_MOVE)
    }


def refuse_busy(database: sqlite3.Connection, nodes: Collection[str]) -> None:
    """Leave nodes to the rollout that has them in hand.

    Raises:
        GatewayError: there is one; says which, and how to end it.
    """
    taken = busy(database)
    names = sorted({taken[node] for node in nodes if node in taken})
    if names:
        found = sorted(node for node in nodes if node in taken)
        some = ", ".join(found[:5]) + (f" and {len(found) - 5} more" if len(found) > 5 else "")
        advice = f"`torpor-gateway rollout abort {names[0]}` ends it, or leave these nodes out"
        raise GatewayError(f"the rollout {', '.join(names)}, which is not over, has {some}; {advice}")


def _reported(database: sqlite3.Connection) -> dict[str, Reported]:
    found = ((node, codec.decode("reported", payload)) for node, *_, payload in queries.said(database, "reported"))
    return {node: message for node, message in found if isinstance(message, Reported)}


def _known(database: sqlite3.Connection) -> set[str]:
    return {node for kind in ("presence", "reported", "health") for node, *_ in queries.said(database, kind)}


def _meant(wish: Wish, reported: Mapping[str, Reported], everybody: Collection[str]) -> list[str]:
    """Return the nodes that a wish means; those named must have spoken, for a slip of the hand is likelier."""
    strangers = [node for node in wish.nodes if node not in everybody]
    if strangers:
        raise ConfigError([Problem("nodes", f"{node} has never spoken to this gateway") for node in strangers])
    groups = {node: str(message.settings.get("policy.group") or "") for node, message in reported.items()}
    empty = [name for name in wish.groups if name not in groups.values()]
    if empty:
        told = ", ".join(sorted(set(groups.values()) - {""})) or "none"
        raise ConfigError([Problem("groups", f"no node is of the group {name}; there are: {told}") for name in empty])
    whole = not (wish.nodes or wish.groups)
    nodes = sorted(node for node in everybody if whole or node in wish.nodes or groups.get(node, "") in wish.groups)
    if not nodes:
        raise GatewayError("no node has spoken to this gateway yet; there is nobody to roll out to")
    return nodes


def _plan(wish: Wish, goal: ModelOffer, nodes: Collection[str]) -> tuple[Plan, dict[str, int]]:
    """Return the plan, and the stage of each node."""
    try:
        stages, of = staged(wish.stages, nodes, wish.name)
    except ValueError as error:
        raise ConfigError([Problem("stages", str(error))]) from error
    windows = tuple(parsed(each) for each in wish.windows)
    plan = Plan(name=wish.name, goal=goal, stages=stages, limits=wish.limits(), windows=windows, zone=wish.zone)
    return plan, of


def _lively(
    database: sqlite3.Connection, config: Config, members: Mapping[str, Member], now_ms: int
) -> dict[str, Member]:
    """Note when each node was heard last, and what it has promised."""
    lives = Roll(config.presence, queries.said(database, "presence")).lives
    return {
        node: replace(
            member,
            heard_ms=min(max(lives[node].said_ms, lives[node].heard_ms) - now_ms, 0),
            period_ms=lives[node].promise_ms + lives[node].grace_ms,
        )
        if node in lives
        else member
        for node, member in members.items()
    }


def _notes(rollout: Rollout, goal: Published, models: Mapping[str, Published]) -> tuple[str, ...]:
    """Say of a rollout that would revert which nodes could not, before it matters."""
    if not rollout.plan.limits.reverts:
        return ()
    going = [each for each in rollout.members.values() if each.phase is not Phase.DONE]
    lost = sum(each.home is None for each in going)
    versions = {each.offer: each.version for each in models.values() if each.offer.model == goal.offer.model}
    barred = sum(each.home in versions and versions[each.home] < goal.back_to for each in going if each.home)
    notes = []
    if lost:
        notes.append(f"{counted(lost)} could not go back: what they have is not among the published models")
    if barred:
        notes.append(
            f"{counted(barred)} would refuse to go back: {rollout.plan.model} was published without --back-to"
            f" {min(versions.values())}"
        )
    return tuple(notes)
