"""Pump: an autoencoder that knows a healthy bearing and is surprised by a spalled one.

The vibration is synthetic: it comes from the physical model in `boards/sim/vibration.py`. What is reached here says
that the chain works, not what it reaches on a real pump: train again on the healthy hours of yours.

It learns from healthy blocks alone, as log-mel frames. The threshold is set on other healthy blocks, so that no faulty
block has a say in anything but the figures on the card.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import numpy.typing as npt

from boards.sim.bearing import Params, block_at
from node.options import Reader
from node.preprocess import TABLE
from node.preprocess.chain import Chain
from node.values import Features
from tools.train.card import write_model
from tools.train.judge import answers
from tools.train.quantise import to_int8

if TYPE_CHECKING:
    from collections.abc import Sequence

    import tensorflow as tf

    from node.options import Spec

Fault = Literal["none", "outer", "inner"]
SEED: Final = 11
EPOCHS: Final = 60
BLOCKS: Final = 3000
CHAIN: Final[list[dict[str, object]]] = [
    {"part": "log_mel", "rate_hz": 12800.0, "frame": 1024, "hop": 512, "mels": 32, "low_hz": 300.0, "floor": 1e-9}
]
SEVERITIES: Final = (1.0, 0.3, 0.1)
DEVIATIONS: Final = 6
"""The threshold above the mean healthy score. Scores are means over 96 numbers, so nearly normal: one false alarm in
a billion if they were, and in practice none on the card's healthy blocks."""


def train(folder: Path) -> dict[str, float]:
    """Train the model and write it with its card.

    Args:
        folder: where it goes.

    Returns:
        ROC AUC in per cent by fault and severity, and the share of false alarms.
    """
    learning = features("none", 0.0, seed=SEED, count=BLOCKS)
    content = to_int8(fitted(learning), learning[:500])
    path = write_model(folder, "pump_int8", content, fields(threshold=1.0))
    healthy = scores(path, features("none", 0.0, seed=SEED + 1, count=BLOCKS))
    threshold = round(float(healthy.mean() + DEVIATIONS * healthy.std()), 4)
    stated = judged(path, threshold)
    write_model(folder, "pump_int8", content, {**fields(threshold), "stated": stated})
    return stated


def fields(threshold: float) -> dict[str, object]:
    """Return what the card says of the model itself."""
    return {
        "input": "one block of a radial accelerometer in g, 0.16 s at 12800 Hz, as 3 log-mel frames of 32 bands",
        "synthetic": True,
        "head": {"part": "anomaly", "threshold": threshold},
        "preprocess": CHAIN,
    }


def features(fault: Fault, severity: float, *, seed: int, count: int) -> npt.NDArray[np.float32]:
    """Return what the model is shown of some blocks: float32 (count, frames * bands)."""
    params = Params(fault=fault, fault_from_s=0.0, severity=severity, seed=seed)
    blocks = np.stack([block_at(params, i * params.block_s).blocks[params.block].data for i in range(count)])
    return Chain(chain()).apply(Features(data=blocks.astype(np.float32))).data.reshape(count, -1)


def chain() -> Sequence[Spec]:
    """Read the preprocessing as a node's configuration would."""
    reader = Reader(Path())
    specs = [reader.spec(TABLE, step, "preprocess") for step in CHAIN]
    return [spec for spec in specs if spec is not None]


def fitted(learning: npt.NDArray[np.float32]) -> tf.keras.Model:
    """Train the autoencoder: 96 numbers through 8 and back; it standardises inside, so that it answers in log units."""
    import tensorflow as tf
    from tensorflow.keras import Sequential, layers

    tf.keras.utils.set_random_seed(SEED)
    mean, deviation = float(learning.mean()), float(learning.std())
    width = learning.shape[1]
    model = Sequential(
        [
            layers.Input((width,)),
            layers.Rescaling(1 / deviation, -mean / deviation),
            layers.Dense(48, activation="relu"),
            layers.Dense(8, activation="relu"),
            layers.Dense(48, activation="relu"),
            layers.Dense(width),
            layers.Rescaling(deviation, mean),
        ]
    )
    rate = tf.keras.optimizers.schedules.CosineDecay(2e-3, EPOCHS * (len(learning) // 64 + 1))
    model.compile(tf.keras.optimizers.Adam(rate), "mse")
    model.fit(learning, learning, epochs=EPOCHS, batch_size=64, verbose=0)
    return model


def scores(path: Path, windows: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return the model's score of each window, through the engine."""
    return np.array([answer.values["score"] for answer in answers(path, windows)], np.float64)


def judged(path: Path, threshold: float) -> dict[str, float]:
    """Judge a model on blocks it has never met.

    Returns:
        `auc_percent_<fault>_<severity>`, `found_percent_...` the share above the threshold, `false_alarms` the same of
        healthy blocks.
    """
    healthy = scores(path, features("none", 0.0, seed=SEED + 2, count=1000))
    stated = {"false_alarms_percent": 100 * float((healthy >= threshold).mean())}
    faults: tuple[Fault, ...] = ("outer", "inner")
    for fault in faults:
        for severity in SEVERITIES:
            faulty = scores(path, features(fault, severity, seed=SEED + 3, count=500))
            case = f"{fault}_{severity:g}".replace(".", "_")
            stated[f"auc_percent_{case}"] = round(100 * roc_auc(healthy, faulty), 2)
            stated[f"found_percent_{case}"] = round(100 * float((faulty >= threshold).mean()), 2)
    return stated


def roc_auc(healthy: npt.NDArray[np.float64], faulty: npt.NDArray[np.float64]) -> float:
    """Return the chance that a faulty block scores above a healthy one; ties count half (Mann and Whitney's U).

    >>> roc_auc(np.array([1.0, 2.0]), np.array([2.0, 3.0]))
    0.875
    """
    above = (faulty[:, np.newaxis] > healthy).mean() + (faulty[:, np.newaxis] == healthy).mean() / 2
    return float(above)
