"""Other people's models: all that are good run and reach what they should, all that cannot are refused in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from node.errors import ModelError
from tests.node.infer.forge import REAL, ask, engine, numbers

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not REAL.exists(), reason=f"{REAL} is absent: the collection of real models")

REFUSED = {
    "coral_edgetpu_pairs/keras_lstm_mnist_ptq_edgetpu": "Edge TPU",
    "coral_edgetpu_pairs/mobilenet_v1_0.25_128_quant_edgetpu": "Edge TPU",
    "coral_edgetpu_pairs/split_concat_edgetpu": "Edge TPU",
    "coral_edgetpu_pairs/model_invoking_error": "fake-op-double",
    "coral_edgetpu_pairs/split_concat": "3 inputs",
    "tflm_examples/audio_preprocessor_float": "SignalWindow",
    "tflm_examples/audio_preprocessor_int8": "SignalWindow",
    "tflm_examples/person_detect": "quantized_dimension",
}
GOOD = {
    "coral_edgetpu_pairs/keras_lstm_mnist_ptq": ((28, 28), 10),
    "coral_edgetpu_pairs/mobilenet_v1_0.25_128_quant": ((128, 128, 3), 1001),
    "haverland_meter/dig-class100-0182-s2_q": ((32, 20, 3), 100),
    "mlperf_tiny_models/ad01_fp32": ((640,), 640),
    "mlperf_tiny_models/ad01_int8": ((640,), 640),
    "mlperf_tiny_models/kws_ref_model": ((49, 10, 1), 12),
    "mlperf_tiny_models/kws_ref_model_float32": ((49, 10, 1), 12),
    "mlperf_tiny_models/pretrainedResnet": ((32, 32, 3), 10),
    "mlperf_tiny_models/pretrainedResnet_quant": ((32, 32, 3), 10),
    "mlperf_tiny_models/str_ww_ref_model": ((30, 1, 40), 3),
    "mlperf_tiny_models/vww_96_float": ((96, 96, 3), 2),
    "mlperf_tiny_models/vww_96_int8": ((96, 96, 3), 2),
    "tflm_examples/hello_world_float": ((1,), 1),
    "tflm_examples/hello_world_int8": ((1,), 1),
    "tflm_examples/micro_speech_quantized": ((1960,), 4),
    "tflm_examples/trained_lstm": ((28, 28), 10),
    "tflm_examples/trained_lstm_int8": ((28, 28), 10),
}


def path_of(name: str) -> Path:
    """Return the model's file."""
    return REAL / f"{name}.tflite"


def test_every_model_of_the_collection_has_a_verdict_here() -> None:
    """No file is forgotten."""
    assert {str(each.relative_to(REAL).with_suffix("")) for each in REAL.rglob("*.tflite")} == {*REFUSED, *GOOD}


@pytest.mark.parametrize(("name", "reason"), REFUSED.items(), ids=REFUSED)
def test_model_that_cannot_run_is_refused_with_the_reason(name: str, reason: str) -> None:
    """It is a ModelError in one line that says what is the matter and where."""
    with pytest.raises(ModelError, match=reason) as refused:
        ask(engine(path_of(name), head=numbers(1)), np.zeros((1, 4), np.float32))
    assert str(path_of(name)) in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("name", "shape", "width"), [(name, *rest) for name, rest in GOOD.items()], ids=GOOD)
def test_good_model_answers_windows_together_as_alone(name: str, shape: tuple[int, ...], width: int) -> None:
    """Three windows in one call give what each gives by itself, in a fresh engine, in any order."""
    windows = np.random.default_rng(3).uniform(-1, 1, (3, *shape)).astype(np.float32)
    together = ask(engine(path_of(name), head=numbers(width)), windows)
    backwards = ask(engine(path_of(name), head=numbers(width), batch=1), windows[::-1])[::-1]
    for one, other in zip(together, backwards, strict=True):
        # Batched and single kernels of the runtime differ by a step of int8 at most, float32 by rounding.
        difference = np.array(list(one.values.values())) - np.array(list(other.values.values()))
        assert np.abs(difference).max() <= max(0.02 * np.abs(list(one.values.values())).max(), 1e-4), name


@pytest.mark.parametrize(("name", "most"), [("hello_world_float", 0.1), ("hello_world_int8", 0.12)])
def test_hello_world_follows_the_sine(name: str, most: float) -> None:
    """The smallest model there is knows the sine over one turn."""
    x = np.linspace(0, 2 * np.pi, 200, dtype=np.float32)[:, np.newaxis]
    answers = ask(engine(path_of(f"tflm_examples/{name}"), head={"part": "regression", "names": ["sine"]}), x)
    missed = np.array([float(answer.values["sine"]) for answer in answers]) - np.sin(x[:, 0])
    assert np.abs(missed).max() < most


@pytest.mark.parametrize("name", ["trained_lstm", "trained_lstm_int8"])
def test_recurrent_model_reads_ten_digits_in_any_order(name: str) -> None:
    """A recurrent model starts every window afresh: order and neighbours do not matter."""
    image = pytest.importorskip("PIL.Image", reason="Pillow reads the PNGs")
    pictures = [np.asarray(image.open(REAL / f"tflm_examples/sample{i}.png").convert("L")) for i in range(10)]
    windows = (np.stack(pictures) / 255).astype(np.float32)
    head = {"part": "classes"}
    labels = [answer.values["label"] for answer in ask(engine(path_of(f"tflm_examples/{name}"), head=head), windows)]
    assert labels == [str(i) for i in range(10)]
    backwards = ask(engine(path_of(f"tflm_examples/{name}"), head=head), windows[::-1])
    assert [answer.values["label"] for answer in backwards] == labels[::-1]


def test_meter_model_reads_real_meters() -> None:
    """On 800 pictures of real meters the 100-class model is within a tenth of the label nearly always."""
    image = pytest.importorskip("PIL.Image", reason="Pillow reads the JPEGs")
    files = sorted((REAL / "haverland_meter/img").glob("*.jpg"))
    pictures = np.stack([np.asarray(image.open(each).convert("RGB").resize((20, 32))) for each in files])
    model = engine(path_of("haverland_meter/dig-class100-0182-s2_q"), head={"part": "classes", "logits": True})
    said = np.array([int(str(a.values["label"])) for a in ask(model, pictures.astype(np.float32))])
    truth = np.array([round(10 * float(each.name.partition("__")[0])) for each in files])
    apart = np.abs(said - truth) % 100
    assert np.mean(np.minimum(apart, 100 - apart) <= 1) > 0.95
