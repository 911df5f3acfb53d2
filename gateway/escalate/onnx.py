"""ONNX: a model in an `.onnx` file, run by ONNX Runtime on this machine's processors (`pip install onnxruntime`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import onnxruntime

if TYPE_CHECKING:
    from pathlib import Path

DTYPES: Final = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(uint8)": np.uint8}


class Onnx:
    """One model in memory; its first axis has to be open, or one.

    Args:
        path: of the file.
        threads: processors it may use.

    Raises:
        ValueError: it has more than one input, or takes what windows are not.
    """

    def __init__(self, path: Path, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        inputs = self._session.get_inputs()
        if len(inputs) != 1 or inputs[0].type not in DTYPES:
            found = ", ".join(each.type for each in inputs)
            raise ValueError(f"it takes {found}; a window is one of {', '.join(DTYPES)}")
        self._name, self._dtype = inputs[0].name, DTYPES[inputs[0].type]
        self._shape: list[Any] = inputs[0].shape

    def run(self, windows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Answer for every window: all at once where the first axis is open, else one by one."""
        block = windows.reshape(len(windows), *self._window(windows)).astype(self._dtype)
        if not isinstance(self._shape[0], int):
            return self._asked(block)
        return np.concatenate([self._asked(block[i : i + 1]) for i in range(len(block))])

    def _window(self, windows: npt.NDArray[np.float32]) -> tuple[int, ...]:
        if all(isinstance(each, int) for each in self._shape[1:]):
            return tuple(self._shape[1:])
        return windows.shape[1:]

    def _asked(self, block: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        (output, *_) = self._session.run(None, {self._name: block})
        return np.asarray(output, np.float32).reshape(len(block), -1)
