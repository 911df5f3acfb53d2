"""From a Keras model to TFLite files: in float32, and in int8 throughout."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import numpy.typing as npt
    import tensorflow as tf


def to_float(model: tf.keras.Model) -> bytes:
    """Convert without changing a weight."""
    import tensorflow as tf

    content: bytes = tf.lite.TFLiteConverter.from_keras_model(model).convert()
    return content


def to_int8(model: tf.keras.Model, typical: npt.NDArray[np.float32]) -> bytes:
    """Convert weights, activations, input and output to int8.

    Args:
        model: its input in real units.
        typical: (windows, ...) inputs from the training set, from which the ranges of all activations are taken.
    """
    import tensorflow as tf

    def ranges() -> Iterator[list[npt.NDArray[np.float32]]]:
        for i in range(len(typical)):
            yield [typical[i : i + 1]]

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = ranges
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    content: bytes = converter.convert()
    return content
