"""Target: what a model's target says, found by running the model here on its golden windows."""

from __future__ import annotations

import io
import tomllib
from typing import TYPE_CHECKING, Final

import numpy as np

from node.errors import ModelError
from node.infer.card import card_of
from node.infer.model import Model
from node.infer.runtime import open_model
from node.update.terms import Terms
from tools.models.errors import PublishError
from tools.train.card import toml

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

MOST_WINDOWS: Final = 32
ROUNDING: Final = 0.02
"""How far an output may be off, as a share of the spread of all outputs: other processors' kernels round otherwise."""
CLEAR: Final = 3.0
"""A golden window's first class is so many roundings ahead of its second: else the class would be a matter of luck."""


def windows_of(path: Path | None, model: Path) -> npt.NDArray[np.float32]:
    """Return golden windows: those of a file, or seeded noise where the publisher gives none.

    Args:
        path: `.npz` with an array `windows`, or the only one; None for noise.
        model: the model file, for the shape of a window.

    Raises:
        PublishError: the file holds no windows.
    """
    if path is None:
        shape = [max(int(each), 1) for each in open_model(model, 1).get_input_details()[0]["shape"]]
        return np.random.default_rng(1).normal(size=(MOST_WINDOWS, *shape[1:])).astype(np.float32)
    try:
        with np.load(path, allow_pickle=False) as arrays:
            name = "windows" if "windows" in arrays else arrays.files[0]
            return np.asarray(arrays[name][:MOST_WINDOWS], np.float32)
    except (OSError, ValueError, IndexError) as error:
        raise PublishError(f"no golden windows in {path}: {error}; give an .npz with an array `windows`") from error


def described(
    model: Path, version: int, boards: tuple[str, ...], windows: npt.NDArray[np.float32]
) -> tuple[Terms, bytes]:
    """Run a model on its golden windows, and write down what came of it.

    Args:
        model: the file; its card stands beside it.
        version: of the model, which results name.
        boards: that it is for; none for any.
        windows: (windows, ...) float32, in real units.

    Returns:
        The terms, and the golden file.

    Raises:
        PublishError: there is no card, or the model does not run here.
    """
    try:
        card = card_of(model)
        answers = Model(model, 1, 1, 0, stateful=False).run(windows)
    except ModelError as error:
        raise PublishError(f"{error}; what does not run here is not published") from error
    if card is None:
        raise PublishError(f"no card beside {model}: {model.with_suffix('.toml').name} says what a node makes of it")
    name = card.model.partition("@")[0]
    windows, answers, tolerance = _clear(windows, answers)
    if not len(windows):
        raise PublishError(f"no golden window of {model} has a clear class: give windows of what it was trained on")
    golden = io.BytesIO()
    agree = len(windows) if answers.shape[1] > 1 else 0
    np.savez_compressed(golden, windows=windows, answers=answers, agree=agree, tolerance=tolerance)
    said = tomllib.loads(model.with_suffix(".toml").read_text("utf-8"))
    terms = Terms(
        model=name,
        version=version,
        card=toml({"model": f"{name}@{version}", "head": said["head"]}),
        boards=boards,
        golden=f"{name}@{version}.npz",
    )
    return terms, golden.getvalue()


def _clear(
    windows: npt.NDArray[np.float32], answers: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], float]:
    """Keep the windows whose class is no matter of rounding, and say how far an output may be off."""
    tolerance = ROUNDING * float(np.ptp(answers)) or ROUNDING
    if answers.shape[1] < 2:
        return windows, answers, tolerance
    ranked = np.sort(answers, axis=1)
    clear = ranked[:, -1] - ranked[:, -2] >= CLEAR * tolerance
    return (windows[clear], answers[clear], tolerance) if clear.any() else (windows[:0], answers[:0], tolerance)
