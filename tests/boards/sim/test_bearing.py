"""The bearing: the model shows what bearing diagnostics looks for, where it looks for it, and nothing when healthy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import boards
from boards.sim.bearing import Bearing, Params, block_at, state_at
from boards.sim.vibration import RESONANCE_HZ, Geometry

if TYPE_CHECKING:
    import numpy.typing as npt

SHAFT_HZ = 30.0
BLOCKS = 8


def envelope_spectrum(params: Params) -> tuple[npt.NDArray[np.floating], npt.NDArray[np.float64]]:
    """Return frequencies in Hz and the mean squared-envelope spectrum of some blocks, band-passed about the resonance.

    Source: Randall and Antoni (2011), section 3.6.
    """
    total: npt.NDArray[np.float64] = np.zeros(1)
    for number in range(BLOCKS):
        block = block_at(params, 10.0 + number).blocks["vibration"]
        signal = block.data[:, 0].astype(np.float64)
        spectrum = np.fft.fft(signal)
        frequency_hz = np.fft.fftfreq(signal.size, 1 / params.rate_hz)
        spectrum[np.abs(frequency_hz - RESONANCE_HZ) > 700] = 0  # negative frequencies go too: the analytic signal
        envelope = np.abs(2 * np.fft.ifft(spectrum)) ** 2
        total = total + np.abs(np.fft.rfft((envelope - envelope.mean()) * np.hanning(signal.size)))
    return np.fft.rfftfreq(signal.size, 1 / params.rate_hz), total / BLOCKS


def prominence(params: Params, line_hz: float) -> float:
    """Return how far the spectrum stands out at a line: its peak within 2 % over the median of 40 to 400 Hz."""
    frequency_hz, spectrum = envelope_spectrum(params)
    band = spectrum[(frequency_hz > 40) & (frequency_hz < 400)]
    near = spectrum[np.abs(frequency_hz - line_hz) < 0.02 * line_hz]
    return float(near.max() / np.median(band))


def fault(state: str, severity: float = 1.0) -> Params:
    """Return a long block's options with a fault from the start."""
    assert state in ("none", "outer", "inner")
    return Params(
        fault=state,  # type: ignore[arg-type]
        fault_from_s=0.0,
        block_s=1.28,
        shaft_hz=SHAFT_HZ,
        jitter=0.001,
        severity=severity,
    )


def test_fault_frequencies_of_a_6205_are_the_published_ones() -> None:
    """3.5848 and 5.4152 times the shaft: Case Western Reserve University's bearing data centre, 6205-2RS JEM SKF."""
    assert Geometry().bpfo_hz(1.0) == pytest.approx(3.5848, abs=2e-3)
    assert Geometry().bpfi_hz(1.0) == pytest.approx(5.4152, abs=2e-3)


def test_fault_frequencies_add_up_to_the_rollers() -> None:
    """BPFO + BPFI = n * shaft, whatever the contact angle."""
    geometry = Geometry(rollers=12, roller_mm=11.0, pitch_mm=60.0, contact_deg=25.0)
    assert geometry.bpfo_hz(7.0) + geometry.bpfi_hz(7.0) == pytest.approx(84.0)


def test_envelope_of_an_outer_fault_peaks_at_bpfo() -> None:
    """The highest line of the envelope spectrum is the outer race's, and stands far out."""
    bpfo_hz = Geometry().bpfo_hz(SHAFT_HZ)
    frequency_hz, spectrum = envelope_spectrum(fault("outer"))
    band = (frequency_hz > 40) & (frequency_hz < 400)
    assert frequency_hz[band][spectrum[band].argmax()] == pytest.approx(bpfo_hz, rel=0.02)
    assert prominence(fault("outer"), bpfo_hz) > 20


def test_envelope_of_an_inner_fault_peaks_at_bpfi_with_shaft_sidebands() -> None:
    """The load zone modulates the strikes once a turn."""
    bpfi_hz = Geometry().bpfi_hz(SHAFT_HZ)
    for line_hz in (bpfi_hz, bpfi_hz - SHAFT_HZ, SHAFT_HZ * 2):
        assert prominence(fault("inner"), line_hz) > 10


@pytest.mark.parametrize("line_hz", [Geometry().bpfo_hz(SHAFT_HZ), Geometry().bpfi_hz(SHAFT_HZ)])
def test_envelope_of_a_healthy_bearing_has_no_fault_line(line_hz: float) -> None:
    """Negative control: what is not there is not found."""
    assert prominence(fault("none"), line_hz) < 4


def test_healthy_spectrum_peaks_at_the_shaft() -> None:
    """Imbalance shakes once a turn, and is the strongest line of a healthy machine."""
    block = block_at(fault("none"), 0.0).blocks["vibration"]
    spectrum = np.abs(np.fft.rfft(block.data[:, 0] * np.hanning(len(block.data))))
    peak_hz = np.fft.rfftfreq(len(block.data), 1 / block.rate_hz)[spectrum.argmax()]
    assert peak_hz == pytest.approx(SHAFT_HZ, abs=1.0)


def test_summaries_rise_with_severity() -> None:
    """Energy grows with the spall; the crest factor of a fresh one gives it away."""
    rms = [block_at(fault("outer", severity), 1.0).values["rms"] for severity in (0.0, 0.3, 1.0)]
    assert rms == sorted(rms)
    assert block_at(fault("inner"), 1.0).values["crest"] > block_at(fault("none"), 1.0).values["crest"] + 1


def test_summaries_are_those_of_the_block() -> None:
    """rms, peak and crest are what the block itself says, in g."""
    reading = block_at(Params(), 3.0)
    data = reading.blocks["vibration"].data.astype(np.float64)
    assert reading.values["rms"] == pytest.approx(np.sqrt((data**2).mean()))
    assert reading.values["peak"] == np.abs(data).max()
    assert reading.values["crest"] == reading.values["peak"] / reading.values["rms"]


def test_state_follows_the_script() -> None:
    """Healthy, then growing, then grown; `none` stays healthy."""
    params = Params(fault="inner", fault_from_s=100.0, grow_s=50.0, severity=0.5)
    assert state_at(params, 99.9) == ("healthy", 0.0)
    assert state_at(params, 125.0) == ("inner", 0.25)
    assert state_at(params, 1e6) == ("inner", 0.5)
    assert state_at(Params(fault="none", fault_from_s=0.0), 1e6) == ("healthy", 0.0)


def test_sensor_over_time_labels_its_blocks() -> None:
    """The script's time starts at the first read, and every block carries its truth."""
    ports = boards.open_ports("sim", clock="virtual")
    ports.sleeper.sleep(1000.0)
    bearing = Bearing(Params(fault="outer", fault_from_s=30.0), ports)
    truths = []
    for _ in range(5):
        truths.append(bearing.read().blocks["vibration"].truth)
        ports.sleeper.sleep(10.0)
    assert truths == ["healthy", "healthy", "healthy", "outer", "outer"]


def test_sensor_of_another_seed_gives_other_noise() -> None:
    """Two pumps are not the same pump."""
    first, second = (block_at(Params(seed=seed), 0.0).blocks["vibration"].data for seed in (1, 2))
    assert not np.array_equal(first, second)
    assert first.shape == second.shape == (2048, 1)
