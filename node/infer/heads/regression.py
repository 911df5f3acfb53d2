"""Regression: the output's numbers, named and scaled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from node.errors import ModelError
from node.infer.heads import Answer
from node.options import option

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """What the numbers are called, and how they become their unit."""

    names: tuple[str, ...] = option(
        "one column a number, in the model's order", default=("value",), pattern=r"[a-z0-9_]{1,32}"
    )
    scale: float = option("units of the column in one of the model's", default=1.0)
    offset: float = option("added after scaling, in units of the column", default=0.0)

    def __post_init__(self) -> None:
        """Refuse columns that would overwrite each other."""
        if not self.names or len(set(self.names)) != len(self.names):
            raise ValueError("names must be one or more different words")


class Regression:
    """Answers each name with its number; it knows no confidence."""

    def __init__(self, params: Params) -> None:
        """Take the options.

        Args:
            params: names and scaling.
        """
        self._params = params

    def judge(self, output: npt.NDArray[np.float32], shown: npt.NDArray[np.float32]) -> Sequence[Answer]:  # noqa: ARG002 - the numbers stand in the output alone
        """Name and scale the numbers of each window."""
        params = self._params
        if output.shape[1] != len(params.names):
            raise ModelError(f"regression: the model answers {output.shape[1]} numbers, names has {len(params.names)}")
        return [
            Answer(values={name: x * params.scale + params.offset for name, x in zip(params.names, row, strict=True)})
            for row in output.tolist()
        ]
