"""What is said of a model: golden windows that cost less than the model, and that any model can have."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest

from node.update.selftest import examine, judge
from tools.models.rehearsal import ZOO
from tools.models.target import LEAST_WINDOWS, MOST_BYTES, described, windows_of

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt


def arrays(file: bytes) -> dict[str, npt.NDArray[np.float32]]:
    """Return what stands in a file of arrays."""
    with np.load(io.BytesIO(file)) as found:
        return dict(found)


@pytest.mark.parametrize("name", ["digits_int8", "digits_float", "digits_standard_float", "pump_int8"])
def test_model_of_any_head_passes_the_selftest_that_is_made_of_it(tmp_path: Path, name: str) -> None:
    """A classifier by its classes, an autoencoder by its numbers; both without windows from the publisher."""
    model = ZOO / f"{name}.tflite"
    terms, proof = described(model, 2, (), windows_of(None, model))
    for path, content in proof.items():
        (tmp_path / path).write_bytes(content)
    found = examine(model, [tmp_path / terms.golden, tmp_path / terms.windows])
    assert judge(found, terms) == ""
    assert (found["agree"] == 0) == (name == "pump_int8")
    assert sum(map(len, proof.values())) < model.stat().st_size


def test_windows_of_two_versions_are_one_file() -> None:
    """Only the answers are each version's own."""
    proofs = []
    for name in ("digits_int8", "digits_float"):
        with np.load(ZOO / "digits_eval.npz") as pictures:
            windows = pictures["images"][:16, :, :, None].astype(np.float32)
        terms, proof = described(ZOO / f"{name}.tflite", 2, (), windows)
        proofs.append((proof[terms.windows], proof[terms.golden]))
    assert proofs[0][0] == proofs[1][0]
    assert proofs[0][1] != proofs[1][1]


@pytest.mark.parametrize(
    ("scale", "kind"), [(1.0, "uint8"), (-1.0, "int8"), (100.0, "int16"), (0.5, "float32"), (1e5, "float32")]
)
def test_windows_keep_their_numbers_in_as_few_bytes_as_hold_them(tmp_path: Path, scale: float, kind: str) -> None:
    """Whole numbers are stored as such; fractions and large ones stay what they are."""
    model, given = ZOO / "pump_int8.tflite", np.arange(8 * 96, dtype=np.float32).reshape(8, 96) % 97 * scale
    np.savez(tmp_path / "w.npz", windows=given)
    terms, proof = described(model, 2, (), windows_of(tmp_path / "w.npz", model))
    stored = arrays(proof[terms.windows])["windows"]
    assert (stored.dtype.name, np.array_equal(stored, given)) == (kind, True)


def test_windows_are_as_many_as_are_worth_their_bytes(tmp_path: Path) -> None:
    """Of large windows a few, of small ones more; never none."""
    model = ZOO / "digits_int8.tflite"
    rng = np.random.default_rng(1)
    for size, most in ((8, 32), (64, MOST_BYTES // (64 * 64 * 4)), (512, LEAST_WINDOWS)):
        np.savez(tmp_path / "w.npz", windows=rng.normal(size=(40, size, size)).astype(np.float32))
        assert len(windows_of(tmp_path / "w.npz", model)) == most
