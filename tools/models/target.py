"""Target: what a model's target says, found by running the model here on its golden windows."""

from __future__ import annotations

import hashlib
import io
import tempfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import numpy as np

from node.errors import ModelError
from node.infer.card import card_of
from node.infer.model import Model
from node.infer.runtime import open_model
from node.update import selftest
from node.update.terms import Terms
from tools.models.errors import PublishError
from tools.train.card import toml

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

MOST_WINDOWS: Final = 32
LEAST_WINDOWS: Final = 4
MOST_BYTES: Final = 1 << 17
"""Of windows as they are stored, before they are compressed: a self-test should cost less than its model."""
MOST_ANSWER_BYTES: Final = 1 << 14
"""Of what the model made of them: an autoencoder's answer is as long as a window."""
ROUNDING: Final = 0.02
"""How far an output may be off, as a share of the spread of all outputs: other processors' kernels round otherwise."""
PATIENCE_S: Final = 60.0
MOST_MB: Final = 1024
CLEAR: Final = 3.0
"""A golden window's first class is so many roundings ahead of its second: else the class would be a matter of luck."""


def windows_of(path: Path | None, model: Path) -> npt.NDArray[np.float32]:
    """Return golden windows: those of a file, or seeded noise of three levels where the publisher gives none.

    Args:
        path: `.npz` with an array `windows`, or the only one, of which the first are taken; None for noise.
        model: the model file, for the shape of a window.

    Raises:
        PublishError: the file holds no windows.
    """
    if path is None:
        shape = [max(int(each), 1) for each in open_model(model, 1).get_input_details()[0]["shape"]]
        return _few(np.random.default_rng(1).integers(-1, 2, (MOST_WINDOWS, *shape[1:])).astype(np.float32))
    try:
        with np.load(path, allow_pickle=False) as arrays:
            name = "windows" if "windows" in arrays else arrays.files[0]
            return _few(np.asarray(arrays[name][:MOST_WINDOWS], np.float32))
    except (OSError, ValueError, IndexError) as error:
        raise PublishError(f"no golden windows in {path}: {error}; give an .npz with an array `windows`") from error


def described(
    model: Path, version: int, boards: tuple[str, ...], windows: npt.NDArray[np.float32]
) -> tuple[Terms, dict[str, bytes]]:
    """Run a model on its golden windows, and write down what came of it.

    The windows are a file of their own, named by what is in it: a node that tested the last version has them.

    Args:
        model: the file; its card stands beside it.
        version: of the model, which results name.
        boards: that it is for; none for any.
        windows: (windows, ...) float32, in real units.

    Returns:
        The terms, and the files of the self-test by their targets' paths.

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
    tolerance = ROUNDING * float(np.ptp(answers)) or ROUNDING
    picked = _clear(answers, tolerance) if card.head.name == "classes" else np.arange(len(answers))
    picked = picked[: max(LEAST_WINDOWS, MOST_ANSWER_BYTES // answers[0].nbytes)]
    if not len(picked):
        raise PublishError(f"no golden window of {model} has a clear class: give windows of what it was trained on")
    shared = _stored(windows=_small(windows))
    golden = _stored(
        picked=picked.astype(np.uint8),
        answers=answers[picked],
        agree=np.array(len(picked) if card.head.name == "classes" else 0),
        tolerance=np.array(tolerance),
    )
    said = tomllib.loads(model.with_suffix(".toml").read_text("utf-8"))
    terms = Terms(
        model=name,
        version=version,
        card=toml({"model": f"{name}@{version}", "head": said["head"]}),
        boards=boards,
        golden=f"{name}@{version}.npz",
        windows=f"{name}-{hashlib.sha256(shared).hexdigest()[:8]}.npz",
    )
    return terms, {terms.golden: golden, terms.windows: shared}


def rehearsed(model: Path, terms: Terms, proof: Mapping[str, bytes]) -> Mapping[str, float]:
    """Run the self-test as a node would, in a child, with the same ceilings.

    Args:
        model: the file.
        terms: what is said of it.
        proof: golden files, by their targets.

    Returns:
        `mean_ms` of a window and `grown_mb`, on this machine.

    Raises:
        PublishError: it did not pass, here where there is more of everything than on a node.
    """
    with tempfile.TemporaryDirectory(prefix="torpor-models-") as folder:
        files = [Path(folder) / str(number) for number in range(len(proof))]
        for path, content in zip(files, proof.values(), strict=True):
            path.write_bytes(content)
        try:
            found = selftest.check(model, files, terms, most_s=PATIENCE_S, most_mb=MOST_MB)
        except ModelError as error:
            raise PublishError(f"{error}: no node would take it; raise its ceilings, or make it smaller") from error
    return {name: float(cast("float", found[name])) for name in ("mean_ms", "grown_mb")}


def _clear(answers: npt.NDArray[np.float32], tolerance: float) -> npt.NDArray[np.intp]:
    """Return which windows have a class that is no matter of rounding."""
    if answers.shape[1] < 2:
        return np.arange(len(answers))
    ranked = np.sort(answers, axis=1)
    return np.flatnonzero(ranked[:, -1] - ranked[:, -2] >= CLEAR * tolerance)


def _few(windows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the first windows, as many as are worth their bytes."""
    return windows[: max(LEAST_WINDOWS, MOST_BYTES // max(_small(windows[:1]).nbytes, 1))]


def _small(windows: npt.NDArray[np.float32]) -> npt.NDArray[np.generic]:
    """Return the same numbers in as few bytes as hold them: pictures are whole numbers."""
    kinds = [np.dtype(kind) for kind in (np.uint8, np.int8, np.int16)]
    with np.errstate(invalid="ignore"):  # what does not fit is another number afterwards, and so tells itself
        return next((each for each in map(windows.astype, kinds) if np.array_equal(each, windows)), windows)


def _stored(**arrays: npt.NDArray[np.generic]) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **arrays)
    return file.getvalue()
