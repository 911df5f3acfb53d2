"""Scripted: an engine that answers as it was told, for tests and for trying a cascade without a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.errors import EscalationError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    import numpy.typing as npt

    from gateway.escalate.window import Said


class Scripted:
    """Asks a function about each window; remembers how many came at once.

    Args:
        script: from a window to what is said of it; None, it fails.
        model: its name.
    """

    def __init__(self, script: Callable[[npt.NDArray[np.float32]], Said | None], model: str = "scripted@1") -> None:
        self.model = model
        self.batches: list[int] = []
        self.trouble = ""
        self.deaths = 0
        self._script = script

    def answer(self, windows: npt.NDArray[np.float32]) -> Sequence[Said]:
        """Answer for each window."""
        self.batches.append(len(windows))
        said = [self._script(each) for each in windows]
        answered = [each for each in said if each is not None]
        if len(answered) < len(said):
            raise EscalationError(f"{self.model} has no answer for one of {len(windows)} windows")
        return answered

    def interrupt(self) -> None:
        """Do nothing: it has no process."""

    def close(self) -> None:
        """Do nothing, alike."""
