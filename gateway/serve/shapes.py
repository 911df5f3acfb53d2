"""What goes in and out of the API, as pydantic has it checked and OpenAPI describes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gateway.downlink import desk as downlink
from gateway.downlink.command import told
from gateway.policy import desk
from gateway.publish import output
from gateway.rollout.wish import Wish as Wished

if TYPE_CHECKING:
    from gateway import config
    from gateway.downlink.register import Command as Ordered
    from gateway.policy.register import Signed

Setting = Annotated[float | int | str, Field(union_mode="smart")]
Name = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$", examples=["pump-3"])]


class Shape(BaseModel):
    """Strict about its keys: a misspelt wish is refused, not half granted."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Whom(Shape):
    """For whom a policy is; the whole site where nobody is named."""

    node: Name | None = Field(default=None, description="one node")
    group: Name | None = Field(default=None, description="the nodes whose `[policy] group` this is")

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if self.node is not None and self.group is not None:
            raise ValueError("give a node or a group, not both")
        return self

    def audience(self, found: config.Config) -> str:
        """Return it as it stands in a policy."""
        return desk.audience(found.site.name, node=self.node, group=self.group)


class Past(Whom):
    """What to show of the history; all of it where nobody is named."""

    most: int = Field(default=20, ge=1, le=1000, description="how many")


class Terms(Whom):
    """How long a policy holds, and why it was signed."""

    days: float | None = Field(default=None, gt=0, le=desk.MOST_DAYS, description="how long; none: `valid_days`")
    note: str = Field(default="", max_length=desk.LONGEST_NOTE, description="why, for the history")


class Wish(Terms):
    """A policy to be signed."""

    settings: dict[str, Setting] = Field(
        min_length=1, max_length=64, description="what to live by", examples=[{"sleep.period_s": 60}]
    )


class Return(Terms):
    """A wish to go back to an earlier policy."""

    to: int | None = Field(
        default=None, ge=0, description="its counter; none: the one before; 0: the nodes' own configuration"
    )


class Some(Shape):
    """Which nodes to show, by name."""

    after: Annotated[str, Field(pattern=r"^[a-z0-9-]{0,32}$")] = Field(
        default="", description="those whose names follow this one, such as the last that was shown"
    )
    most: int = Field(default=1000, ge=1, le=1000, description="how many")


class Stay(Shape):
    """A wish for a node to stay up."""

    seconds: float = Field(
        ge=0, le=downlink.LONGEST_S, description="from now on; the node cuts it to its own limits; 0 takes it back"
    )


class Lease(Shape):
    """What a node was asked, and what it says to it."""

    until: str | None = Field(description="until when it is asked to stay up; null: it is not")
    held: str | None = Field(description="until when it says that it does; null: it does not say so")
    refused: str = Field(description="why it does not, or not for so long; empty where it does")


class Order(Shape):
    """A command to be carried out once."""

    words: str = Field(
        pattern=f"^{downlink.WORDS}$", description="doctor, identify, raw or reboot", examples=["identify"]
    )
    minutes: float = Field(
        default=downlink.HELD_MINUTES,
        gt=0,
        le=downlink.MOST_MINUTES,
        description="how long it may take until the node begins; after that it does not",
    )


class Command(Shape):
    """A command that was ordered."""

    id: int = Field(description="rises with every command of the site")
    node: str = Field(description="for whom")
    words: str = Field(description="what")
    state: str = Field(description="sent, accepted, running, successful, failed or expired")
    reason: str = Field(description="why it failed or expired, or more about how it went")
    findings: dict[str, str] = Field(description="what it found, by what it looked at")
    made: str = Field(description="when it was ordered")
    not_after: str = Field(description="when it is not begun any more")
    changed: str = Field(description="when its state was last heard to change")

    @classmethod
    def of(cls, command: Ordered) -> Self:
        """Show what is in the register."""
        return cls.model_validate(told(command))


class Policy(Shape):
    """A policy that was signed."""

    counter: int = Field(description="rises with every policy of the site")
    audience: str = Field(description="for whom: `site`, `site/node` or `site/+group`")
    source: str = Field(description="who had it signed: the operator, or the schedule")
    note: str = Field(description="why")
    made: str = Field(description="when it was signed")
    not_after: str = Field(description="until when it holds")
    settings: dict[str, Setting] = Field(description="what to live by; none: the nodes' own configuration")

    @classmethod
    def of(cls, signed: Signed) -> Self:
        """Show what is in the register."""
        return cls(
            counter=signed.counter,
            audience=signed.audience,
            source=signed.source,
            note=signed.note,
            made=output.iso(signed.made_ms),
            not_after=output.iso(signed.not_after_ms),
            settings={name: value for name, value in signed.settings.items() if value is not None},
        )


class NewRollout(Wished):
    """A rollout that is asked for."""


class GoOn(Shape):
    """How a rollout goes on."""

    next: bool = Field(default=False, description="to the next stage, though this one is not through")


class TakeBack(Shape):
    """How a rollout ends."""

    revert: bool = Field(default=False, description="nodes that took the model go back")


class Stage(Shape):
    """A stage of a rollout in numbers."""

    name: str = Field(description="as it was asked for: a number, a share, names, or all")
    size: int = Field(description="nodes in it")
    needs: int = Field(description="so many must have the model before the next stage begins")
    bears: int = Field(description="so many may fail; one more, and the rollout halts")
    failing: int = Field(description="so many fail now")
    phases: dict[str, int] = Field(description="how many of its nodes stand where")


class Member(Shape):
    """A node in a rollout."""

    node: str = Field(description="its name")
    phase: str = Field(description="where it stands")
    reason: str = Field(description="why it stands there; empty where there is nothing to say")
    progress: str = Field(description="what it tells of its update")


class Rollout(Shape):
    """A rollout in numbers."""

    name: str = Field(description="its name")
    model: str = Field(description="what its nodes are to have")
    course: str = Field(description="how it goes")
    reason: str = Field(description="why it goes so")
    waits: str = Field(description="what it waits for; empty where it waits for nothing but nodes")
    stage: int = Field(description="the stage under way, from 1")
    made: str = Field(description="when it was created")
    windows: list[str] = Field(description="when offers may be made; none: always")
    zone: str = Field(description="whose clock these mean")
    stages: list[Stage] = Field(description="each in numbers")
    nodes: list[Member] = Field(description="where each of them stands")
    notes: list[str] = Field(description="what to know of one that was just created")


class Steered(Shape):
    """What a node was told, and what it says to it."""

    sent: int = Field(description="the counter of the policy that it was sent; 0: none")
    in_force: int = Field(description="the counter of the one it lives by; 0: its own configuration")
    state: str = Field(description="in words: in force, waiting for its next wake, not in force")
    settings: dict[str, Setting | None] = Field(description="what of it is in force there")
    refused: dict[str, str] = Field(description="by setting, what it changed or left out, and why")

    @classmethod
    def of(cls, shown: desk.Shown) -> Self:
        """Show what a desk says of a node, whose name stands elsewhere."""
        return cls.model_validate({name: shown[name] for name in cls.model_fields})  # type: ignore[literal-required]


class Node(Shape):
    """One node."""

    node: str = Field(description="its name")
    state: str = Field(description="init, ready, sleeping, disconnected, late or lost")
    heard: str = Field(description="when anything was last heard of it")
    model: str = Field(description="what answers there; empty where it has not told")
    update: dict[str, str] = Field(description="how its last update of the model stands")
    policy: Steered | None = Field(
        description="what it was told to live by; null where it has not told what it runs on"
    )
    energy: dict[str, object] | None = Field(description="where its joules went, as under `_/<node>/energy`")


class Site(Shape):
    """The gateway at a glance."""

    site: str = Field(description="its name")
    records_stored: int = Field(description="rows in the database")
    raw_stored: int = Field(description="raw windows there")
    duplicates: int = Field(description="records that came again")
    quarantined: int = Field(description="messages that break the contract")
    counters: dict[str, int] = Field(description="everything that is counted, see Counters")
    reasons: dict[str, str] = Field(
        description="what is not as it should be, as under `_/status`: `store`, `broker`, `escalate`, `models`"
    )


class Problem(Shape):
    """Why a wish is not granted (RFC 9457, `application/problem+json`)."""

    title: str = Field(description="what kind of trouble")
    status: int = Field(description="the status of the answer")
    detail: str = Field(default="", description="this case of it")
    problems: dict[str, str] = Field(default={}, description="by the path of what is wrong: what would be right")
