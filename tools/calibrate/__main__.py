"""Make a classifier's confidence true: fit its temperature on labelled windows, and write it into its card.

    python -m tools.calibrate MODEL.tflite --data LABELLED.npz [--seed N] [--dry-run] [--json]

LABELLED.npz holds `images` (or `windows`) and `labels`: windows that the model has never seen, as it is shown them, and
the words, or numbers of the classes, that are true of them. Half of them fit the temperature; the other half judge it.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import numpy as np

from node import durable
from node.errors import ConfigError, ModelError, Problem
from node.infer.card import card_of
from node.infer.confidence import MEASURES
from node.infer.heads.classes import Params, softmax
from node.infer.model import Model
from tools.calibrate import fit
from tools.calibrate.card import with_temperature

if TYPE_CHECKING:
    from collections.abc import Mapping

SHARES: Final = (0.01, 0.02, 0.05, 0.1, 0.2)
LEAST_WINDOWS: Final = 50


def main() -> int:
    """Calibrate one model.

    Returns:
        0 when it was done; 2, with the reason, where the model or the data cannot be used.
    """
    reader = argparse.ArgumentParser(prog="torpor calibrate", description=(__doc__ or "").partition("\n")[0])
    reader.add_argument("model", type=Path, help="a .tflite file with its card beside it")
    reader.add_argument(
        "--data", type=Path, required=True, help="labelled windows, .npz: images or windows, and labels"
    )
    reader.add_argument("--seed", type=int, default=0, help="which windows fit and which judge is drawn from it")
    reader.add_argument("--dry-run", action="store_true", help="leave the card as it is")
    reader.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    asked = reader.parse_args()
    try:
        found = calibrated(asked.model, asked.data, asked.seed)
        if not asked.dry_run:
            write(asked.model, found)
    except (ConfigError, ModelError) as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(found)) if asked.json else show(asked.model, found, written=not asked.dry_run)
    return 0


def calibrated(model: Path, data: Path, seed: int) -> dict[str, object]:
    """Fit and judge the temperature of a model.

    Args:
        model: with its card beside it.
        data: labelled windows.
        seed: which of them fit and which judge.

    Raises:
        ModelError: the model cannot be run, or is no classifier.
        ConfigError: the data cannot be used.
    """
    params = _head(model)
    windows, words = _labelled(data)
    logits = _logits(model, params, windows)
    labels = params.labels or tuple(map(str, range(logits.shape[1])))
    truths = _truths(words, labels, data)
    by, judged = fit.halves(truths, seed)
    at = float(f"{fit.temperature(logits[by], truths[by]):.4g}")
    if not 1.01 * fit.COLDEST < at < fit.HOTTEST / 1.01:
        told = "no temperature is best: the model errs on none of them, or knows none; give windows that it never saw"
        raise ConfigError([Problem(str(data), told)])
    before, after = (fit.quality(logits[judged], truths[judged], each) for each in (1.0, at))
    chances = softmax(logits / np.float32(at))
    sure = np.array([MEASURES[params.confidence](row) for row in chances.tolist()], np.float32)
    return {
        "temperature": at,
        "measure": params.confidence,
        "fitted_on": len(by),
        "judged_on": len(judged),
        "accuracy": round(after.accuracy, 4),
        "nll_before": round(before.nll, 4),
        "nll_after": round(after.nll, 4),
        "ece_before": round(before.ece, 4),
        "ece_after": round(after.ece, 4),
        "thresholds": [
            {"unsure_share": share, "threshold": round(threshold, 4), "accuracy_of_the_rest": round(accuracy, 4)}
            for share, threshold, accuracy in fit.thresholds(sure, chances.argmax(axis=1) == truths, SHARES)
        ],
    }


def write(model: Path, found: Mapping[str, object]) -> None:
    """Put what was found into the model's card.

    Raises:
        ConfigError: the card cannot be edited.
    """
    path = model.with_suffix(".toml")
    kept = ("fitted_on", "judged_on", "nll_before", "nll_after", "ece_before", "ece_after")
    figures = {name: cast("float", found[name]) for name in kept}
    text = with_temperature(path.read_text("utf-8"), cast("float", found["temperature"]), figures)
    durable.write(path, text.encode(), mode=0o644)


def show(model: Path, found: Mapping[str, object], *, written: bool) -> None:
    """Print the result for people."""
    print(f"{model.name}: temperature {found['temperature']}, fitted on {found['fitted_on']} windows")
    print(f"  judged on {found['judged_on']} others, {found['accuracy']:.2%} right     before      after")
    for key, name in (("ece", "calibration error"), ("nll", "negative log-likelihood")):
        print(f"    {name:34}{found[f'{key}_before']:>10}{found[f'{key}_after']:>11}")
    print(f"  confidence by {found['measure']!r}, of all windows:")
    print("    unsure      [cascade] threshold    the others are right")
    for row in cast("list[dict[str, float]]", found["thresholds"]):
        print(f"    {row['unsure_share']:>5.0%}{row['threshold']:>20}{row['accuracy_of_the_rest']:>22.2%}")
    print(f"{model.with_suffix('.toml')} {'says so now' if written else 'was left as it is'}")


def _head(model: Path) -> Params:
    card = card_of(model)
    if card is None:
        raise ModelError(f"{model} has no card; put {model.stem}.toml beside it, see node/REFERENCE.md")
    if card.head.name != "classes":
        raise ModelError(f"{model} answers by the head {card.head.name!r}; only `classes` has a temperature")
    return cast("Params", card.head.params)


def _labelled(data: Path) -> tuple[np.ndarray, list[str]]:
    try:
        with np.load(data, allow_pickle=False) as found:
            name = next((each for each in ("windows", "images") if each in found), None)
            if name is None or "labels" not in found:
                raise ConfigError([Problem(str(data), f"has {', '.join(found) or 'nothing'}; give images and labels")])
            windows, labels = found[name].astype(np.float32), found["labels"]
    except (OSError, ValueError) as error:
        raise ConfigError([Problem(str(data), f"is no .npz of arrays: {error}")]) from error
    if len(windows) != len(labels) or len(windows) < LEAST_WINDOWS:
        told = f"{len(windows)} windows and {len(labels)} labels; give as many labels, and {LEAST_WINDOWS} or more"
        raise ConfigError([Problem(str(data), told)])
    return windows, [str(each) for each in labels.tolist()]


def _logits(path: Path, params: Params, windows: np.ndarray) -> fit.Logits:
    output = Model(path, 1, 64, 0, stateful=False).run(windows)
    # As the head does it: an int8 softmax says 0 for what is below 1/512.
    return output if params.logits else np.log(np.maximum(output, np.float32(1 / 512)))


def _truths(words: list[str], labels: tuple[str, ...], data: Path) -> fit.Truths:
    unknown = sorted(set(words) - set(labels))
    if unknown:
        told = f"labels that the model does not know: {', '.join(unknown[:5])}; it knows {', '.join(labels[:12])}"
        raise ConfigError([Problem(str(data), told)])
    return np.array([labels.index(each) for each in words], np.int64)


if __name__ == "__main__":
    sys.exit(main())
