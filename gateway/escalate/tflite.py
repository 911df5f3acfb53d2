"""TFLite: a model in a `.tflite` file, run by LiteRT, all windows of a batch in one invoke."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter

if TYPE_CHECKING:
    from pathlib import Path

MAGIC: Final = b"TFL3"


class Tflite:
    """One model in memory.

    Args:
        path: of the file.
        threads: processors it may use.

    Raises:
        ValueError: it is no TFLite file, or has more than one input.
    """

    def __init__(self, path: Path, threads: int) -> None:
        with path.open("rb") as file:
            if file.read(8)[4:] != MAGIC:
                raise ValueError("it is no TFLite file")
        self._interpreter = Interpreter(model_path=str(path), num_threads=threads)
        inputs = self._interpreter.get_input_details()
        if len(inputs) != 1:
            raise ValueError(f"it has {len(inputs)} inputs, and a window is one")
        self._input = inputs[0]
        self._output = self._interpreter.get_output_details()[0]
        self._shape: tuple[int, ...] | None = None

    def run(self, windows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Answer for every window."""
        wanted = tuple(self._input["shape"].tolist())[1:]
        block = _stored(windows.reshape(len(windows), *wanted), self._input)
        if block.shape != self._shape:
            self._interpreter.resize_tensor_input(self._input["index"], block.shape)
            self._interpreter.allocate_tensors()
            self._shape = block.shape
        self._interpreter.set_tensor(self._input["index"], block)
        self._interpreter.invoke()
        return _real(self._interpreter.get_tensor(self._output["index"]), self._output)


def _stored(windows: npt.NDArray[np.float32], tensor: dict[str, Any]) -> npt.NDArray[Any]:
    if tensor["dtype"] is np.float32:
        return windows
    scale, zero = tensor["quantization"]
    limits = np.iinfo(tensor["dtype"])
    steps: npt.NDArray[Any] = np.clip(np.rint(windows / (scale or 1.0) + zero), limits.min, limits.max)
    return steps.astype(tensor["dtype"])


def _real(output: npt.NDArray[Any], tensor: dict[str, Any]) -> npt.NDArray[np.float32]:
    if tensor["dtype"] is np.float32:
        return np.asarray(output, np.float32)
    scale, zero = tensor["quantization"]
    return np.asarray((output.astype(np.float32) - zero) * (scale or 1.0), np.float32)
