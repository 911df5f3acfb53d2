"""The identity benchmark: nobody gets where they must not, and the broken variants let somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from tools.bench import identity
from tools.chaos.broker import MOSQUITTO

if TYPE_CHECKING:
    from collections.abc import Mapping


@pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed; run: apt-get install mosquitto")
def test_run_finds_no_breach_and_every_control_breaches(capsys: pytest.CaptureFixture[str]) -> None:
    """Of every role and everything that it tries, nothing arrives that must not; each control does breach."""
    result = identity.run([])
    rows = cast("list[Mapping[str, object]]", result["rows"])
    assert [row for row in rows if row["breach"]] == []
    assert result["cases"] == len(rows)
    assert {"nobody", "revoked", "expired", "rogue", "node", "subscriber"} <= {str(row["role"]) for row in rows}
    controls = cast("list[Mapping[str, object]]", result["controls"])
    assert [row for row in controls if not row["breach"]] == []
    assert result["control_breaches"] == len(controls)
    identity.show(result)
    assert f"{len(rows)} cases, 0 breaches" in capsys.readouterr().out
