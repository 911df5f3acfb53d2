"""Window: what a node is unsure of, as its model was shown it; and what somebody made of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from node.wire.errors import WireError
from node.wire.messages import Raw

By = Literal["", "gateway", "cloud"]
DTYPES: Final = {"f4": "<f4", "u1": "u1", "i2": "<i2"}
LARGEST: Final = 1 << 20
"""Numbers: a picture of a megapixel. A run of thirty-two then takes 128 MiB; sixteen times that the wire allows."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Unsure:
    """One window that waits for an answer: packed, as it came, for many may wait, and unpacked it is far larger.

    Attributes:
        node: whose.
        raw: the window; it is about a record.
        so_far: what the first who was asked made of it, and was not sure of, or why that was nothing.
    """

    node: str
    raw: Raw
    so_far: Answered | None = None

    @property
    def boot_id(self) -> bytes:
        """The boot of the record that it is about."""
        return self.raw.boot_id

    @property
    def seq(self) -> int:
        """That record's number."""
        assert self.raw.about is not None, "a window that is about no record asks nothing"
        return self.raw.about

    @property
    def stream(self) -> str:
        """Names the model that is asked."""
        return self.raw.stream

    @property
    def shape(self) -> tuple[int, ...]:
        """Without a batch's axis."""
        return tuple(self.raw.shape)

    def numbers(self) -> npt.NDArray[np.float32]:
        """Return what its model was shown.

        Raises:
            WireError: its data is not what its coding and shape say, or holds what is no number; or it is too large.
        """
        raw = self.raw
        if math.prod(raw.shape) > LARGEST:
            raise WireError("too-large", f"a window of {math.prod(raw.shape)} numbers; {LARGEST} are looked at")
        data = np.frombuffer(raw.unpacked(), DTYPES[raw.dtype]).reshape(self.shape).astype(np.float32)
        if not np.isfinite(data).all():  # no model answers for it, and JSON cannot carry it to one that might
            raise WireError("not-finite", "a window with NaN or infinity in it")
        return data


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a model made of one window: the label, how sure, and its lead over the second."""

    label: str
    confidence: float
    margin: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The end of an escalation.

    Attributes:
        unsure: what was asked.
        by: who answered; empty where nobody did.
        model: what did, `name@version`.
        said: its answer; None where nobody had one.
        note: why there is none.
    """

    unsure: Unsure
    by: By
    model: str = ""
    said: Said | None = None
    note: str = ""


def judged(output: npt.NDArray[np.float32], labels: tuple[str, ...], temperature: float, *, logits: bool) -> list[Said]:
    """Return what a classifier's output says of each window.

    Args:
        output: (windows, classes).
        labels: one a class; none for the classes' numbers.
        temperature: from a calibration.
        logits: they are no probabilities yet.

    Raises:
        ValueError: they are no classes, or not as many as there are labels.
    """
    if output.ndim != 2 or not np.isfinite(output).all() or (labels and output.shape[1] != len(labels)):
        raise ValueError(f"an answer of {output.shape} for {len(labels)} labels")
    scaled = (output if logits else np.log(np.maximum(output, 1 / 512))) / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    chances = powers / powers.sum(axis=1, keepdims=True)
    ordered = np.sort(chances, axis=1)
    seconds = ordered[:, -2] if chances.shape[1] > 1 else np.zeros(len(chances))
    winners = chances.argmax(axis=1).tolist()
    return [
        Said(
            label=labels[at] if labels else str(at),
            confidence=round(first, 4),
            margin=round(first - second, 4),
        )
        for at, first, second in zip(winners, ordered[:, -1].tolist(), seconds.tolist(), strict=True)
    ]
