"""Fitness: whether a node can run a model at all, as far as that can be said without running it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from node.update.terms import Terms

RUNTIMES: Final = ("tflite",)
"""What the engine of `[infer] part = "tflite"` is."""


def unfit(terms: Terms, size_bytes: int, *, board: str, most_bytes: int, committed: Mapping[str, int]) -> str:
    """Return why a model is nothing for this node; empty where nothing speaks against it.

    Args:
        terms: what its publisher says.
        size_bytes: of the file.
        board: this node's.
        most_bytes: what it may take.
        committed: the oldest version of each model that this node still takes, by those that it has committed.

    >>> from node.update.terms import Terms
    >>> terms = Terms(model="digits", version=2, card="", boards=("coral-dev-board",))
    >>> unfit(terms, 900, board="rpi-5", most_bytes=1000, committed={})
    'digits@2 is for coral-dev-board, and this is rpi-5'
    """
    if terms.boards and board not in terms.boards:
        return f"{terms.name} is for {', '.join(terms.boards)}, and this is {board}"
    if terms.runtime not in RUNTIMES:
        return f"{terms.name} needs the runtime {terms.runtime}, and this node has {', '.join(RUNTIMES)}"
    if size_bytes > most_bytes:
        return f"{terms.name} has {size_bytes} bytes, and this node takes {most_bytes} (update.most_mb)"
    if terms.version < committed.get(terms.model, 0):
        return (
            f"{terms.name} is older than {terms.model}@{committed[terms.model]}, the oldest that this node still takes"
        )
    return ""
