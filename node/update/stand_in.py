"""The stand-in: an engine that is whichever model answers now; beside it, the one on probation answers unheard.

Where a slot's model cannot be loaded, the one before it answers, and in the end the factory's: a node that has one good
model is never without an answer.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast

from node.errors import ModelError
from node.update.machine import Step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from node.infer import Engine
    from node.options import Spec
    from node.update.updater import Updater
    from node.values import Features, Inference, Sample, Value

CLOSE: Final = 0.1
"""Answers without a label agree where their numbers are so near, as a share."""


class StandIn:
    """An engine over slots."""

    def __init__(self, factory: Spec, updater: Updater) -> None:
        """Load nothing yet.

        Args:
            factory: the engine as it is configured.
            updater: knows the slots, and who is on probation.
        """
        self._factory = factory
        self._updater = updater
        self._engine: Engine | None = None
        self._candidate: Engine | None = None
        self._candidate_is = ""
        self._name = ""

    @property
    def name(self) -> str:
        """What answers now, `name@version`; empty before the factory's first answer."""
        now = self._updater.slots.now
        return self._name or now.names.get(now.active, "")

    def infer(self, sample: Sample, features: Features | None) -> Sequence[Inference]:
        """Answer, and have the candidate answer beside."""
        answers = self._loaded().infer(sample, features)
        if answers:
            self._name = answers[0].model
            if self._updater.step is Step.SHADOW:
                self._compare(sample, features, answers)
        return answers

    def load(self) -> None:
        """Load what answers."""
        self._loaded()

    def close(self) -> None:
        """Free both."""
        for each in (self._engine, self._candidate):
            if each is not None:
                each.close()
        self._engine = self._candidate = None

    def _loaded(self) -> Engine:
        if self._engine is None:
            self._engine = self._first_that_loads()
        return self._engine

    def _first_that_loads(self) -> Engine:
        slots = self._updater.slots
        *later, factory = slots.order()
        for slot in later:
            engine = self._build(slots.model(slot))
            try:
                engine.load()
            except ModelError as error:
                slots.give_up(slot, str(error))
            else:
                return engine
        return self._build(slots.model(factory))

    def _build(self, model: Path | None) -> Engine:
        """Build the engine of a model in a slot, which its card describes; the factory's for None."""
        if model is None:
            return cast("Engine", self._factory.build())
        params: Any = self._factory.params
        return cast("Engine", replace(self._factory, params=replace(params, model=model, name="", head=None)).build())

    def _compare(self, sample: Sample, features: Features | None, answers: Sequence[Inference]) -> None:
        if self._candidate is None or self._candidate_is != self._updater.digest:
            self._drop()
            model = self._updater.candidate()
            if model is None:
                return
            self._candidate, self._candidate_is = self._build(model), self._updater.digest
        try:
            others = self._candidate.infer(sample, features)
        except Exception as error:  # noqa: BLE001 - the boundary: a candidate must not cost the old model's answers
            self._drop()
            self._updater.refuse(f"on probation: {type(error).__name__}: {error}")
            return
        agreed = sum(agree(mine.values, its.values) for mine, its in zip(answers, others, strict=False))
        self._updater.compared(shown=len(answers), agreed=agreed)
        if self._updater.step is Step.SUCCESSFUL:
            assert self._engine, "it has just answered"
            self._engine.close()
            self._engine, self._candidate, self._name = self._candidate, None, others[0].model
        elif self._updater.step is not Step.SHADOW:
            self._drop()

    def _drop(self) -> None:
        if self._candidate is not None:
            self._candidate.close()
            self._candidate = None


def agree(one: Mapping[str, Value], other: Mapping[str, Value]) -> bool:
    """Whether two models say the same of a window: the label where there is one, else numbers that are close."""
    if "label" in one or "label" in other:
        return one.get("label") == other.get("label")
    return one.keys() == other.keys() and all(_close(one[name], other[name]) for name in one)


def _close(one: Value, other: Value) -> bool:
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=CLOSE, abs_tol=CLOSE / 100)
    return one == other
