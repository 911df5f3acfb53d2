"""Any-of: open when at least one of several rules opens."""

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


class AnyOf(Branches):
    """Open if any branch is open; else missing if any is missing; else shut."""

    def __init__(self, params: Params) -> None:
        super().__init__(params.gates, decisive=Outcome.OPEN)
