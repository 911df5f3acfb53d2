"""Classes: the most probable label, how sure, and how far ahead of the second."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from node.errors import ModelError
from node.infer.confidence import MEASURES, Measure, margin
from node.infer.heads import Answer
from node.lazy import lazy
from node.options import option

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from node.values import Value
else:
    np = lazy("numpy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """What the output's numbers are called, and whether they are probabilities yet."""

    labels: tuple[str, ...] = option("one word a class, in the model's order; none: the classes' numbers", default=())
    labels_file: Path | None = option("instead of labels: a text file with one word a line", default=None)
    logits: bool = option("the output is logits; take the softmax first", default=False)
    temperature: float = option(
        "softer above 1, sharper below; `torpor calibrate` finds it", default=1.0, above=0, most=100
    )
    confidence: Measure = option(
        "how sure is told: by the winner's probability, its lead, or all of them", default="max"
    )

    def __post_init__(self) -> None:
        """Refuse two sources of labels."""
        if self.labels and self.labels_file is not None:
            raise ValueError("labels and labels_file both given; keep one")


class Classes:
    """Answers `label`, `confidence` (by the measure that was chosen) and `margin` (the winner's lead over the second).

    A temperature other than 1 needs logits: where the model ends in a softmax, their differences are got back as
    logarithms of its probabilities. It moves the confidence and never the label.

    Source: Guo et al., On Calibration of Modern Neural Networks, ICML 2017, section 4.2.
    """

    def __init__(self, params: Params) -> None:
        """Take the options; a labels file is read with the first output.

        Args:
            params: labels and scaling.
        """
        self._params = params
        self._labels: Sequence[str] = params.labels

    def judge(self, output: npt.NDArray[np.float32], shown: npt.NDArray[np.float32]) -> Sequence[Answer]:  # noqa: ARG002 - the label stands in the output alone
        """Pick the largest of each window; of equals, the first."""
        labels = self._called(output.shape[1])
        chances = self._probabilities(output)
        if chances.min() < -0.01 or chances.max() > 1.01:  # a softmax in int8 is off by 1/256
            raise ModelError(f"classes: {chances.min():g} to {chances.max():g} are no probabilities; set logits = true")
        measure = MEASURES[self._params.confidence]
        return [_answer(row, labels, measure(row)) for row in chances.tolist()]

    def _called(self, count: int) -> Sequence[str]:
        if not self._labels:
            source = self._params.labels_file
            self._labels = _read(source) if source else tuple(map(str, range(count)))
        if len(self._labels) != count:
            raise ModelError(f"classes: the model answers {count} numbers, but there are {len(self._labels)} labels")
        return self._labels

    def _probabilities(self, output: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        params = self._params
        if params.logits:
            return softmax(output / np.float32(params.temperature))
        if params.temperature == 1.0:
            return output
        # An int8 softmax says 0 for what is below 1/512: that, not minus infinity, is what is known of it.
        known: npt.NDArray[np.float32] = np.log(np.maximum(output, np.float32(1 / 512)))
        return softmax(known / np.float32(params.temperature))


def softmax(logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return probabilities, (windows, classes); the largest logit is taken out first, so that none overflows."""
    powers: npt.NDArray[np.float32] = np.exp(logits - logits.max(axis=1, keepdims=True))
    chances: npt.NDArray[np.float32] = powers / powers.sum(axis=1, keepdims=True)
    return chances


def _answer(chances: list[float], labels: Sequence[str], confidence: float) -> Answer:
    # Four decimals are more than a confidence means, and a third of the bytes of all seventeen digits on the air.
    values: dict[str, Value] = {
        "label": labels[chances.index(max(chances))],
        "confidence": round(confidence, 4),
        "margin": round(margin(chances), 4),
    }
    return Answer(values=values, confidence=confidence)


def _read(source: Path) -> tuple[str, ...]:
    try:
        lines = source.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"classes: cannot read labels_file {source}: {error}") from error
    return tuple(line.strip() for line in lines if line.strip())
