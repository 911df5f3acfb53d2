"""A model's tensor: its shape and type, and the way between real units and its integers.

Source: Jacob et al., Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference,
CVPR 2018, equation 1: real = scale * (integer - zero_point).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from node.errors import ModelError
from node.lazy import lazy

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt  # noqa: TC004 - annotations only; nothing here resolves them
else:
    np = lazy("numpy")

INPUTS: Final = frozenset({"float32", "float16", "int8", "uint8", "int16"})
"""What features can be turned into; a word or a flag is nothing a sensor gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tensor:
    """One input or output of a loaded model.

    Attributes:
        index: its number, for the runtime.
        name: as the model's author called it.
        shape: as loaded.
        free: for each axis, whether the model leaves its length open.
        dtype: of its numbers.
        quantised: whether its integers have a scale; without one they are real units already.
        scale: real units a step.
        zero_point: the integer that means 0.
        least: smallest number the type holds.
        most: largest.

    The last four are arrays without axes: numpy takes those two to four times quicker than Python's numbers, and with
    a few hundred numbers in a window that is half of the whole conversion.
    """

    index: int
    name: str
    shape: tuple[int, ...]
    free: tuple[bool, ...]
    dtype: np.dtype[Any]
    quantised: bool
    scale: npt.NDArray[np.float32]
    zero_point: npt.NDArray[np.float32]
    least: npt.NDArray[np.float32]
    most: npt.NDArray[np.float32]

    @property
    def batched(self) -> bool:
        """Whether the first axis counts windows: it is open, or 1 with others behind it."""
        return bool(self.shape) and (self.free[0] or (self.shape[0] == 1 and len(self.shape) > 1))

    def window_shape(self, given: tuple[int, ...]) -> tuple[int, ...] | None:
        """Return the shape to show a window in, or None where the window does not fit.

        Axes of length 1 come and go freely, and either side may be flat; two different orders of the same count of
        numbers, such as (10, 49) for (49, 10), do not fit: that would run and be wrong.

        Args:
            given: of one window, without the windows' axis.
        """
        inner, free = (self.shape[1:], self.free[1:]) if self.batched else (self.shape, self.free)
        if len(given) == len(inner) and all(map(_fits, given, inner, free)):
            return given
        if any(free) or math.prod(given) != math.prod(inner):
            return None
        flat = len(given) <= 1 or len(inner) <= 1
        return inner if flat or _solid(given) == _solid(inner) else None

    def store(self, real: npt.NDArray[np.float32]) -> npt.NDArray[Any]:
        """Turn real units into the tensor's own numbers, clipped to what its type holds."""
        if self.dtype.kind == "f":
            return real.astype(self.dtype, copy=False)
        steps = np.divide(real, self.scale)
        np.add(steps, self.zero_point, out=steps)
        np.rint(steps, out=steps)
        np.maximum(steps, self.least, out=steps)
        np.minimum(steps, self.most, out=steps)
        return steps.astype(self.dtype)

    def real(self, stored: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Turn the tensor's own numbers into real units."""
        units: npt.NDArray[np.float32] = stored.astype(np.float32, copy=False)
        if self.quantised:
            units = np.subtract(units, self.zero_point)
            np.multiply(units, self.scale, out=units)
        return units


def _fits(given: int, wanted: int, free: bool) -> bool:
    return free or given == wanted


def _solid(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(length for length in shape if length != 1)


def tensor(details: Mapping[str, Any], path: Path) -> Tensor:
    """Read one entry of the runtime's `get_input_details` or `get_output_details`.

    Args:
        details: the entry.
        path: of the model, for the message.

    Raises:
        ModelError: the tensor is not made of numbers.
    """
    dtype = np.dtype(details["dtype"])
    if dtype.kind not in "fiu":
        raise ModelError(f"{path}: {details['name']!r} is of {dtype.name}, and only numbers can be handled; convert it")
    scale, zero_point = details["quantization"]
    shape = tuple(map(int, details["shape"]))
    signature = tuple(map(int, details.get("shape_signature", shape)))
    whole = dtype.kind != "f"
    limits = (np.iinfo(dtype).min, np.iinfo(dtype).max) if whole else (-np.inf, np.inf)
    return Tensor(
        index=int(details["index"]),
        name=str(details["name"]),
        shape=shape,
        free=tuple(length < 0 for length in signature) if len(signature) == len(shape) else (False,) * len(shape),
        dtype=dtype,
        quantised=whole and scale > 0,
        scale=np.array(scale if whole and scale > 0 else 1, np.float32),
        zero_point=np.array(zero_point, np.float32),
        least=np.array(limits[0], np.float32),
        most=np.array(limits[1], np.float32),
    )
