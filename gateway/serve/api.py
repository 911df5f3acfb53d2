"""The questions that the API answers. Each is a few lines over the desk that the command of the same name stands at.

They run in threads of their own, with connections of their own to the database: a slow caller never holds up a commit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from gateway.clock import wall_ms
from gateway.errors import ConfigError, GatewayError, StoreError
from gateway.policy import desk
from gateway.serve import downlink, guard, nodes, rollouts, shapes
from gateway.store import queries

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import JSONResponse

    from gateway.config import Config

    Edges = Callable[[], tuple[dict[str, int], dict[str, str]]]

PREFIX: Final = "/v1"
DESCRIPTION: Final = f"{PREFIX}/openapi.json"
_REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"description": told, "content": {guard.MEDIA_TYPE: {"schema": shapes.Problem.model_json_schema()}}}
    for status, told in (
        (401, "no token"),
        (409, "it cannot be done as things are"),
        (413, "too long"),
        (422, "what was sent is wrong, and what would be right"),
        (503, "the database cannot be read or written now"),
    )
}
_NO_SUCH: Final[dict[int | str, dict[str, Any]]] = {404: {**_REFUSALS[401], "description": "there is none"}}


def alone() -> tuple[dict[str, int], dict[str, str]]:
    """Tell of no edges: the API without a gateway that runs."""
    return {}, {}


def build(config: Config, edges: Edges = alone) -> FastAPI:
    """Put the API together; who may ask is the guard's business.

    Args:
        config: the gateway's.
        edges: tells how the gateway fares beside its database: what it counted, and what is not as it should be.
    """
    api = FastAPI(
        title=f"Torpor gateway, site {config.site.name}",
        version="1",
        openapi_url=DESCRIPTION,
        docs_url=None,  # its pages would have browsers fetch scripts from elsewhere
        redoc_url=None,
    )
    api.include_router(_site(config, edges), prefix=PREFIX)
    api.include_router(nodes.router(config, _REFUSALS, _NO_SUCH), prefix=PREFIX)
    api.include_router(_policies(config), prefix=PREFIX)
    api.include_router(rollouts.router(config, _REFUSALS, _NO_SUCH), prefix=PREFIX)
    api.include_router(downlink.router(config, responses=_REFUSALS), prefix=PREFIX)
    api.add_exception_handler(GatewayError, _not_done)
    api.add_exception_handler(RequestValidationError, _not_valid)
    api.add_exception_handler(HTTPException, _not_there)
    return api


def _site(config: Config, edges: Edges) -> APIRouter:
    router = APIRouter(tags=["site"], responses=_REFUSALS)

    @router.get("/site")
    def site() -> shapes.Site:
        """Return what the gateway has stored, what it refused, and what is not as it should be."""
        counters, reasons = edges()
        with queries.reading(config.store.path) as database:
            found = queries.counted(database)
        found["counters"] |= counters
        return shapes.Site(site=config.site.name, reasons=reasons, **found)

    return router


def _policies(config: Config) -> APIRouter:
    router = APIRouter(prefix="/policies", tags=["policies"], responses=_REFUSALS)

    @router.get("")
    def history(asked: Annotated[shapes.Past, Query()]) -> list[shapes.Policy]:
        """Return what was signed, the newest first."""
        meant = asked.audience(config) if asked.node or asked.group else ""
        return [shapes.Policy.of(each) for each in desk.history(config, meant, asked.most)]

    @router.post("", status_code=201)
    def put(wish: shapes.Wish) -> shapes.Policy:
        """Sign settings for a node, a group or the whole site; nodes hear of it when they next wake."""
        now_ms = wall_ms()
        draft = desk.drafted(config, wish.audience(config), wish.settings, now_ms, days=wish.days, note=wish.note)
        return shapes.Policy.of(desk.put(config, draft, now_ms))

    @router.post("/revert", status_code=201)
    def revert(wish: shapes.Return) -> shapes.Policy:
        """Sign the settings of an earlier policy anew."""
        now_ms, meant = wall_ms(), wish.audience(config)
        before = desk.earlier(desk.history(config, meant), wish.to, meant)
        note = wish.note or f"reverted to {before.counter if before else 0}"
        settings = before.settings if before else {}
        draft = desk.drafted(config, meant, settings, now_ms, days=wish.days, note=note)
        return shapes.Policy.of(desk.put(config, draft, now_ms))

    return router


def _not_done(_: Request, error: Exception) -> JSONResponse:
    if isinstance(error, ConfigError):
        told = {each.path: each.message for each in error.problems}
        return guard.problem(422, "not what can be done", problems=told)
    if isinstance(error, StoreError):
        return guard.problem(503, "the database", str(error))
    return guard.problem(409, "not now", str(error))


def _not_valid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    told = {".".join(map(str, each["loc"][1:])) or "body": str(each["msg"]) for each in error.errors()}
    return guard.problem(422, "not what belongs there", problems=told)


def _not_there(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return guard.problem(error.status_code, "not here", str(error.detail))
