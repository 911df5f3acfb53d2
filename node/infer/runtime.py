"""The TFLite runtime, whichever of the two is installed.

`ai-edge-litert` is the successor and comes first; `tflite-runtime` stays for boards whose Python is 3.11 and whose
numpy is below 2. Both have the same `Interpreter`, and both are native code that trusts its input more than it
should, so what can be checked about a file is checked before it gets there.
"""

from __future__ import annotations

import importlib
import logging
from mmap import ACCESS_READ, mmap
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from node.errors import ModelError
from node.infer.flatbuffer import is_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy.typing as npt

RUNTIMES: Final = ("ai_edge_litert.interpreter", "tflite_runtime.interpreter")
MAGIC: Final = b"TFL3"
"""The file identifier of the TFLite schema, at byte 4."""

_log = logging.getLogger(__name__)


class Interpreter(Protocol):
    """The part of the runtimes' class that is used."""

    def allocate_tensors(self) -> None:
        """Plan and reserve memory; needed again after a resize."""
        ...

    def get_input_details(self) -> list[dict[str, Any]]:
        """Index, shape, dtype and quantisation of every input."""
        ...

    def get_output_details(self) -> list[dict[str, Any]]:
        """The same of every output."""
        ...

    def resize_tensor_input(self, input_index: int, tensor_size: Sequence[int]) -> None:
        """Give an input another shape, from the next allocation on."""
        ...

    def set_tensor(self, tensor_index: int, value: npt.NDArray[Any]) -> None:
        """Copy an array into an input."""
        ...

    def invoke(self) -> None:
        """Run the model."""
        ...

    def get_tensor(self, tensor_index: int) -> npt.NDArray[Any]:
        """Copy an output out."""
        ...

    def reset_all_variables(self) -> object:
        """Forget what a recurrent model remembers."""
        ...


def interpreter_class(names: Sequence[str] = RUNTIMES) -> Callable[..., Interpreter]:
    """Import the first runtime there is.

    Args:
        names: modules that hold an `Interpreter`, best first.

    Raises:
        ModelError: where there is none; says what to install and why each could not be had.
    """
    reasons = []
    for name in names:
        try:
            return cast("Callable[..., Interpreter]", importlib.import_module(name).Interpreter)
        except (ImportError, AttributeError) as error:  # AttributeError: built against another numpy
            reasons.append(f"{name}: {error}")
    raise ModelError(
        "no TFLite runtime here: install ai-edge-litert (64-bit, Python 3.11 to 3.14) or tflite-runtime"
        f" (Python 3.11, numpy below 2); tried {'; '.join(reasons)}"
    )


def open_model(path: Path, threads: int) -> Interpreter:
    """Load a model and reserve its memory.

    Args:
        path: a `.tflite` file; it is mapped, not read, so two nodes share its pages.
        threads: at most so many processors.

    Raises:
        ModelError: the file is missing, is no TFLite model, or needs what this runtime does not have.
    """
    check_file(path)
    runtime = interpreter_class()
    try:
        interpreter = runtime(model_path=str(path), num_threads=threads)
        interpreter.allocate_tensors()
    except (RuntimeError, ValueError) as error:
        raise ModelError(refusal(path, str(error))) from error
    _log.info("loaded %s, %d threads", path, threads)
    return interpreter


def check_file(path: Path) -> None:
    """Refuse what is not a whole TFLite file before native code sees it.

    Raises:
        ModelError: missing, unreadable, without the schema's identifier, or cut off.
    """
    try:
        with path.open("rb") as file:
            head = file.read(8)
            if head[4:] != MAGIC:
                raise ModelError(
                    f"{path} is not a TFLite model: bytes 4 to 7 are {head[4:]!r}, not {MAGIC!r};"
                    " if it is an ONNX or Keras file, convert it to .tflite"
                )
            with mmap(file.fileno(), 0, access=ACCESS_READ) as data:
                whole = is_whole(data)
    except OSError as error:
        raise ModelError(f"cannot read the model {path}: {error.strerror}; check infer.model") from error
    if not whole:
        raise ModelError(f"{path} is cut off or damaged: parts of the model lie outside the file; fetch it again")


def refusal(path: Path, said: str) -> str:
    """Say in one line why a runtime refused a model, and what to do.

    >>> from pathlib import Path
    >>> refusal(Path("a.tflite"), "Encountered unresolved custom op: edgetpu-custom-op.")
    'a.tflite is compiled for an Edge TPU and this node runs on its processor: use the file it was compiled from'
    """
    if "edgetpu-custom-op" in said:
        return (
            f"{path} is compiled for an Edge TPU and this node runs on its processor: use the file it was compiled from"
        )
    if "unresolved custom op" in said:
        name = said.partition("custom op:")[2].partition("\n")[0].strip(" .")
        return (
            f"{path} needs the operator {name}, which this TFLite runtime does not have: convert the model without it"
        )
    first = said.partition("\n")[0][:200]
    return f"the TFLite runtime refuses {path}: {first}; convert it again, or install a newer runtime"
