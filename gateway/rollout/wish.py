"""Wishes: what an operator asks of a rollout, checked as a whole before anything happens."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, ValidationError

from gateway.config import Name, Section, Zone
from gateway.errors import ConfigError, Problem
from gateway.rollout.plan import DEFAULT_STAGES, Limits
from gateway.rollout.windows import parsed


def _window(text: str) -> str:
    return str(parsed(text))


class Wish(Section):
    """A rollout as it is asked for."""

    name: Name = Field(description="of the rollout, [a-z0-9-]{1,32}")
    target: str = Field(min_length=1, description="the model, as it is published: digits@2.tflite")
    nodes: tuple[Name, ...] = Field(default=(), description="for these; none, and no group: for all that have spoken")
    groups: tuple[Name, ...] = Field(default=(), description="and for the nodes whose `[policy] group` is one of these")
    stages: tuple[str, ...] = Field(
        default=DEFAULT_STAGES,
        description="a number of nodes, a share of all that is reached with it, names with commas between, or `all`",
    )
    concurrency: int = Field(
        default=Limits().concurrency, ge=1, description="nodes at most that are offered it and are not through"
    )
    success: float = Field(
        default=Limits().success, gt=0, le=1, description="share of a stage that must have it before the next begins"
    )
    failure: float = Field(
        default=Limits().failure, ge=0, lt=1, description="share of a stage that may fail; one more, and it halts"
    )
    patience_wakes: int = Field(
        default=Limits().patience_wakes, ge=3, le=1000, description="promised wakes without progress that end a turn"
    )
    box_wakes: int = Field(
        default=Limits().box_wakes, ge=0, le=1000, description="wakes that a node which failed is left alone"
    )
    retries: int = Field(default=Limits().retries, ge=0, le=20, description="how often it is tried again after that")
    least_charge: float = Field(
        default=Limits().least_charge,
        ge=0,
        le=1,
        description="share of its battery that a node must have, where it tells it",
    )
    reverts: bool = Field(default=True, description="a halt has the nodes that took it go back")
    windows: tuple[Annotated[str, AfterValidator(_window)], ...] = Field(
        default=(), description="when offers may be made, such as 'sat,sun 01:00-04:00'; none: always"
    )
    zone: Zone = Field(default="UTC", description="whose clock these mean, such as Europe/Berlin")

    def limits(self) -> Limits:
        """Return what the rollout keeps to."""
        return Limits(**self.model_dump(include=set(Limits.__dataclass_fields__)))


def checked(**words: object) -> Wish:
    """Return a wish.

    Raises:
        ConfigError: every word that is wrong.
    """
    try:
        return Wish.model_validate(words)
    except ValidationError as error:
        raise ConfigError([_problem(each["loc"], each["msg"], each["input"]) for each in error.errors()]) from error


def _problem(where: tuple[int | str, ...], message: str, given: object) -> Problem:
    return Problem(str(where[0]), f"{message.removeprefix('Value error, ')}; got {given!r}")
