"""A quantile sketch that merges: KLL of Apache DataSketches (Karnin, Lang, Liberty: FOCS 2016).

Its error is one of rank (1.65 % at k = 200), not of value: the median pressure comes back as a pressure that was
measured, where a sketch with relative error, such as DDSketch at 1 %, may be off by 10 hPa. DataSketches has no
wheel for Python 3.14 yet; there, or wherever it is absent, summaries go without quantiles.
"""

from __future__ import annotations

import importlib
import logging
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Sequence

log = logging.getLogger(__name__)

SIZE: Final = 200
"""KLL's k."""


class Sketch(Protocol):
    """What is used of `kll_doubles_sketch`."""

    def update(self, values: Any) -> None:
        """Take in numbers."""
        ...

    def merge(self, other: Sketch) -> None:
        """Take in another sketch."""
        ...

    def get_quantiles(self, ranks: Sequence[float]) -> Sequence[float]:
        """Return the values at these ranks."""
        ...

    def serialize(self) -> bytes:
        """Return its bytes."""
        ...


@cache
def _library() -> Any | None:
    try:
        return importlib.import_module("datasketches")
    except ModuleNotFoundError:
        log.warning("no quantiles: the package datasketches is not installed")
        return None


def make() -> Sketch | None:
    """Return an empty sketch, or None where there is no library."""
    library = _library()
    return None if library is None else cast("Sketch", library.kll_doubles_sketch(SIZE))


def load(data: bytes) -> Sketch | None:
    """Undo `serialize`."""
    library = _library()
    return None if library is None or not data else cast("Sketch", library.kll_doubles_sketch.deserialize(data))


def array(values: Sequence[float]) -> object:
    """Return the numbers as the sketch takes them fastest."""
    numpy = importlib.import_module("numpy")
    return numpy.asarray(values, dtype=numpy.float64)
