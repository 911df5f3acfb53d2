"""Engine: what answers here. One method, over any runtime.

The end of a model's name says which: `.tflite`, `.onnx`. A runtime is imported when a model for it is opened.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final, Protocol, cast

from gateway.errors import EscalationError
from gateway.escalate.window import Said, judged

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from gateway.escalate.card import Card

RUNTIMES: Final = {".onnx": "gateway.escalate.onnx:Onnx", ".tflite": "gateway.escalate.tflite:Tflite"}


class Engine(Protocol):
    """Something that answers for windows."""

    @property
    def model(self) -> str:
        """Its name, `name@version`."""
        ...

    def answer(self, windows: npt.NDArray[np.float32]) -> Sequence[Said]:
        """Answer for each window.

        Args:
            windows: (windows, ...) float32, as the node's model was shown them.

        Raises:
            EscalationError: they do not fit the model, or it failed on them.
        """
        ...


class Runtime(Protocol):
    """An opened model: from arrays to arrays. Constructed as `Class(path, threads)`."""

    def run(self, windows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return (windows, numbers) for (windows, ...); any Exception says that it could not."""
        ...


class Classifier:
    """A runtime whose output is read as its card says.

    Args:
        runtime: opened.
        card: of the model.
    """

    def __init__(self, runtime: Runtime, card: Card) -> None:
        self.model = card.model
        self._runtime = runtime
        self._head = card.head

    def answer(self, windows: npt.NDArray[np.float32]) -> Sequence[Said]:
        """Run the model, and read what it says; see `Engine`."""
        head = self._head
        try:
            output = self._runtime.run(windows)
            return judged(output.reshape(len(windows), -1), head.labels, head.temperature, logits=head.logits)
        except Exception as error:  # a runtime raises what it likes, and a model's fault is not the gateway's end
            raise EscalationError(f"{self.model} failed on windows of {windows.shape[1:]}: {error}") from error


def opened(path: Path, threads: int) -> Engine:
    """Open a model.

    Raises:
        EscalationError: there is no runtime for it, or it cannot be opened, or has no card.
    """
    from gateway.escalate.card import read

    target = RUNTIMES.get(path.suffix)
    if target is None:
        raise EscalationError(f"{path}: no runtime for {path.suffix!r}; there are: {', '.join(RUNTIMES)}")
    card = read(path)
    module, _, name = target.partition(":")
    try:
        made = cast("Callable[[Path, int], Runtime]", getattr(importlib.import_module(module), name))
        return Classifier(made(path, threads), card)
    except Exception as error:  # as above: of a file that is no model, a runtime says so in its own way
        raise EscalationError(f"the model {path} cannot be opened: {error}") from error
