"""Plans: what an operator wants of a rollout, and which nodes come in which stage (pure).

Which nodes are the ten per cent is drawn from their names and the rollout's: the same at every start, others in every
rollout, and no matter of who happens to be awake.
"""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gateway.rollout.windows import Window
from node.wire.messages import ModelOffer

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

DEFAULT_STAGES: Final = ("1", "10%", "all")
_SHARE: Final = re.compile(r"(100|\d{1,2}(?:\.\d+)?) ?%")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Some of the nodes, which are offered the model when those of the stages before have proven it.

    Attributes:
        name: as the operator wrote it, or shorter.
        size: how many nodes.
    """

    name: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a rollout keeps to.

    Attributes:
        concurrency: nodes at most that are offered the model and are not through with it.
        success: share of a stage that must have it before the next one begins.
        failure: share of a stage that may fail at a time; one more, and it halts.
        patience_wakes: promised wakes without progress after which a node's turn is over.
        box_wakes: wakes that a node which failed is left alone.
        retries: how often it is tried again after that.
        least_charge: share of its battery that a node must have, where it tells it.
        reverts: whether a halt has the nodes that took it go back.
    """

    concurrency: int = 10
    success: float = 0.9
    failure: float = 0.1
    patience_wakes: int = 10
    box_wakes: int = 5
    retries: int = 1
    least_charge: float = 0.3
    reverts: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A rollout as it was created; it never changes.

    Attributes:
        name: of the rollout.
        goal: the model that the nodes are to have.
        stages: in order.
        limits: what it keeps to.
        windows: when offers may be made; none for always.
        zone: whose clock the windows mean, such as `Europe/Berlin`.
    """

    name: str
    goal: ModelOffer
    stages: tuple[Stage, ...]
    limits: Limits = Limits()
    windows: tuple[Window, ...] = ()
    zone: str = "UTC"

    @property
    def model(self) -> str:
        """The goal as nodes report it."""
        return titled(self.goal)

    def needs(self, stage: int, unreached: int) -> int:
        """How many of a stage must have the model before the next one begins: a share of those reached, and one.

        Args:
            stage: from 0.
            unreached: nodes of it that say nothing of the model, for they were never there.
        """
        return max(math.ceil(self.limits.success * (self.stages[stage].size - unreached) - 1e-9), 1)

    def bears(self, stage: int) -> int:
        """How many nodes of a stage may have failed."""
        return math.floor(self.limits.failure * self.stages[stage].size + 1e-9)


def titled(offer: ModelOffer) -> str:
    """Return a model's name as results and reports have it."""
    return f"{offer.model}@{offer.version}"


def staged(words: Sequence[str], nodes: Collection[str], seed: str) -> tuple[tuple[Stage, ...], dict[str, int]]:
    """Divide nodes into stages.

    Args:
        words: each a number of nodes, a share of all that is reached with it, names with commas between, or `all`;
            after the last one come all that are left.
        nodes: all.
        seed: what the order is drawn from: the rollout's name.

    Returns:
        The stages that have a node, and the stage of each node.

    Raises:
        ValueError: a word is none of these, means nobody, or names a node that is not among them.

    >>> staged(["n2", "50%"], ["n1", "n2", "n3", "n4"], "r1")[0]
    (Stage(name='n2', size=1), Stage(name='50%', size=1), Stage(name='all', size=2))
    """
    waiting = sorted(nodes, key=lambda node: hashlib.sha256(f"{seed}/{node}".encode()).digest())
    stages: list[Stage] = []
    of: dict[str, int] = {}
    for word in (*words, "all"):
        chosen = _chosen(word, waiting, len(nodes))
        if chosen:
            of |= dict.fromkeys(chosen, len(stages))
            stages.append(Stage(name=_stage_name(word, len(chosen)), size=len(chosen)))
            waiting = [node for node in waiting if node not in of]
    return tuple(stages), of


def _stage_name(word: str, size: int) -> str:
    return counted(size) if word.isdecimal() or len(word) > 16 else word


def counted(nodes: int) -> str:
    """Return a number of nodes as a person reads it.

    >>> counted(1), counted(12)
    ('1 node', '12 nodes')
    """
    return f"{nodes} node{'' if nodes == 1 else 's'}"


def _chosen(word: str, waiting: Sequence[str], total: int) -> Sequence[str]:
    if word == "all":
        return waiting
    share = _SHARE.fullmatch(word)
    if not (word if share is None else share[1]).strip("0."):
        raise ValueError(f"stage {word!r} is of nobody; write names, a number, 10% or all")
    if word.isdecimal():
        return waiting[: int(word)]
    if share is not None:
        reached = total - len(waiting)
        return waiting[: max(math.ceil(float(share[1]) / 100 * total - 1e-9) - reached, 0)]
    names = word.split(",")
    strangers = [name for name in names if name not in waiting]
    if strangers:
        known = "is not among its nodes, or in two stages"
        raise ValueError(f"stage {word!r}: {', '.join(strangers)} {known}; write names, a number, 10% or all")
    return names
