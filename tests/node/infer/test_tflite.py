"""The TFLite engine: what it answers, and how it refuses."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.errors import ModelError
from node.infer.runtime import interpreter_class
from tests.node.infer.forge import NOTHING, ZOO, Kind, ask, copier, engine, numbers

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

FOUR = np.array([[1.0, 2.3, -1e6, 1e6]], np.float32)


def values(model: Path, windows: npt.NDArray[np.float32], **options: object) -> npt.NDArray[np.float64]:
    """Return the numbers that a copying model answers, (windows, numbers)."""
    answers = ask(engine(model, head=numbers(4), **options), windows)
    return np.array([list(answer.values.values()) for answer in answers], np.float64)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Kind(), [1.0, 2.3, -1e6, 1e6]),
        (Kind(dtype="INT8", scale=0.5, zero_point=3), [1.0, 2.5, -65.5, 62.0]),
        (Kind(dtype="UINT8", scale=0.5, zero_point=100), [1.0, 2.5, -50.0, 77.5]),
        (Kind(dtype="INT16", scale=0.01), [1.0, 2.3, -327.68, 327.67]),
        (Kind(dtype="INT16"), [1.0, 2.0, -32768.0, 32767.0]),
    ],
    ids=lambda case: case.dtype if isinstance(case, Kind) else "",
)
def test_tflite_of_each_type_scales_and_clips(tmp_path: Path, kind: Kind, expected: list[float]) -> None:
    """Real units go in and come out, to the nearest step, and never wrap round."""
    assert values(copier(tmp_path / "m.tflite", kind), FOUR)[0] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("dtype", ["INT32", "BOOL"])
def test_tflite_with_an_input_nobody_can_show_refuses(tmp_path: Path, dtype: str) -> None:
    """An input type that features cannot become is named."""
    with pytest.raises(ModelError, match=dtype.lower()):
        values(copier(tmp_path / "m.tflite", Kind(dtype=dtype)), FOUR)


@pytest.mark.parametrize("batch", [1, 3, 64])
@pytest.mark.parametrize(
    "kind",
    [
        Kind(dtype="INT8", scale=0.5),
        Kind(dtype="INT8", scale=0.5, open_batch=False),
        Kind(dtype="INT8", scale=0.5, honest=False),
    ],
    ids=["open", "fixed", "claims to be open"],
)
def test_tflite_with_any_batch_answers_each_window_alike(tmp_path: Path, kind: Kind, batch: int) -> None:
    """How many windows go through at once changes no answer, whatever the model allows, call after call."""
    windows = (np.arange(40) / 2).astype(np.float32).reshape(10, 4)
    asked = engine(copier(tmp_path / "m.tflite", kind), head=numbers(4), batch=batch)
    for some in (windows, windows[:1], windows[:4], windows):
        found = [list(answer.values.values()) for answer in ask(asked, some)]
        assert found == some.tolist()


@settings(deadline=None, max_examples=25)
@given(count=st.integers(1, 9), batch=st.integers(1, 9))
def test_tflite_of_the_zoo_in_batches_answers_as_one_by_one(count: int, batch: int) -> None:
    """A real network, real pictures: the same labels and confidences for every cut into batches."""
    pictures = np.load(ZOO / "digits_eval.npz")["images"][:count].astype(np.float32)[..., np.newaxis]
    at_once = ask(engine(ZOO / "digits_int8.tflite", batch=batch), pictures)
    alone = ask(engine(ZOO / "digits_int8.tflite", batch=1), pictures)
    assert [a.values for a in at_once] == [a.values for a in alone]


@pytest.mark.parametrize("shape", [(2, 8, 8, 1), (2, 8, 8), (2, 64), (2, 1, 8, 8)])
def test_tflite_with_the_same_numbers_in_another_frame_answers_alike(shape: tuple[int, ...]) -> None:
    """Flat windows, and axes of length 1 that come or go, are the same window."""
    pictures = np.load(ZOO / "digits_eval.npz")["images"][:2].astype(np.float32)
    expected = ask(engine(ZOO / "digits_float.tflite"), pictures[..., np.newaxis])
    assert ask(engine(ZOO / "digits_float.tflite"), pictures.reshape(shape)) == expected


@pytest.mark.parametrize("shape", [(1, 4, 16), (1, 7, 8, 1), (1, 63), (1, 8, 8, 3), (1,)])
def test_tflite_with_windows_of_another_shape_says_both(shape: tuple[int, ...]) -> None:
    """A window that does not fit is refused with what was expected and what came."""
    with pytest.raises(ModelError, match=r"expects windows of \(8, 8, 1\), got"):
        ask(engine(ZOO / "digits_float.tflite"), np.zeros(shape, np.float32))


def test_tflite_after_a_window_of_another_shape_goes_on() -> None:
    """One wrong window does not spoil the model for the next."""
    asked = engine(ZOO / "digits_float.tflite")
    with pytest.raises(ModelError):
        ask(asked, np.zeros((1, 5), np.float32))
    assert len(ask(asked, np.zeros((1, 64), np.float32))) == 1


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_tflite_with_a_number_that_is_none_refuses(broken: float) -> None:
    """NaN has no integer: an answer made of it would be invented."""
    window = np.zeros((1, 64), np.float32)
    window[0, 40] = broken
    with pytest.raises(ModelError, match="NaN or infinity"):
        ask(engine(ZOO / "digits_int8.tflite"), window)


def test_tflite_with_very_large_numbers_clips_them() -> None:
    """Numbers whose squares overflow are numbers all the same."""
    assert len(ask(engine(ZOO / "digits_int8.tflite"), np.full((1, 64), 1e30, np.float32))) == 1


def test_tflite_without_features_says_what_to_configure() -> None:
    """A model in a node that shows it nothing is a mistake with a name."""
    with pytest.raises(ModelError, match="start"):
        engine(ZOO / "digits_int8.tflite").infer(NOTHING, None)


def test_tflite_missing_file_says_which(tmp_path: Path) -> None:
    """The path is in the message, and the option to mend."""
    with pytest.raises(ModelError, match=r"nowhere\.tflite.*infer\.model"):
        ask(engine(tmp_path / "nowhere.tflite"), FOUR)


@pytest.mark.parametrize("content", [b"", b"TFL3", b"\x08\x00\x00\x00ONNX" + bytes(100)])
def test_tflite_other_file_never_reaches_the_runtime(tmp_path: Path, content: bytes) -> None:
    """Bytes without the schema's identifier are refused before native code reads them."""
    path = tmp_path / "m.tflite"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="not a TFLite model"):
        ask(engine(path, head=numbers(4)), FOUR)


def test_tflite_other_weights_than_on_the_card_are_refused(tmp_path: Path) -> None:
    """One byte of one weight changed: the file is whole and would run, but it is not the model that was judged."""
    model = bytearray((ZOO / "digits_int8.tflite").read_bytes())
    model[len(model) // 2] ^= 1
    (tmp_path / "digits_int8.tflite").write_bytes(model)
    shutil.copy(ZOO / "digits_int8.toml", tmp_path)
    with pytest.raises(ModelError, match="sha256"):
        ask(engine(tmp_path / "digits_int8.tflite"), np.zeros((1, 64), np.float32))


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.99])
def test_tflite_cut_off_file_never_reaches_the_runtime(tmp_path: Path, kept: float) -> None:
    """A copy that was interrupted is found out before native code follows its offsets."""
    whole = (ZOO / "digits_int8.tflite").read_bytes()
    (tmp_path / "m.tflite").write_bytes(whole[: int(kept * len(whole))])
    with pytest.raises(ModelError, match="cut off"):
        ask(engine(tmp_path / "m.tflite", head=numbers(10)), FOUR)


def test_tflite_refused_once_is_not_tried_again(tmp_path: Path) -> None:
    """A file that was refused stays refused, with the same words, even where it has become a good one."""
    path = tmp_path / "m.tflite"
    path.write_bytes(b"no model at all")
    asked = engine(path, head=numbers(4))
    with pytest.raises(ModelError) as first:
        ask(asked, FOUR)
    copier(path, Kind())
    with pytest.raises(ModelError) as second:
        ask(asked, FOUR)
    assert str(second.value) == str(first.value)
    assert ask(engine(path, head=numbers(4)), FOUR)[0].values["n0"] == 1.0


def test_tflite_without_head_or_card_says_how_to_read_is_missing(tmp_path: Path) -> None:
    """A bare model needs a head in the configuration."""
    with pytest.raises(ModelError, match=r"infer\.head"):
        ask(engine(copier(tmp_path / "m.tflite", Kind())), FOUR)


def test_tflite_output_that_is_not_there_says_how_many(tmp_path: Path) -> None:
    """An output's number beyond the last is refused."""
    with pytest.raises(ModelError, match="1 outputs"):
        values(copier(tmp_path / "m.tflite", Kind()), FOUR, output=1)


def test_tflite_name_comes_from_option_card_or_digest(tmp_path: Path) -> None:
    """Every answer names its model; without a card, two different files never share a name."""
    window = np.zeros((1, 64), np.float32)
    digits = ZOO / "digits_int8.tflite"
    assert ask(engine(digits), window)[0].model == "digits_int8@1"
    assert ask(engine(digits, name="mine@7"), window)[0].model == "mine@7"
    bare = [copier(tmp_path / "m.tflite", Kind(width=4, scale=s, dtype="INT8")) for s in (0.5,)]
    first = ask(engine(bare[0], head=numbers(4)), FOUR)[0].model
    copier(bare[0], Kind(width=4, scale=0.25, dtype="INT8"))
    second = ask(engine(bare[0], head=numbers(4)), FOUR)[0].model
    assert first.startswith("m@")
    assert second.startswith("m@")
    assert first != second


def test_interpreter_class_without_any_runtime_says_what_to_install() -> None:
    """The message names both packages and what was tried."""
    with pytest.raises(ModelError, match=r"ai-edge-litert.*tflite-runtime.*no_such_runtime"):
        interpreter_class(("no_such_runtime.interpreter",))


def test_interpreter_class_falls_back_to_the_next() -> None:
    """Where the first runtime is absent, the second answers."""
    assert interpreter_class(("no_such.interpreter", "ai_edge_litert.interpreter")).__name__ == "Interpreter"


def test_tflite_built_imports_no_runtime() -> None:
    """Construction is free: the runtime is imported with the first window, not with the engine."""
    program = (
        "import sys; from pathlib import Path; from node.infer.tflite import *;"
        f"TFLite(Params(model=Path({str(ZOO / 'digits_int8.tflite')!r})));"
        "sys.exit(bool({'numpy', 'ai_edge_litert', 'tflite_runtime'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == 0
