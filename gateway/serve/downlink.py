"""The questions of the API about leases and commands, over the desk that the commands stand at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Query

from gateway.clock import wall_ms
from gateway.downlink import desk
from gateway.publish import output
from gateway.serve import shapes

if TYPE_CHECKING:
    from gateway.config import Config

NodeName = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,32}$")]


def router(config: Config, responses: dict[int | str, dict[str, Any]]) -> APIRouter:
    """Return the questions.

    Args:
        config: the gateway's.
        responses: how a question may be refused.
    """
    router = APIRouter(prefix="/nodes/{node}", tags=["downlink"], responses=responses)

    @router.get("/lease")
    def lease(node: NodeName) -> shapes.Lease:
        """Return until when a node is asked to stay up, and what it says to it."""
        return _lease(config, node)

    @router.put("/lease")
    def stay(node: NodeName, wish: shapes.Stay) -> shapes.Lease:
        """Ask a node to stay up, from when it next connects; another lease takes the place of the one before."""
        desk.lease(config, node, wish.seconds, wall_ms())
        return _lease(config, node)

    @router.get("/commands")
    def commands(node: NodeName, most: Annotated[int, Query(ge=1, le=1000)] = 20) -> list[shapes.Command]:
        """Return what was ordered of a node, and what became of it, the newest first."""
        return [shapes.Command.of(each) for each in desk.commands(config, node, most)]

    @router.post("/commands", status_code=201)
    def order(node: NodeName, wish: shapes.Order) -> shapes.Command:
        """Order something of a node, once; whether it does that is the node's to say."""
        return shapes.Command.of(desk.order(config, node, wish.words, wall_ms(), minutes=wish.minutes))

    return router


def _lease(config: Config, node: str) -> shapes.Lease:
    stands = desk.lease_of(config, node, wall_ms())
    return shapes.Lease(
        until=output.iso(stands.until_ms) if stands.until_ms else None,
        held=output.iso(stands.held_ms) if stands.held_ms else None,
        refused=stands.refused,
    )
