"""Further: the digits' network trained on for a few epochs, and how long the delta from what it was is.

Nothing is written: the figures are what `tools.train.tuned` is compared with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from tools.models.delta import delta
from tools.train.digits import SEED, Pictures, fitted, network, split, varied
from tools.train.quantise import to_float, to_int8
from tools.train.tuned import SHARE, tuned

if TYPE_CHECKING:
    from pathlib import Path

    import tensorflow as tf

EPOCHS: Final = 5
RATES: Final = {"1e-4": 1e-4, "1e-3": 1e-3}


def train(_folder: Path) -> dict[str, float]:
    """Train the network, then train it on, each time from where it was.

    Returns:
        Bytes of the delta in per cent of the model's, by form and rate; beside them what `tuned` gives.
    """
    import tensorflow as tf

    learning, validation, _ = split()
    tf.keras.utils.set_random_seed(SEED)
    model = fitted(network(separable=True), learning, validation)
    start, before = model.get_weights(), _forms(model, learning)
    found = {f"{form} tuned {SHARE}": _percent(content, tuned(content)) for form, content in before.items()}
    for name, rate in RATES.items():
        model.set_weights(start)
        _train_on(model, learning, rate)
        after = _forms(model, learning)
        found |= {f"{form} rate {name}": _percent(content, after[form]) for form, content in before.items()}
    return found


def _train_on(model: tf.keras.Model, learning: Pictures, rate: float) -> None:
    import tensorflow as tf

    rng = np.random.default_rng(SEED + 1)
    loss = tf.keras.losses.CategoricalCrossentropy(label_smoothing=0.02)
    model.compile(tf.keras.optimizers.Adam(rate), loss)
    for _ in range(EPOCHS):
        model.fit(varied(learning.images, rng), np.eye(10)[learning.digits], batch_size=64, verbose=0)


def _forms(model: tf.keras.Model, learning: Pictures) -> dict[str, bytes]:
    return {"int8": to_int8(model, learning.images[:300]), "float": to_float(model)}


def _percent(before: bytes, after: bytes) -> float:
    return 100 * len(delta(before, after)) / len(after)
