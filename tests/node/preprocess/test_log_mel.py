"""Laws of log-mel: the features of the training, to the last band."""

import cmath
import math

import numpy as np
import pytest

from tests.node.preprocess.made import applied, problems, sines, transform

RATE_HZ = 8000.0


FRAME, HOP, MELS = 64, 40, 7


def plain(signal: list[float], corners: list[float], *, equal_area: bool) -> list[list[float]]:
    """Compute the natural log-mel of a signal by the definitions alone: slow, loops, no numpy."""
    rows = []
    for start in range(0, len(signal) - FRAME + 1, HOP):
        tapered = [x * math.sin(math.pi * i / FRAME) ** 2 for i, x in enumerate(signal[start : start + FRAME])]
        powers = [
            abs(sum(x * cmath.exp(-2j * math.pi * k * i / FRAME) for i, x in enumerate(tapered))) ** 2
            for k in range(FRAME // 2 + 1)
        ]
        rows.append([banded(powers, corners[m : m + 3], equal_area=equal_area) for m in range(MELS)])
    return rows


def cornered(low_hz: float, high_hz: float, scale: str) -> list[float]:
    """Space the corners of the triangles evenly on a scale."""
    to_mel, to_hz = SCALES[scale]
    low, high = to_mel(low_hz), to_mel(high_hz)
    return [to_hz(low + (high - low) * i / (MELS + 1)) for i in range(MELS + 2)]


def banded(powers: list[float], corners: list[float], *, equal_area: bool) -> float:
    """Weigh a spectrum with one triangle, and take the logarithm."""
    left, peak, right = corners
    total = 0.0
    for k, power in enumerate(powers):
        hz = k * RATE_HZ / FRAME
        if left < hz <= peak:
            total += power * (hz - left) / (peak - left)
        elif peak < hz < right:
            total += power * (right - hz) / (right - peak)
    return math.log(max(total * (2 / (right - left) if equal_area else 1), 1e-6))


def slaney_mel(hz: float) -> float:
    """Turn hertz into Slaney's mels, as the Auditory Toolbox has it: 200/3 Hz a mel, then a geometric series."""
    return hz / (200 / 3) if hz < 1000 else 15 + math.log(hz / 1000) / (math.log(6.4) / 27)


def slaney_hz(mel: float) -> float:
    """Turn Slaney's mels into hertz."""
    return mel * 200 / 3 if mel < 15 else 1000 * math.exp((math.log(6.4) / 27) * (mel - 15))


def htk_mel(hz: float) -> float:
    """Turn hertz into HTK's mels, in the form with the natural logarithm."""
    return 1127.01048 * math.log1p(hz / 700)


def htk_hz(mel: float) -> float:
    """Turn HTK's mels into hertz."""
    return 700 * math.expm1(mel / 1127.01048)


SCALES = {"htk": (htk_mel, htk_hz), "slaney": (slaney_mel, slaney_hz)}


@pytest.mark.parametrize("scale", ["htk", "slaney"])
@pytest.mark.parametrize("equal_area", [False, True])
@pytest.mark.parametrize("edges_hz", [(0.0, 4000.0), (80.0, 3600.0)])
def test_log_mel_of_noise_equals_the_definition(scale: str, edges_hz: tuple[float, float], *, equal_area: bool) -> None:
    """Frame by frame and band by band, the fast form is the plain one."""
    signal = np.random.default_rng(4).normal(size=150).astype(np.float32)
    frames = {"rate_hz": RATE_HZ, "frame": FRAME, "hop": HOP, "mels": MELS}
    bands = {"scale": scale, "equal_area": equal_area, "low_hz": edges_hz[0], "high_hz": edges_hz[1]}
    made = transform("log_mel", **frames, **bands)
    reference = plain(signal.tolist(), cornered(*edges_hz, scale), equal_area=equal_area)
    assert np.allclose(applied(made, signal[np.newaxis])[0], reference, atol=1e-4)


def test_log_mel_of_a_rising_tone_climbs_the_bands() -> None:
    """The band that is loudest is the one that holds the tone."""
    made = transform("log_mel", rate_hz=8000, frame=256, hop=256, mels=20)
    loudest = [int(applied(made, sines(k, size=256)[np.newaxis])[0, 0].argmax()) for k in range(4, 120, 8)]
    assert loudest == sorted(loudest)
    assert (loudest[0], loudest[-1]) == (1, 19)


@pytest.mark.parametrize(("log", "floor"), [("ln", math.log(1e-6)), ("log10", -6.0), ("db", -60.0)])
def test_log_mel_of_silence_is_the_floor(log: str, floor: float) -> None:
    """Silence is a number one can train on."""
    done = applied(transform("log_mel", rate_hz=8000, frame=64, hop=32, mels=4, log=log), np.zeros((1, 128, 1)))
    assert np.allclose(done, floor)
    assert done.shape == (1, 3, 4, 1)


def test_log_mel_of_two_channels_keeps_them_apart() -> None:
    """The channels come last, as in every other waveform."""
    made = transform("log_mel", rate_hz=8000, frame=64, hop=32, mels=4)
    left, right = sines(10, size=128), sines(40, size=128)
    both = applied(made, np.stack([left, right], axis=-1)[np.newaxis])
    assert np.allclose(both[0, ..., 0], applied(made, left[np.newaxis])[0], atol=1e-4)
    assert np.allclose(both[0, ..., 1], applied(made, right[np.newaxis])[0], atol=1e-4)


def test_log_mel_with_edges_past_half_the_rate_is_refused() -> None:
    """What the sampling has folded cannot be heard."""
    assert "at most 4000" in problems("log_mel", rate_hz=8000, high_hz=5000)
    assert "above low_hz" in problems("log_mel", rate_hz=8000, low_hz=4000)


def test_log_mel_of_less_than_a_frame_is_refused() -> None:
    """No frame fits, and no answer can be made up."""
    with pytest.raises(ValueError, match="512 samples do not fit into a window of 100"):
        applied(transform("log_mel", rate_hz=8000), np.zeros((1, 100)))
