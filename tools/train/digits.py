"""Digits: handwritten digits, 8 x 8 pixels in 17 greys, read by a small CNN.

The 1,797 pictures are real: the test part of UCI's "Optical Recognition of Handwritten Digits" (Alpaydin and Kaynak,
1998, CC BY 4.0, doi:10.24432/C50P49), as scikit-learn ships it. Three models learn from the same pictures:
`digits_float` and `digits_int8` are one network of depthwise-separable convolutions, before and after quantisation;
`digits_standard_float` has standard convolutions of the same widths, for comparison.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from tools.train.card import write_model
from tools.train.quantise import to_float, to_int8

if TYPE_CHECKING:
    from pathlib import Path

    import tensorflow as tf

SEED: Final = 8
WIDTHS: Final = (24, 48, 48)
EPOCHS: Final = 120
HELD_OUT: Final = 360
VALIDATION: Final = 180
LABELS: Final = [str(digit) for digit in range(10)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """Some pictures with their digits: float32 (n, 8, 8, 1) from 0 to 16, and int64 (n,)."""

    images: npt.NDArray[np.float32]
    digits: npt.NDArray[np.int64]


def train(folder: Path) -> dict[str, float]:
    """Train the three models and write them with their cards and the held-out pictures.

    Args:
        folder: where they go.

    Returns:
        Held-out accuracy in per cent by model.
    """
    import tensorflow as tf

    learning, validation, held_out = split()
    images = held_out.images[..., 0].astype(np.uint8)
    np.savez_compressed(folder / "digits_eval.npz", images=images, labels=held_out.digits.astype(np.uint8))
    networks = {}
    for separable in (True, False):
        tf.keras.utils.set_random_seed(SEED)
        networks[separable] = fitted(network(separable=separable), learning, validation)
    contents = {
        "digits_float": to_float(networks[True]),
        "digits_int8": to_int8(networks[True], learning.images[:300]),
        "digits_standard_float": to_float(networks[False]),
    }
    return {name: write(folder, name, content, held_out) for name, content in contents.items()}


def split() -> tuple[Pictures, Pictures, Pictures]:
    """Return the pictures to learn from, to stop by, and to judge by; each with its share of every digit."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    images, digits = load_digits(return_X_y=True)
    rest, held_out, of_rest, of_held_out = train_test_split(
        images, digits, test_size=HELD_OUT, stratify=digits, random_state=SEED
    )
    learning, validation, of_learning, of_validation = train_test_split(
        rest, of_rest, test_size=VALIDATION, stratify=of_rest, random_state=SEED
    )
    pairs = ((learning, of_learning), (validation, of_validation), (held_out, of_held_out))
    learn, check, judge = (Pictures(images=x.reshape(-1, 8, 8, 1).astype(np.float32), digits=y) for x, y in pairs)
    return learn, check, judge


def network(*, separable: bool) -> tf.keras.Model:
    """Make the network: three convolutions, an average over what is left of the picture, ten classes."""
    from tensorflow.keras import Sequential, layers

    first, second, third = WIDTHS
    model = Sequential([layers.Input((8, 8, 1)), layers.Rescaling(1 / 16)])
    model.add(layers.Conv2D(first, 3, padding="same", use_bias=False))
    for width, stride in ((second, 2), (third, 1)):
        model.add(layers.BatchNormalization())
        model.add(layers.ReLU())
        if separable:
            model.add(layers.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False))
            model.add(layers.BatchNormalization())
            model.add(layers.Conv2D(width, 1, use_bias=False))
        else:
            model.add(layers.Conv2D(width, 3, strides=stride, padding="same", use_bias=False))
    for layer in (layers.BatchNormalization(), layers.ReLU(), layers.GlobalAveragePooling2D(), layers.Dropout(0.2)):
        model.add(layer)
    model.add(layers.Dense(10, activation="softmax"))
    return model


def fitted(model: tf.keras.Model, learning: Pictures, validation: Pictures, *, logits: bool = False) -> tf.keras.Model:
    """Train with shifted and faded copies, and keep the weights that were best on the validation pictures.

    Args:
        model: the network.
        learning: what it learns from.
        validation: what its best weights are chosen by.
        logits: it answers logits, not probabilities.
    """
    import tensorflow as tf

    rng = np.random.default_rng(SEED)
    rate = tf.keras.optimizers.schedules.CosineDecay(3e-3, EPOCHS * (len(learning.images) // 64 + 1))
    loss = tf.keras.losses.CategoricalCrossentropy(label_smoothing=0.02, from_logits=logits)
    model.compile(tf.keras.optimizers.Adam(rate), loss, metrics=["accuracy"])
    best, weights = np.inf, model.get_weights()
    for _ in range(EPOCHS):
        model.fit(varied(learning.images, rng), np.eye(10)[learning.digits], batch_size=64, verbose=0)
        lost, _accuracy = model.evaluate(validation.images, np.eye(10)[validation.digits], batch_size=256, verbose=0)
        if lost < best:
            best, weights = lost, model.get_weights()
    model.set_weights(weights)
    return model


def varied(images: npt.NDArray[np.float32], rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Move each picture by up to a pixel, and fade or darken it a little."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    down, right = rng.choice(3, (2, len(images)), p=(0.2, 0.6, 0.2))
    moved = np.stack([each[y : y + 8, x : x + 8] for each, y, x in zip(padded, down, right, strict=True)])
    faded = moved * rng.uniform(0.85, 1.15, (len(images), 1, 1, 1))
    return np.clip(faded + rng.normal(0, 0.4, images.shape), 0, 16).astype(np.float32)


def write(folder: Path, name: str, content: bytes, held_out: Pictures) -> float:
    """Judge a model with the engine that nodes use, write it and its card.

    Returns:
        Held-out accuracy in per cent.
    """
    head = {"part": "classes", "labels": LABELS}
    fields: dict[str, object] = {"input": "one picture, 8 x 8 x 1, grey from 0 (paper) to 16 (ink)", "head": head}
    path = write_model(folder, name, content, fields)
    accuracy = round(judged(path, held_out), 2)
    stated = {"accuracy_percent": accuracy, "held_out": len(held_out.images), "seed": SEED}
    write_model(folder, name, content, {**fields, "stated": stated})
    return accuracy


def judged(path: Path, pictures: Pictures) -> float:
    """Return a model's accuracy in per cent, through the engine."""
    from tools.train.judge import answers

    said = [answer.values["label"] for answer in answers(path, pictures.images)]
    return 100 * float(np.mean([word == str(digit) for word, digit in zip(said, pictures.digits, strict=True)]))
