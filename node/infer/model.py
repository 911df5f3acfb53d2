"""An opened model: from windows in real units to answers in real units.

It knows batches, shapes and the runtime's habits; it does not know what the numbers mean.
"""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Any

from node.errors import ModelError
from node.infer.runtime import open_model
from node.infer.tensor import INPUTS, Tensor, tensor
from node.lazy import lazy

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt
else:
    np = lazy("numpy")

_log = logging.getLogger(__name__)


class Model:
    """One model in memory.

    Many windows go through one invoke where the model leaves its first axis open. Where it does not, or where the
    runtime fails to reshape what claims to be open, they go one by one; that is found out once.
    """

    def __init__(self, path: Path, threads: int, batch: int, output: int, *, stateful: bool) -> None:
        """Load the file.

        Args:
            path: of the `.tflite` file.
            threads: at most so many processors.
            batch: most windows of one invoke; 1 for one by one.
            output: which output to read, from 0.
            stateful: a recurrent model keeps its state from window to window; else each starts afresh.

        Raises:
            ModelError: the file cannot be used here.
        """
        self._path = path
        self._threads = threads
        self._output_number = output
        self._stateful = stateful
        self._given: tuple[int, ...] | None = None
        self._open()
        self._batch = batch if self._input.free[:1] == (True,) and not stateful else 1

    def _open(self) -> None:
        self._interpreter = open_model(self._path, self._threads)
        inputs, outputs = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        if len(inputs) != 1:
            raise ModelError(f"{self._path} has {len(inputs)} inputs, and a node shows its model one")
        if self._output_number >= len(outputs):
            raise ModelError(f"{self._path} has {len(outputs)} outputs, and infer.output is {self._output_number}")
        self._input = _input(self._path, tensor(inputs[0], self._path))
        self._output = tensor(outputs[self._output_number], self._path)
        self._shape = self._input.shape

    def run(self, windows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Answer for every window.

        Args:
            windows: (windows, ...) float32, at least one.

        Returns:
            (windows, numbers) float32.

        Raises:
            ModelError: the windows do not fit the model, hold something that is no number, or it failed on them.
        """
        if windows.shape[1:] != self._given:
            self._fit(windows.shape[1:])
        _check_finite(windows)
        stored = self._input.store(windows).reshape(len(windows), *self._window)
        if len(stored) == 1 or self._batch == 1:
            return self._one_by_one(stored)
        return self._together(stored)

    def _fit(self, given: tuple[int, ...]) -> None:
        window = self._input.window_shape(given)
        if window is None:
            wanted = self._input.shape[1:] if self._input.batched else self._input.shape
            raise ModelError(f"{self._path} expects windows of {wanted}, got {given}: mend the preprocess chain")
        self._given, self._window = given, window

    def _together(self, stored: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        pieces = np.array_split(stored, math.ceil(len(stored) / self._batch))  # alike, so that few reshapes are needed
        try:
            return np.concatenate([self._many(piece) for piece in pieces])
        except (RuntimeError, ValueError) as error:
            _log.info("%s takes its windows one by one: %s", self._path, error)
            self._batch = 1
            self._open()  # a runtime whose reshape failed half-way is not to be trusted
            return self._one_by_one(stored)

    def _many(self, piece: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        answers = self._invoke(piece)
        if len(answers) != len(piece):
            raise ValueError(f"{len(piece)} windows gave {len(answers)} rows")
        return answers.reshape(len(piece), -1)

    def _one_by_one(self, stored: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        try:
            if self._input.batched:
                answers = [self._invoke(stored[i : i + 1]) for i in range(len(stored))]
            else:
                answers = [self._invoke(window) for window in stored]
        except (RuntimeError, ValueError) as error:
            raise ModelError(f"{self._path} failed on a window of {self._given}: {error}") from error
        if len(answers) == 1:
            return answers[0].reshape(1, -1)
        return np.stack([answer.reshape(-1) for answer in answers])

    def _invoke(self, block: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        interpreter = self._interpreter
        if block.shape != self._shape:
            interpreter.resize_tensor_input(self._input.index, block.shape)
            interpreter.allocate_tensors()
            self._shape = block.shape
        elif not self._stateful:
            interpreter.reset_all_variables()
        interpreter.set_tensor(self._input.index, block)
        interpreter.invoke()
        return self._output.real(interpreter.get_tensor(self._output.index))


def _input(path: Path, found: Tensor) -> Tensor:
    if found.dtype.name not in INPUTS:
        valid = ", ".join(sorted(INPUTS))
        raise ModelError(f"{path} takes {found.dtype.name}; features can be shown as {valid}: convert it again")
    return found


def _check_finite(windows: npt.NDArray[np.float32]) -> None:
    # NaN has no integer, and a float model would answer NaN as if it had been asked something.
    if not np.isfinite(windows).all():
        raise ModelError("a window holds NaN or infinity: let a gate turn missing readings down before the model")
