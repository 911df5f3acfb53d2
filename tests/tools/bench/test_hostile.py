"""The hostile benchmark in its short form: every forgery refused for its reason, nobody ended, everybody heard."""

from __future__ import annotations

from typing import cast

import pytest

from tools.bench import hostile
from tools.chaos.broker import MOSQUITTO

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed; run: apt-get install mosquitto")


def test_run_short_form_refuses_every_case_and_ends_nobody() -> None:
    """A real broker, gateway and node: what is forged stands in quarantine, what is good is receipted."""
    result = hostile.run(["--scale", "0.05", "--controls", "0"])
    assert result["missed"] == []
    assert (result["crashes"], result["unanswered"], result["unsaid"], result["internal"]) == (0, 0, 0, 0)
    cases, refused, borne = (cast("int", result[name]) for name in ("cases", "refused", "borne"))
    assert cases == refused + borne > 350
    assert cast("float", result["rss_growth_mb"]) < 50.0
