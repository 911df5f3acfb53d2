"""How the node is."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from node.errors import HardwareError
from node.health import COUNTERS, FILE, Health

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_fault_repeated_is_logged_once_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    """Ten thousand failures of one chip are one line and one number."""
    health = Health({})
    with caplog.at_level(logging.WARNING):
        for _ in range(10_000):
            health.fault("sense", "sense.t", HardwareError("no answer"))
    assert len(caplog.records) == 1
    assert health.counters["faults_sense"] == 10_000
    assert health.reasons == {"sense.t": "HardwareError: no answer"}


def test_link_fails_repeated_is_logged_once_until_it_works(caplog: pytest.LogCaptureFixture) -> None:
    """A broker that is away for a week is one line in the log, and a number; so is its next absence."""
    health = Health({})
    with caplog.at_level(logging.WARNING):
        for second in range(1_000):
            health.link_fails(f"refused; next attempt in {second} s")
        assert health.told == {"link": "refused; next attempt in 999 s"}
        health.well("link")
        health.link_fails("refused")
    assert [record.getMessage() for record in caplog.records] == [
        "link: refused; next attempt in 0 s",
        "link: refused",
    ]
    assert health.counters["link_failures"] == 1_001


def test_well_takes_the_reason_back() -> None:
    """What works again has no reason any more."""
    health = Health({})
    health.fault("sense", "sense.t", HardwareError("no answer"))
    health.well("sense.t")
    assert health.told == {}


def test_well_of_a_fallback_keeps_what_the_configuration_could_not_give() -> None:
    """A gate that was left out stays told however well its fallback works, and a fault of that stands beside it."""
    health = Health({"gate": "gate.part: no such part"})
    health.well("gate")
    assert health.told == {"gate": "gate.part: no such part"}
    health.fault("gate", "gate", RuntimeError("a bug"))
    assert health.told == {"gate": "gate.part: no such part; RuntimeError: a bug"}


def test_save_tells_every_counter(tmp_path: Path) -> None:
    """The file names every counter, also those that are zero, so that readers need no defaults."""
    health = Health({})
    health.counters["cycles"] += 3
    health.save(tmp_path, {"awake_s": 1.5})
    told = json.loads((tmp_path / FILE).read_text())
    assert told["cycles"] == 3
    assert told["awake_s"] == 1.5
    assert set(COUNTERS) <= set(told)
