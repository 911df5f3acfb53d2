"""Infer: one file per engine, and the heads that read an engine's output.

An engine turns windows into output arrays; a head turns one output into named values. A model that cannot be
loaded raises `ModelError` with the reason at the first use; the node then senses on, sends the readings alone,
and reports the reason.

To add an engine: a file with a `Params` and a class that is an `Engine`; a line in TABLE; a docs row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.values import Features, Inference, Sample

TABLE: Final = {
    "readings": "node.infer.readings:Readings",
    "rules": "node.infer.rules:Rules",
    "tflite": "node.infer.tflite:TFLite",
}


class Engine(Protocol):
    """Something that answers. Constructed as `Class(params)`, without loading anything."""

    def infer(self, sample: Sample, features: Features | None) -> Sequence[Inference]:
        """Answer for every window.

        Args:
            sample: of this cycle; for rules, which judge scalars.
            features: (windows, ...) float32 in real units, the engine scales to its input type itself; None where
                the node shows its engine nothing but the sample.

        Returns:
            One inference a window, in order; none where there is no window. What judges the sample alone gives
            one inference a sample.

        Raises:
            ModelError: where the model cannot be loaded or does not fit the features.
        """
        ...

    def load(self) -> None:
        """Load now what the first window would load; nothing, where there is no model.

        Raises:
            ModelError: the model cannot be loaded.
        """
        ...

    def close(self) -> None:
        """Free the model. May be called twice."""
        ...
