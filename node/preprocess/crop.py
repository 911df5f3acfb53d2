"""Crop: cut a box out of pictures, in the centre or at a place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from node.options import option

if TYPE_CHECKING:
    from node.values import Features


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Which box."""

    height: int = option("rows of the box", least=1)
    width: int = option("columns of the box", least=1)
    top: int | None = option(
        "row of the picture that the box begins with; leave out to centre it", default=None, least=0
    )
    left: int | None = option("column that the box begins with; leave out to centre it", default=None, least=0)


class Crop:
    """Cuts the same box out of every picture. It does not pad: a box that does not fit is an error."""

    def __init__(self, params: Params) -> None:
        self._params = params

    def apply(self, features: Features) -> Features:
        """Cut.

        Args:
            features: (windows, height, width, ...).

        Returns:
            The same with the box's height and width.

        Raises:
            ValueError: the box does not lie inside the picture.
        """
        params, (height, width) = self._params, features.data.shape[1:3]
        rows = _span("height", params.height, params.top, height)
        columns = _span("width", params.width, params.left, width)
        return replace(features, data=features.data[:, rows, columns])


def _span(name: str, size: int, start: int | None, there: int) -> slice:
    first = (there - size) // 2 if start is None else start
    if first < 0 or first + size > there:
        raise ValueError(f"crop.{name}: {size} from {max(first, 0)} on does not fit into a picture of {there}")
    return slice(first, first + size)
