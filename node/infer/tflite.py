"""TFLite: a model in a file, run by whichever TFLite runtime is installed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from node.errors import ModelError
from node.infer.heads import TABLE as HEADS
from node.options import Spec, option
from node.values import Inference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.infer.heads import Head
    from node.infer.model import Model
    from node.values import Features, Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Which model, how to run it, and how to read it."""

    model: Path = option("the model file, .tflite")
    head: Spec | None = option("what to make of its output; none: what its card says", default=None, parts=HEADS)
    name: str = option("how results name it, `name@version`; empty: as its card does, or file and digest", default="")
    threads: int = option("processors it may use", default=1, least=1, most=64)
    batch: int = option("most windows of one invoke, where the model allows it", default=64, least=1, most=4096)
    output: int = option("which of its outputs the head reads, from 0", default=0, least=0, most=63)
    stateful: bool = option("a recurrent model remembers from window to window", default=False)


class TFLite:
    """The engine. The file is opened with the first window; a file that was refused once is not tried again."""

    def __init__(self, params: Params) -> None:
        """Take the options.

        Args:
            params: nothing of them is opened yet.
        """
        self._params = params
        self._model: Model | None = None
        self._head: Head | None = None
        self._name = params.name
        self._refused = ""

    def infer(self, sample: Sample, features: Features | None) -> Sequence[Inference]:  # noqa: ARG002 - a model judges features
        """Run the model on every window and read its output with the head."""
        if features is None:
            raise ModelError("infer: a model needs features; name a block or channels under [start]")
        windows = features.data
        if not len(windows):
            return ()
        model, head = self._loaded()
        answers = head.judge(model.run(windows), windows.reshape(len(windows), -1))
        return [
            Inference(values=answer.values, confidence=answer.confidence, model=self._name, truth=features.truth)
            for answer in answers
        ]

    def load(self) -> None:
        """Open the file; a file that was refused once is not tried again."""
        self._loaded()

    def close(self) -> None:
        """Free the model; it is opened again if it is asked again."""
        self._model = None

    def _loaded(self) -> tuple[Model, Head]:
        if self._model is None or self._head is None:
            if self._refused:
                raise ModelError(self._refused)
            try:
                self._load()
            except ModelError as error:
                self._refused = str(error)
                raise
        return cast("Model", self._model), cast("Head", self._head)

    def _load(self) -> None:
        from node.infer.card import card_of, digest_of
        from node.infer.model import Model
        from node.infer.runtime import check_file

        params, path = self._params, self._params.model
        check_file(path)
        card = card_of(path)
        spec = params.head or (card.head if card else None)
        if spec is None:
            raise ModelError(f"nothing says how to read {path}: give infer.head, or put {path.stem}.toml beside it")
        self._head = cast("Head", spec.build())
        self._model = Model(path, params.threads, params.batch, params.output, stateful=params.stateful)
        # Without a card: the file's name and 32 bits of its digest, so that two versions never share a name.
        self._name = params.name or (card.model if card else f"{path.stem}@{digest_of(path)[:8]}")
