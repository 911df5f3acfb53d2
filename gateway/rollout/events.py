"""What happens to a rollout: what nodes tell, that they wake, that time goes by, and what operators want."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from node.wire.messages import Reported


@dataclass(frozen=True, slots=True)
class Woke:
    """A node was heard, and has promised to be heard again after so long."""

    node: str
    period_ms: int


@dataclass(frozen=True, slots=True)
class Charged:
    """A node told its charge, as a share."""

    node: str
    charge: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A node told what it runs on, and where its update stands.

    Attributes:
        node: who.
        model: what answers, `name@version`; empty where nothing has yet.
        target: of the update, as the gateway offered it; empty while there is none.
        state: of the update, in the node's words.
        progress: all that it tells of it: another text means that something went on.
        reason: why it failed, or what it waits for.
        broken: why a model that was committed answers no more; empty where none is.
    """

    node: str
    model: str = ""
    target: str = ""
    state: str = ""
    progress: str = ""
    reason: str = ""
    broken: str = ""


@dataclass(frozen=True, slots=True)
class Tick:
    """It is so late, by the gateway's clock; all that is decided is decided then."""

    now_ms: int


@dataclass(frozen=True, slots=True)
class Pause:
    """Offer nothing more; what nodes have begun goes on."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Go on; with `skips`, also to the next stage, though this one is not through."""

    skips: bool = False


@dataclass(frozen=True, slots=True)
class Abort:
    """Take back what is offered, for good; with `reverts`, have those that took it go back."""

    reverts: bool = False


Event = Woke | Charged | Told | Tick | Pause | Resume | Abort


def told(node: str, message: Reported) -> Told:
    """Read a node's report."""
    update: Mapping[str, str] = message.update
    broken = (reason for name, reason in update.items() if name.startswith("slot "))
    return Told(
        node=node,
        model=message.model,
        target=update.get("target", ""),
        state=update.get("state", ""),
        progress="; ".join(f"{name} {word}" for name, word in sorted(update.items()) if name != "target"),
        reason=update.get("reason", ""),
        broken=next(broken, ""),
    )
