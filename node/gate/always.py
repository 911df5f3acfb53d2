"""Always: every sample is worth waking for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from node.values import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from node.gate import State
    from node.values import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Always has no options."""


class Always:
    """The gate of a node that has none: it opens for each sample, whatever is in it."""

    channels: tuple[str, ...] = ()

    def __init__(self, params: Params) -> None:
        self._params = params

    def judge(self, sample: Sample) -> Verdict:  # noqa: ARG002 - the sample does not matter here
        """Open."""
        return Verdict(Outcome.OPEN, "always open")

    def memory(self) -> State:
        """Return nothing: there is nothing to remember."""
        return {}

    def recall(self, state: Mapping[str, float]) -> None:
        """Take back nothing."""
