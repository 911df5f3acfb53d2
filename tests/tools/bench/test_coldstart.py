"""The cold start benchmark in its short form: what it measures was really turned down, and imported nothing heavy."""

from __future__ import annotations

import json

from tools.bench import coldstart


def test_run_short_form_turned_every_wake_down_without_a_heavy_module() -> None:
    """Each measured wake, and the one that was looked into, ended at the gate; `modules` is empty."""
    result = coldstart.run(["--runs", "2", "--cycles", "5"])
    assert (result["gated_out"], result["runs"], result["modules"]) == (3, 2, [])
    assert json.loads(json.dumps(result)) == result
    for name in ("ratio", "node_ms", "import_numpy_ms", "modules_total", "rss_ratio", "rss_ratio_linked"):
        value = result[name]
        assert isinstance(value, int | float)
        assert value > 0
