"""The questions of the API about rollouts, over the desk that the commands stand at."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path
from starlette.exceptions import HTTPException

from gateway.clock import wall_ms
from gateway.rollout import desk, page
from gateway.rollout.events import Abort, Pause, Resume
from gateway.rollout.overview import overview
from gateway.rollout.wish import checked
from gateway.serve import shapes
from gateway.store import queries
from gateway.store.database import Store

if TYPE_CHECKING:
    from gateway.config import Config

RolloutName = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,32}$")]


def router(config: Config, responses: dict[int | str, dict[str, Any]], no_such: dict[int | str, Any]) -> APIRouter:
    """Return the questions.

    Args:
        config: the gateway's.
        responses: how a question may be refused.
        no_such: how one for what is not there is.
    """
    router = APIRouter(prefix="/rollouts", tags=["rollouts"], responses=responses)

    @router.get("")
    def every() -> list[shapes.Rollout]:
        """Return how every rollout stands."""
        return _seen(config)

    @router.post("", status_code=201)
    def create(wish: shapes.NewRollout) -> shapes.Rollout:
        """Have many nodes take a model, a few at first; it begins with the gateway's next tick."""
        words = {"zone": config.site.zone, **wish.model_dump(exclude_unset=True)}
        with closing(Store(config.store.path)) as store:
            created = desk.create(store, config, checked(**words), wall_ms())
        return _one(config, wish.name).model_copy(update={"notes": list(created.notes)})

    @router.get("/{name}", responses=no_such)
    def one(name: RolloutName) -> shapes.Rollout:
        """Return how a rollout stands, and each of its nodes."""
        return _one(config, name)

    @router.post("/{name}/pause")
    def pause(name: RolloutName) -> shapes.Rollout:
        """Offer nothing more; what nodes have begun goes on."""
        return _said(config, name, Pause())

    @router.post("/{name}/resume")
    def resume(name: RolloutName, how: shapes.GoOn) -> shapes.Rollout:
        """Go on with a rollout that was paused or has halted."""
        return _said(config, name, Resume(skips=how.next))

    @router.post("/{name}/abort")
    def abort(name: RolloutName, how: shapes.TakeBack) -> shapes.Rollout:
        """Take back what is offered, for good."""
        return _said(config, name, Abort(reverts=how.revert))

    return router


def _said(config: Config, name: str, word: Pause | Resume | Abort) -> shapes.Rollout:
    with closing(Store(config.store.path)) as store:
        desk.say(store, name, word)
    return _one(config, name)


def _one(config: Config, name: str) -> shapes.Rollout:
    with queries.reading(config.store.path) as database:
        found = page.named(database, name)
    if found is None:
        raise HTTPException(404, f"there is no rollout {name!r}")
    return _shown(found, wall_ms())


def _seen(config: Config) -> list[shapes.Rollout]:
    with queries.reading(config.store.path) as database:
        pages = page.every(database)
    now_ms = wall_ms()
    return [_shown(each, now_ms) for each in pages]


def _shown(each: page.Page, now_ms: int) -> shapes.Rollout:
    return shapes.Rollout.model_validate({**asdict(overview(each, now_ms)), "notes": []})
