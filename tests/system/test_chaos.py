"""Chaos in its short form: whatever dies, what was committed is stored once; the control proves that it was hard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.broker import MOSQUITTO
from tools.chaos import faults
from tools.chaos.run import DRAIN_S, cast_of, suffer

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed; run: apt-get install mosquitto")

SEED: Final = 4
SECONDS: Final = 9.0


def test_chaos_of_a_few_seconds_loses_and_doubles_nothing_but_the_controls(tmp_path: Path) -> None:
    """Three nodes keep all that they committed; the one beside them that believes PUBACKs does not."""
    cast = cast_of(3, 1)
    schedule = faults.drawn(SEED, SECONDS, cast.all)
    assert len({fault.kind for fault in schedule}) >= 7
    row = suffer(tmp_path, SEED, schedule, cast, lambda _: None)
    assert row.sound, row
    assert row.committed > 100
    assert row.control_lost > 0, f"the control lost nothing: this proves less; {row}"
    assert row.drain_s <= 2 * DRAIN_S  # the bench measures; here a machine may be busy with other things
