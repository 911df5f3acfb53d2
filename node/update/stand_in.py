"""The stand-in: an engine that is whichever model answers now; beside it, the one on probation answers unheard.

Where a slot's model cannot be loaded, ends its process start after start, or fails on windows that another answers, the
one before it takes its place, and in the end the factory's: a node that has one good model is never without an answer.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast

from node.errors import ModelError
from node.update.probation import Probation
from node.update.slots import FACTORY
from node.update.trace import FADES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from node.infer import Engine
    from node.options import Spec
    from node.update.updater import Updater
    from node.values import Features, Inference, Sample

MOST_FAULTS: Final = 3
"""Windows in a row that the model in a slot fails on and another one answers, after which it is given up."""
FIRST: Final = 8
"""Windows of a start that are counted on disk before the model in a slot sees them.

Each of them costs two writes, so that it is not all. Later ones leave a trace, which outlives the process alone.
"""


class StandIn:
    """An engine over slots."""

    def __init__(self, factory: Spec, updater: Updater) -> None:
        """Load nothing yet.

        Args:
            factory: the engine as it is configured.
            updater: knows the slots, and who is on probation.
        """
        self._factory = factory
        self._slots = updater.slots
        self._probation = Probation(updater, self._build)
        self._engine: Engine | None = None
        self._slot = FACTORY
        self._first = FACTORY
        self._faults = self._answered = 0
        self._name = ""

    @property
    def name(self) -> str:
        """What answers now, `name@version`; empty before the factory's first answer."""
        return self._name or self._slots.now.names.get(self._slots.order()[0], "")

    def infer(self, sample: Sample, features: Features | None) -> Sequence[Inference]:
        """Answer, and have the candidate answer beside."""
        try:
            answers = self._risked().infer(sample, features)
        except Exception as error:  # the boundary: a model that fails where another does not costs no answer
            self._survived()
            answers, passed = self._instead(sample, features, error), None
            if not answers and self._probation.is_on:
                answers, passed = self._probation.alone(sample, features)
            if not answers:
                raise
        else:
            if not answers:
                self._slots.trace.answered()
                return answers
            self._faults = 0
            self._outlived()
            passed = self._probation.beside(sample, features, answers) if self._probation.is_on else None
        self._name = answers[0].model
        if passed is not None:
            self._change(passed, self._slots.now.active)
        return answers

    def load(self) -> None:
        """Load what answers."""
        self._loaded()

    def close(self) -> None:
        """Free both; an orderly end is not held against a model."""
        if self._engine is not None:
            self._engine.close()
            self._slots.forgive(self._slot)
        self._probation.close()
        self._engine = None

    def _risked(self) -> Engine:
        """Return what answers, once it is counted that it is asked: it may end the process."""
        engine = self._loaded()
        if self._answered < FIRST:
            self._slots.risk(self._slot)
        else:
            self._slots.trace.asked()
        return engine

    def _outlived(self) -> None:
        """Take the count back: for this window, or for good."""
        self._answered += 1
        if self._answered == FIRST:
            self._slots.settle(self._slot)
        elif self._answered == FADES:
            self._slots.trace.end()
        else:
            self._survived()

    def _survived(self) -> None:
        """Take back what was noted before this window."""
        if self._answered < FIRST:
            self._slots.outlived(self._slot)
        else:
            self._slots.trace.answered()

    def _loaded(self) -> Engine:
        """Return what answers, anew where others have their turn: a commit that was cut short is made up for later."""
        order = self._slots.order()
        if self._engine is None or self._first != order[0]:
            self._change(*self._first_that_loads(order))
        assert self._engine, "there is always the factory's"
        return self._engine

    def _first_that_loads(self, order: Sequence[str]) -> tuple[Engine, str]:
        """Load one model after the other; the factory's, the last, is loaded by its first window."""
        for slot in order:
            if slot != FACTORY and self._slots.begin(slot):
                engine = self._build(self._slots.model(slot))
                try:
                    engine.load()
                except ModelError as error:
                    self._slots.give_up(slot, str(error))
                else:
                    return engine, slot
        return self._build(None), FACTORY

    def _build(self, model: Path | None) -> Engine:
        """Build the engine of a model in a slot, which its card describes; the factory's for None."""
        if model is None:
            return cast("Engine", self._factory.build())
        params: Any = self._factory.params
        return cast("Engine", replace(self._factory, params=replace(params, model=model, name="", head=None)).build())

    def _instead(self, sample: Sample, features: Features | None, error: Exception) -> Sequence[Inference]:
        """Have those that come after this model answer; none where there is none, or it is the window that is wrong."""
        order = self._slots.order()
        if self._engine is None or self._slot not in order[:-1]:
            return ()
        other, slot = self._first_that_loads(order[order.index(self._slot) + 1 :])
        try:
            answers = other.infer(sample, features)
        except Exception:  # noqa: BLE001 - as in `infer`; it is this model's error that is told
            other.close()
            return ()
        finally:
            self._slots.outlived(slot)
        self._faults += 1
        if self._faults < MOST_FAULTS:
            other.close()
        else:
            self._slots.give_up(self._slot, f"failed on {self._faults} windows that another answered: {error}")
            self._change(other, slot)
        return answers

    def _change(self, engine: Engine, slot: str) -> None:
        if self._engine is not None:
            self._engine.close()
            self._slots.trace.end()
        self._engine, self._slot, self._faults, self._answered = engine, slot, 0, 0
        self._first = self._slots.order()[0]
        self._name = self._slots.now.names.get(slot, "")
