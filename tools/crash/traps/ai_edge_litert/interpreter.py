"""The real interpreter, until the model at hand ends in a trap.

A flatbuffer may be followed by anything. Here the last line of a file may say, as JSON, what becomes of the process
that runs the model: a bad delegate, a broken operator and a leak, made to measure. `Trap` says what can be said.
"""

from __future__ import annotations

import ctypes
import importlib.util
import json
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

MARK: Final = b"\nTRAP "
LONGEST: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Trap:
    """What happens, and where.

    Attributes:
        what: of WAYS.
        place: `selftest` for its child alone, `node` for all others, or both for `anywhere`.
        nth: 0 for when the model is loaded, else the number of the invoke in its process.
        armed: only where there is such a file; empty for always.
    """

    what: str
    place: str = "anywhere"
    nth: int = 0
    armed: str = ""

    def springs(self, invokes: int) -> bool:
        """Whether this is where."""
        here = "selftest" if sys.argv and sys.argv[0].endswith("selftest.py") else "node"
        return (
            invokes == self.nth and self.place in {here, "anywhere"} and (not self.armed or Path(self.armed).exists())
        )


def _fail() -> None:
    raise RuntimeError("the delegate has lost its device")


def _loop() -> None:
    while True:
        pass


def _hang() -> None:
    while True:
        signal.pause()


def _crash() -> None:
    ctypes.string_at(0)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _leak() -> None:
    kept = []
    while True:
        kept.append(bytearray(1 << 24))


WAYS: Final[dict[str, Callable[[], None]]] = {
    "fail": _fail,
    "loop": _loop,
    "hang": _hang,
    "crash": _crash,
    "die": _die,
    "leak": _leak,
}


def last_words(path: str) -> Trap | None:
    """Return the trap at the end of a model file; None where there is none."""
    with Path(path).open("rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - LONGEST))
        _, mark, words = file.read().rpartition(MARK)
    return Trap(**json.loads(words)) if mark else None


def _real() -> ModuleType:
    """Load the interpreter that this one stands in front of."""
    import ai_edge_litert

    for folder in ai_edge_litert.__path__[1:]:
        spec = importlib.util.spec_from_file_location("ai_edge_litert.untrapped", f"{folder}/interpreter.py")
        if spec is not None and spec.loader is not None:
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            return module
    raise ImportError("there is no ai_edge_litert behind the traps")


class Interpreter(_real().Interpreter):  # type: ignore[misc]  # a library without types
    """The real one, with a look at the model's last words."""

    def __init__(self, model_path: str, num_threads: int) -> None:
        """Load a model."""
        self._trap, self._invokes = last_words(model_path), 0
        self._spring()
        super().__init__(model_path=model_path, num_threads=num_threads)

    def invoke(self) -> None:
        """Run it."""
        self._invokes += 1
        self._spring()
        super().invoke()

    def _spring(self) -> None:
        if self._trap is not None and self._trap.springs(self._invokes):
            WAYS[self._trap.what]()
