"""The cycle benchmark in its short form: both loops do the same work, and every figure is there."""

from __future__ import annotations

import json

from tools.bench import cycle


def test_run_short_form_compares_the_same_work() -> None:
    """The node and the bare loop made an inference of every row, the warm-up's hundred included."""
    result = cycle.run(["--cycles", "40", "--pairs", "1", "--model", str(cycle.SHIPPED)])
    assert (result["inferences"], result["cycles"], result["model"]) == (140, 40, "pump_int8.tflite")
    assert json.loads(json.dumps(result)) == result
    for name in ("ratio", "node_us", "bare_us", "floats_a_row"):
        value = result[name]
        assert isinstance(value, int | float)
        assert value > 0


def test_resident_kb_of_both_is_that_of_living_processes() -> None:
    """A Python process with the ML runtime holds some megabytes: no zero stands for a failed reading."""
    assert min(cycle.resident_kb(linked=False, cycles=5)) > 5_000
