"""Small: the digits for a node that counts its bytes, right about most of them, and unsure where it errs.

Half of `digits_int8`, and an answer in logits, whose confidence has finer steps than that of an int8 softmax. It is the
lower tier of a cascade: `digits_standard_float` is the upper one. From the pictures that the others learn from, 360 are
taken away here: a calibration wants pictures that the model has never seen, and the judgement has 360 of its own.

One convolution and no more, 4.6 kB, was tried as well: by the calibration's pictures it would have to ask about more
than a fifth of them to be as right as the upper tier, this one about a tenth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tools.train.card import write_model
from tools.train.digits import LABELS, SEED, Pictures, fitted, judged, split
from tools.train.quantise import to_int8

if TYPE_CHECKING:
    from pathlib import Path

    import tensorflow as tf

NAME: Final = "digits_small_int8"
CALIBRATION: Final = 360
FIRST: Final = 8
SECOND: Final = 16


def train(folder: Path) -> dict[str, float]:
    """Train the model, and write it with its card and the pictures for its calibration.

    Args:
        folder: where they go.

    Returns:
        Held-out accuracy in per cent.
    """
    import tensorflow as tf

    learning, validation, held_out = split()
    learning, calibration = parted(learning)
    images = calibration.images[..., 0].astype(np.uint8)
    np.savez_compressed(folder / "digits_calibration.npz", images=images, labels=calibration.digits.astype(np.uint8))
    tf.keras.utils.set_random_seed(SEED)
    content = to_int8(fitted(network(), learning, validation, logits=True), learning.images[:300])
    head = {"part": "classes", "labels": LABELS, "logits": True}
    fields: dict[str, object] = {"input": "one picture, 8 x 8 x 1, grey from 0 (paper) to 16 (ink)", "head": head}
    path = write_model(folder, NAME, content, fields)
    accuracy = round(judged(path, held_out), 2)
    stated = {"accuracy_percent": accuracy, "held_out": len(held_out.images), "seed": SEED}
    write_model(folder, NAME, content, {**fields, "stated": stated})
    return {NAME: accuracy}


def parted(learning: Pictures) -> tuple[Pictures, Pictures]:
    """Return the pictures to learn from, and those to calibrate by, each with its share of every digit."""
    from sklearn.model_selection import train_test_split

    rest, taken, of_rest, of_taken = train_test_split(
        learning.images, learning.digits, test_size=CALIBRATION, stratify=learning.digits, random_state=SEED
    )
    return Pictures(images=rest, digits=of_rest), Pictures(images=taken, digits=of_taken)


def network() -> tf.keras.Model:
    """Make the network: a convolution, a separable one that halves the picture, and ten classes."""
    from tensorflow.keras import Sequential, layers

    model = Sequential([layers.Input((8, 8, 1)), layers.Rescaling(1 / 16)])
    model.add(layers.Conv2D(FIRST, 3, padding="same", use_bias=False))
    for layer in (layers.BatchNormalization(), layers.ReLU()):
        model.add(layer)
    model.add(layers.DepthwiseConv2D(3, strides=2, padding="same", use_bias=False))
    model.add(layers.Conv2D(SECOND, 1, use_bias=False))
    for layer in (layers.BatchNormalization(), layers.ReLU(), layers.Flatten(), layers.Dropout(0.2)):
        model.add(layer)
    model.add(layers.Dense(10))
    return model
