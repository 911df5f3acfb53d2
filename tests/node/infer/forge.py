"""Real little TFLite models of any type, made on the spot: an input that is copied to the output."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import flatbuffers  # type: ignore[import-untyped]  # the one that LiteRT brings
from ai_edge_litert import schema_py_generated as schema

from node.infer import TABLE
from node.infer.tflite import TFLite
from node.options import Reader
from node.values import Features, Sample, TimeQuality

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from node.values import Inference

ZOO: Final = Path(__file__).parents[3] / "tools" / "zoo"
REAL: Final = Path(__file__).parents[4] / "shared" / "data"
"""Models of other people; a test that needs them skips where they are absent."""
NOTHING: Final = Sample(time_ms=0, time_quality=TimeQuality.UNSET, values={})


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What the copied tensor looks like.

    Attributes:
        dtype: in the schema's words: FLOAT32, INT8, UINT8, INT16, INT32, BOOL.
        scale: real units a step; 0 for no quantisation.
        zero_point: the integer that means 0.
        width: numbers in a window.
        open_batch: the first axis is left open.
        honest: it can be run with more than one window where it says so.
    """

    dtype: str = "FLOAT32"
    scale: float = 0.0
    zero_point: int = 0
    width: int = 4
    open_batch: bool = True
    honest: bool = True


def copier(path: Path, kind: Kind) -> Path:
    """Write a model that answers what it is shown."""
    model = schema.ModelT()
    model.version, model.buffers = 3, [schema.BufferT()]
    operator, code, graph = schema.OperatorT(), schema.OperatorCodeT(), schema.SubGraphT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.RESHAPE
    operator.builtinOptionsType = schema.BuiltinOptions.ReshapeOptions
    operator.builtinOptions = schema.ReshapeOptionsT()
    operator.builtinOptions.newShape = [-1 if kind.open_batch and kind.honest else 1, kind.width]
    operator.inputs, operator.outputs = [0], [1]
    graph.tensors, graph.inputs, graph.outputs = [_tensor("in", kind), _tensor("out", kind)], [0], [1]
    graph.operators, model.operatorCodes, model.subgraphs = [operator], [code], [graph]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    path.write_bytes(builder.Output())
    return path


def _tensor(name: str, kind: Kind) -> Any:
    tensor = schema.TensorT()
    tensor.name, tensor.type, tensor.buffer = name, getattr(schema.TensorType, kind.dtype), 0
    tensor.shape, tensor.shapeSignature = [1, kind.width], [-1 if kind.open_batch else 1, kind.width]
    if kind.scale:
        tensor.quantization = schema.QuantizationParametersT()
        tensor.quantization.scale, tensor.quantization.zeroPoint = [kind.scale], [kind.zero_point]
    return tensor


def engine(model: Path, **options: object) -> TFLite:
    """Make the engine as a configuration would."""
    reader = Reader(Path())
    spec = reader.spec(TABLE, {"part": "tflite", "model": str(model), **options}, "infer")
    assert spec is not None, [str(problem) for problem in reader.problems]
    built = spec.build()
    assert isinstance(built, TFLite)
    return built


def numbers(width: int) -> dict[str, object]:
    """Return a head that gives the output's numbers as they are."""
    return {"part": "regression", "names": [f"n{i}" for i in range(width)]}


def ask(asked: TFLite, windows: npt.NDArray[np.float32]) -> Sequence[Inference]:
    """Show an engine some windows."""
    return asked.infer(NOTHING, Features(data=windows))
