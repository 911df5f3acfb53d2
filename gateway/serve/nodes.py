"""The questions of the API about nodes: some of them by name, or one; nothing is read of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Response
from starlette.exceptions import HTTPException

from gateway.clock import wall_ms
from gateway.policy import desk
from gateway.publish import output
from gateway.publish.roll import Roll
from gateway.serve import shapes
from gateway.store import queries
from node.wire import codec
from node.wire.messages import Reported

if TYPE_CHECKING:
    from gateway.config import Config
    from gateway.store.queries import Span

MOST: Final = 1000
"""Nodes in one answer; some 300 kB."""
NodeName = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,32}$")]


def router(config: Config, responses: dict[int | str, dict[str, Any]], no_such: dict[int | str, Any]) -> APIRouter:
    """Return the questions.

    Args:
        config: the gateway's.
        responses: how a question may be refused.
        no_such: how one for what is not there is.
    """
    router = APIRouter(prefix="/nodes", tags=["site"], responses=responses)

    @router.get("")
    def nodes(asked: Annotated[shapes.Some, Query()], response: Response) -> list[shapes.Node]:
        """Return nodes of the site, by name, and in the header `Link` where the next ones are."""
        found = []
        with queries.reading(config.store.path) as database:
            names = queries.names(database, asked.after, asked.most)
        if names:
            found = shown(config, (names[0], names[-1]))
        if len(names) == asked.most:
            following = urlencode({"after": names[-1], "most": asked.most})
            response.headers["Link"] = f'</v1/nodes?{following}>; rel="next"'
        return found

    @router.get("/{node}", responses=no_such)
    def one(node: NodeName) -> shapes.Node:
        """Return one node."""
        found = shown(config, (node, node))
        if not found:
            raise HTTPException(404, f"no node {node!r} was ever heard at this site")
        return found[0]

    return router


def shown(config: Config, span: Span) -> list[shapes.Node]:
    """Return the nodes whose names lie in a span, by name."""
    now_ms = wall_ms()
    steered = {each["node"]: each for each in desk.states(config, span)}
    with queries.reading(config.store.path) as database:
        lives = Roll(config.presence, queries.said(database, "presence", span)).all(now_ms)
        energies = queries.energies(database, span)
        reported = {
            node: codec.decode("reported", payload) for node, *_, payload in queries.said(database, "reported", span)
        }
    found = []
    for node, life, seen in sorted(lives, key=lambda each: each[0]):
        runs, state = reported.get(node), steered.get(node)
        found.append(
            shapes.Node(
                node=node,
                state=seen.word,
                heard=output.iso(life.heard_ms),
                model=runs.model if isinstance(runs, Reported) else "",
                update=dict(runs.update) if isinstance(runs, Reported) else {},
                policy=shapes.Steered.of(state) if state else None,
                energy=energies.get(node),
            )
        )
    return found
