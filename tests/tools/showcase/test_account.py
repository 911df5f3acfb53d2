"""The last line: what was committed, stored and seen, compared."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import pytest

from tools.showcase.account import NodeCount, account, read_count

if TYPE_CHECKING:
    from pathlib import Path

FIELDS: Final = [
    "nodes", "cycles", "samples", "gated_out", "inferences", "records_committed", "records_stored", "lost",
    "duplicates", "subscriber_messages", "bytes_published", "energy_mj", "inferences_per_joule", "wall_s",
]  # fmt: skip


def test_account_holds_exactly_the_promised_fields() -> None:
    """Programs read this line: the fields and their order are part of the command's contract."""
    line = account([NodeCount()], {"records_stored": 0, "duplicates": 0}, seen=0, wall_s=1.0).line()
    assert list(json.loads(line)) == FIELDS
    assert "\n" not in line


def test_account_of_a_record_that_never_arrived_says_lost() -> None:
    """Negative control: what the gateway did not store is lost, however many messages were seen."""
    nodes = [NodeCount(cycles=10, records_committed=7), NodeCount(cycles=5, records_committed=3)]
    result = account(nodes, {"records_stored": 9, "duplicates": 0}, seen=100, wall_s=1.0)
    assert (result.lost, result.records_committed, result.nodes) == (1, 10, 2)


def test_account_of_a_node_that_never_ran_does_not_count_it() -> None:
    """A node without a cycle is no node of the demo."""
    result = account([NodeCount(), NodeCount(cycles=1)], {"records_stored": 0, "duplicates": 0}, seen=0, wall_s=1.0)
    assert result.nodes == 1


def test_account_of_energy_counts_inferences_a_joule() -> None:
    """Joules are summed over the nodes, in millijoules; without any there is no ratio."""
    nodes = [NodeCount(inferences=30, energy_mj=500.0), NodeCount(inferences=30, energy_mj=1500.0)]
    stored = {"records_stored": 0, "duplicates": 0}
    assert account(nodes, stored, seen=0, wall_s=1.0).inferences_per_joule == pytest.approx(30.0)
    assert account([NodeCount(inferences=3)], stored, seen=0, wall_s=1.0).inferences_per_joule == 0.0


def test_account_of_a_status_that_is_not_a_count_is_refused() -> None:
    """A gateway that answers in words must not pass for one that stored nothing."""
    with pytest.raises(TypeError, match="records_stored = 'many'"):
        account([], {"records_stored": "many", "duplicates": 0}, seen=0, wall_s=1.0)


def test_read_count_of_a_health_file_takes_the_counters_and_leaves_the_rest(tmp_path: Path) -> None:
    """The node's own words are taken over; what the demo does not count is passed over."""
    told = {"cycles": 4, "samples": 4, "reasons": {"link": "away"}, "energy_mj": 3.5, "faults_gate": 1}
    (tmp_path / "health.json").write_text(json.dumps(told))
    assert read_count(tmp_path / "health.json") == NodeCount(cycles=4, samples=4, energy_mj=3.5)


def test_read_count_of_a_node_that_wrote_nothing_is_zero(tmp_path: Path) -> None:
    """A node that never got as far as a file has counted nothing."""
    assert read_count(tmp_path / "health.json") == NodeCount()
