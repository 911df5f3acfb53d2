"""The cascade's bench, in its short form: real nodes, a real gateway, the shipped pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from tools.bench import cascade
from tools.bench.cascade_data import calibration, held_out

if TYPE_CHECKING:
    from collections.abc import Mapping


@pytest.fixture(scope="module")
def result() -> Mapping[str, Any]:
    """Run it: one order, no shaking camera."""
    return cascade.run(["--orders", "1", "--looks", "0"])


def line(result: Mapping[str, Any], table: str, way: str) -> Mapping[str, Any]:
    """Return a line of a table, by how its way begins."""
    lines = cast("list[Mapping[str, Any]]", result["tables"][table])
    return next(each for each in lines if each["way"].startswith(way))


@pytest.mark.parametrize("node", ["", "_small"])
def test_cascade_holds_its_share_and_mends_what_the_node_gets_wrong(result: Mapping[str, Any], node: str) -> None:
    """With no more than a tenth and one window asked about, fewer mistakes are left than the node makes by itself."""
    alone, asked = line(result, node, "node only"), line(result, node, "cascade, 10%")
    assert asked["escalated_share"] <= cascade.LIMIT + 1 / len(held_out().labels)
    assert asked["mistakes"] < alone["mistakes"]
    assert alone["up_bytes"] < asked["up_bytes"] < line(result, node, "gateway only")["up_bytes"]


def test_figures_at_the_limit_are_those_of_the_table(result: Mapping[str, Any]) -> None:
    """The gap is that of the shipped node at the budget of LIMIT, on the pictures as they are."""
    at, gateway = line(result, "", "cascade, 10%"), line(result, "", "gateway only")
    gap = gateway["accuracy_percent"] - at["accuracy_percent"]
    assert result["accuracy_gap_points"] == pytest.approx(gap, abs=0.01)
    assert result["escalated_share"] == at["escalated_share"]


def test_larger_budgets_ask_more(result: Mapping[str, Any]) -> None:
    """Along the table thresholds and shares rise; the bytes follow."""
    lines = [each for each in result["tables"]["_small"] if each["budget"] is not None]
    for key in ("budget", "threshold", "escalated_share", "up_bytes"):
        assert [each[key] for each in lines] == sorted(each[key] for each in lines)


def test_pictures_that_choose_are_not_those_that_judge() -> None:
    """No picture of the calibration is among the held-out ones."""
    chosen = {each.tobytes() for each in calibration().windows}
    assert not chosen & {each.tobytes() for each in held_out().windows}


def test_show_prints_every_way(result: Mapping[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    """A person reads a line for each way, and what stands for the table."""
    cascade.show(result)
    told = capsys.readouterr().out
    assert told.count("cascade, ") == 2 * len(cascade.BUDGETS)
    assert "points behind the gateway alone" in told
