"""Chaos in its short form: whatever dies, what was committed is stored once; the control proves that it was hard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.broker import MOSQUITTO
from tools.chaos import outage
from tools.chaos.run import DRAIN_S, cast_of, of_seed, suffer

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed; run: apt-get install mosquitto")

SEED: Final = 4
SECONDS: Final = 9.0


def test_chaos_of_a_few_seconds_loses_and_doubles_nothing_but_the_controls(tmp_path: Path) -> None:
    """Three nodes keep all that they committed; the one beside them that believes PUBACKs does not."""
    plan = of_seed(SEED, SECONDS, cast_of(3, 1))
    assert len({fault.kind for fault in plan.faults}) >= 7
    row = suffer(plan, tmp_path, lambda _: None)
    assert row.sound, row
    assert row.committed > 100
    assert row.control_lost > 0, f"the control lost nothing: this proves less; {row}"
    assert row.drain_s <= 2 * DRAIN_S  # the bench measures; here a machine may be busy with other things


@pytest.mark.parametrize(("trial", "lost"), [(outage.RECEIPTS, 0), (outage.DEFAULTS, 500)], ids=["receipts", "pubacks"])
def test_outage_of_the_gateway_loses_nothing_but_the_controls(tmp_path: Path, trial: outage.Trial, lost: int) -> None:
    """1,500 messages wait at the broker, which then dies: receipts bring every one of them to the gateway.

    The control, nodes that believe PUBACKs and a broker of 1,000 places that lives, loses exactly what is beyond.
    """
    outcome = outage.endure(tmp_path, trial, 1500, lambda _: None)
    assert (outcome.messages, outcome.lost) == (1500, lost)
    assert (outcome.duplicates, outcome.altered) == (0, 0)
