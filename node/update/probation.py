"""Probation: the model that was installed last answers beside the old one, unheard, until both are known to agree.

Each window is counted on disk before the candidate sees it: what ends the process does so a few times, and no more.
"""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Final

from node.update.machine import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from node.infer import Engine
    from node.update.updater import Updater
    from node.values import Features, Inference, Sample, Value

log = logging.getLogger(__name__)

CLOSE: Final = 0.1
"""Answers without a label agree where their numbers are so near, as a share."""


class Probation:
    """The candidate, where there is one."""

    def __init__(self, updater: Updater, build: Callable[[Path], Engine]) -> None:
        """Load nothing yet.

        Args:
            updater: knows who is on probation, and is told how it goes.
            build: makes the engine of a model file.
        """
        self._updater = updater
        self._build = build
        self._engine: Engine | None = None
        self._is = ""
        self._trouble = ""

    @property
    def is_on(self) -> bool:
        """Whether anybody is on probation."""
        return self._updater.step is Step.SHADOW

    def beside(self, sample: Sample, features: Features | None, answers: Sequence[Inference]) -> Engine | None:
        """Have the candidate answer what the old model has answered.

        Returns:
            The candidate, where this was the end of its probation, and a good one.
        """
        try:
            others = self._ask(sample, features)
            if others is not None:
                agreed = sum(agree(mine.values, its.values) for mine, its in zip(answers, others, strict=False))
                return self._noted(len(answers), agreed)
        except OSError as error:
            self._wait(error)
        return None

    def alone(self, sample: Sample, features: Features | None) -> tuple[Sequence[Inference], Engine | None]:
        """Have the candidate answer where no other model can: it has passed its self-test, and the others did not.

        Returns:
            Its answers, none where it cannot either; and what `beside` returns.
        """
        others: Sequence[Inference] | None = None
        try:
            others = self._ask(sample, features, is_alone=True)
            if others is not None:
                return others, self._noted(len(others), len(others))
        except OSError as error:
            self._wait(error)
        return others or (), None

    def close(self) -> None:
        """Free the candidate."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def _ask(self, sample: Sample, features: Features | None, *, is_alone: bool = False) -> Sequence[Inference] | None:
        if self._is != self._updater.digest:
            self.close()
        model = self._updater.candidate()
        if model is None:
            self.close()
            return None
        if self._engine is None:
            self._engine, self._is = self._build(model), self._updater.digest
        try:
            return self._engine.infer(sample, features)
        except Exception as error:  # noqa: BLE001 - the boundary: a candidate must not cost the old model's answers
            if is_alone:  # nothing is proven by a window that nobody can answer
                self._updater.compared(shown=0, agreed=0)
                return None
            self.close()
            self._updater.refuse(f"on probation: {type(error).__name__}: {error}")
            return None

    def _noted(self, shown: int, agreed: int) -> Engine | None:
        self._updater.compared(shown=shown, agreed=agreed)
        if self._updater.step is Step.SUCCESSFUL:
            passed, self._engine = self._engine, None
            return passed
        if not self.is_on:
            self.close()
        return None

    def _wait(self, error: OSError) -> None:
        """Uncounted, nobody is tried; it is said once."""
        if str(error) != self._trouble:
            self._trouble = str(error)
            log.warning("update: the probation waits for the disk: %s", error)


def agree(one: Mapping[str, Value], other: Mapping[str, Value]) -> bool:
    """Whether two models say the same of a window: the label where there is one, else numbers that are close."""
    if "label" in one or "label" in other:
        return one.get("label") == other.get("label")
    return one.keys() == other.keys() and all(_close(one[name], other[name]) for name in one)


def _close(one: Value, other: Value) -> bool:
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=CLOSE, abs_tol=CLOSE / 100)
    return one == other
