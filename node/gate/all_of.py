"""All-of: open when every one of several rules opens at the same sample."""

from __future__ import annotations

from dataclasses import dataclass

from node.gate import TABLE
from node.gate.branches import Branches
from node.options import Spec, option
from node.values import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """The rules below."""

    gates: tuple[Spec, ...] = option("tables with a part of this room each, and its options", parts=TABLE)

    def __post_init__(self) -> None:
        if not self.gates:
            raise ValueError("gates is empty; name at least one")


class AllOf(Branches):
    """Shut if any branch is shut; else missing if any is missing; else open."""

    def __init__(self, params: Params) -> None:
        super().__init__(params.gates, decisive=Outcome.SHUT)
