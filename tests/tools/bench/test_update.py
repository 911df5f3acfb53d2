"""The update benchmark, at the length of a test: one model, a few interruptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from tools.bench import update
from tools.chaos.broker import MOSQUITTO

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed; run: apt-get install mosquitto")
def test_run_keeps_its_bounds_for_a_model_of_the_zoo(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Metadata within 1,500 bytes, a piece an interruption, a delta far below its model, none to an unrelated one."""
    result = update.run(["--only", "digits_int8", "--interruptions", "4", "--data", str(tmp_path)])
    (row,) = cast("list[Mapping[str, float]]", result["rows"])
    assert 0 < row["next_metadata_bytes"] < row["metadata_bytes"] <= update.MOST_METADATA_BYTES
    assert 0 < row["resent_bytes_max"] <= update.PIECE_BYTES
    assert (result["metadata_bytes"], result["resent_bytes_max"]) == (row["metadata_bytes"], row["resent_bytes_max"])
    assert row["resent_bytes"] <= 4 * row["model_bytes"]
    assert row["delta_bytes"] < 0.3 * row["model_bytes"] < row["packed_bytes"] < row["model_bytes"]
    assert 0.3 * row["model_bytes"] < row["major_bytes"] <= row["packed_bytes"]
    assert row["model_bytes"] < row["whole_wire_bytes"]
    assert row["delta_wire_bytes"] < 0.5 * row["whole_wire_bytes"]
    assert result["delta_ratio"] == row["delta_ratio"]
    update.show(result)
    assert "digits_int8" in capsys.readouterr().out
