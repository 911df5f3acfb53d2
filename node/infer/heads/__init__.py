"""Heads: one file per way to read a model's output.

A head knows nothing of runtimes and quantisation: it is shown real numbers, all windows at once, and names what
they mean. It is pure and keeps nothing between windows.

To add one: a file with a `Params` and a class that is a `Head`; a line in TABLE; a docs row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from node.values import Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

TABLE: Final = {
    "angle": "node.infer.heads.angle:Angle",
    "anomaly": "node.infer.heads.anomaly:Anomaly",
    "classes": "node.infer.heads.classes:Classes",
    "regression": "node.infer.heads.regression:Regression",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a head makes of one window.

    Attributes:
        values: column name to number or word.
        confidence: 0 to 1 where the head knows one, else None.
    """

    values: Mapping[str, Value]
    confidence: float | None = None


class Head(Protocol):
    """Reads one output. Constructed as `Class(params)`."""

    def judge(self, output: npt.NDArray[np.float32], shown: npt.NDArray[np.float32]) -> Sequence[Answer]:
        """Name what the model said.

        Args:
            output: (windows, numbers) float32, dequantised.
            shown: (windows, numbers) float32, what the model was shown.

        Returns:
            One answer a window, in order.

        Raises:
            ModelError: where the output has another length than the head's options say.
        """
        ...
