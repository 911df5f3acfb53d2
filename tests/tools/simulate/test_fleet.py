"""A fleet: on paper, by a sample of real nodes, and at a real gateway."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from typing import TYPE_CHECKING, cast

import pytest

from node.wire import codec
from node.wire.messages import Presence, Results, State
from tools.simulate import fleet, fleet_gateway, fleet_paper
from tools.simulate.__main__ import main
from tools.simulate.fleet_wakes import CUT_S, in_step, wakes
from tools.simulate.postbag import GATES, Envelope, Habit, fill

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

HOUR_S = 3600.0
SHORT = ["--nodes", "2000", "--sample", "4", "--days", "0.1"]


@pytest.fixture(scope="module", name="short")
def _short(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, object]:
    """The short form, with its plot."""
    picture = tmp_path_factory.mktemp("fleet") / "fleet.png"
    result = fleet.run([*SHORT, "--plot", str(picture)])
    assert picture.read_bytes().startswith(b"\x89PNG")
    return result


@pytest.fixture(name="habit")
def _habit() -> Habit:
    """A node that keeps every reading."""
    return Habit(name="node-1", period_s=600.0, interval_s=HOUR_S, gate=GATES[0], seed=1)


def test_wakes_by_phase_are_level_and_in_step_are_the_fleet() -> None:
    """After a power cut no second gets many more than its share; the control without phases gets every node at once."""
    intervals_s = [900.0, 3600.0]
    spread, step = wakes(10_000, intervals_s), wakes(10_000, intervals_s, in_step)
    share = 5_000 / 900.0 + 5_000 / 3600.0
    assert share < spread.peak_per_s < 4.0 * share
    assert step.peak_per_s == 10_000
    assert spread.per_minute[: CUT_S // 60].sum() == step.per_minute[: CUT_S // 60].sum() == 0
    assert spread.per_minute.sum() == step.per_minute.sum() == 16 * (5_000 * 4 + 5_000)


def test_fill_neighbours_after_one_power_cut_connect_apart(tmp_path: Path) -> None:
    """Real nodes that start at one instant: from the first slot on, no two are heard within half a minute."""
    heard_s = []
    for number in range(4):
        folder = tmp_path / str(number)
        folder.mkdir()
        habit = Habit(name=f"node-{number}", period_s=600.0, interval_s=HOUR_S, gate=GATES[0], seed=number)
        ready = [each for each in fill(folder, habit, 2.0 * HOUR_S) if _state(each) is State.READY]
        assert ready[0].at_s < 10.0, "a new node greets"
        heard_s += [each.at_s for each in ready[1:]]
    heard_s.sort()
    assert len(heard_s) == 8
    assert min(later - earlier for earlier, later in itertools.pairwise(heard_s)) > 30.0


def _state(envelope: Envelope) -> State | None:
    if envelope.kind != "presence":
        return None
    message = codec.decode("presence", envelope.payload)
    assert isinstance(message, Presence)
    return message.state


def test_fill_sends_every_reading_once(tmp_path: Path, habit: Habit) -> None:
    """What leaves is what a node's outbox held: each seq once, a sample each period."""
    sent = fill(tmp_path, habit, 10.0 * HOUR_S)
    messages = [codec.decode("results", each.payload) for each in sent if each.kind == "results"]
    seqs = Counter(seq for message in messages if isinstance(message, Results) for seq in message.seqs)
    assert set(seqs.values()) == {1}
    assert sorted(seqs) == list(range(len(seqs)))
    assert len(seqs) >= 54
    assert [each.at_s for each in sent] == sorted(each.at_s for each in sent)


def test_feed_gateway_stores_what_was_sent_and_quarantines_nothing(tmp_path: Path, habit: Habit) -> None:
    """Every row of every message is in the database, whatever the squeeze; bad mail is not silently taken."""
    sent = fill(tmp_path, habit, 6.0 * HOUR_S)
    rows = sum(
        len(message.seqs)
        for each in sent
        if each.kind == "results" and isinstance(message := codec.decode("results", each.payload), Results)
    )
    for squeeze in (1.0, 10_000.0):
        bill = fleet_gateway.feed(tmp_path / f"{squeeze}.db", sent, squeeze)
        assert (bill.counters["records"], bill.counters.get("quarantined", 0)) == (rows, 0)
        assert sum(bill.sizes) == len(sent)
        assert bill.receipts > 0
    torn = [Envelope(at_s=each.at_s, topic=each.topic, payload=each.payload[:-1]) for each in sent]
    assert fleet_gateway.feed(tmp_path / "torn.db", torn, 1.0).counters["quarantined"] == len(torn)


def test_feed_squeezed_makes_fewer_and_larger_commits(tmp_path: Path, habit: Habit) -> None:
    """A whole fleet's second holds more messages, and so does its commit."""
    sent = fill(tmp_path, habit, 6.0 * HOUR_S)
    loose, tight = (fleet_gateway.feed(tmp_path / f"{squeeze}.db", sent, squeeze) for squeeze in (1.0, 200_000.0))
    assert len(tight.sizes) < len(loose.sizes)
    assert max(tight.sizes) > max(loose.sizes)


def test_bootstrap_holds_the_mean_and_narrows_with_the_sample() -> None:
    """The interval is about the mean, a point where all are equal, and half as wide for four times as many."""
    few, many = [float(i % 10) for i in range(40)], [float(i % 10) for i in range(640)]
    (mean, low, high), (_, lower, higher) = fleet.bootstrap(few), fleet.bootstrap(many)
    assert low < mean < high
    assert mean == pytest.approx(4.5)
    assert higher - lower < 0.5 * (high - low)
    assert fleet.bootstrap([3.0] * 5) == [3.0, 3.0, 3.0]
    assert fleet.bootstrap([1.0, 4.0], [2.0, 1.0])[0] == pytest.approx(2.0)


def test_planned_is_proportional_but_for_commits() -> None:
    """Twice the nodes are twice the load; commits are bounded by the time that a message waits for company."""
    one, two = fleet_paper.planned(100_000), fleet_paper.planned(200_000)
    assert {name for name in one if two[name] != pytest.approx(2.0 * one[name])} == {"commits_per_s"}
    assert one["sessions_per_s"] == pytest.approx(27.8, abs=0.1)
    assert one["commits_per_s"] == 20.0


def test_fleet_short_form_tells_paper_and_sample_side_by_side(short: Mapping[str, object]) -> None:
    """What is planned was sampled too, with an interval about it where nodes were counted; nothing was refused."""
    sampled = cast("Mapping[str, Sequence[float]]", short["sampled"])
    planned = cast("Mapping[str, float]", short["planned"])
    assert set(planned) <= set(sampled)
    for name in ("msgs_per_s", "bytes_per_s", "connections"):
        estimate, low, high = sampled[name]
        assert 0.0 < low <= estimate <= high
        assert planned[name] / 10.0 < estimate < planned[name] * 10.0
    assert (short["quarantined"], short["duplicates"]) == (0, 0)
    woken = cast("Mapping[str, int]", short["wakes"])
    assert woken["peak_per_s_in_step"] == 2000 > 50 * woken["peak_per_s"]
    assert cast("Mapping[str, float]", short["fits"])["gateways"] >= 1


def test_show_prints_the_table(short: Mapping[str, object], capsys: pytest.CaptureFixture[str]) -> None:
    """Planned beside sampled, and what it comes to."""
    fleet.show(short)
    out = capsys.readouterr().out
    assert "on paper" in out
    assert "needs 1 gateway(s)" in out


def test_fleet_tells_what_it_takes_for_granted(short: Mapping[str, object], capsys: pytest.CaptureFixture[str]) -> None:
    """Each assumption has a quality and a source, and people read all of them."""
    told = cast("Sequence[Mapping[str, str]]", short["assumptions"])
    assert {each["quality"] for each in told} <= {"measured", "official", "derived", "estimate"}
    assert all(each["text"] and each["value"] and each["source"] for each in told)
    fleet.show(short)
    out = capsys.readouterr().out
    assert all(each["text"] in out for each in told)


def test_main_json_is_the_last_line(capsys: pytest.CaptureFixture[str]) -> None:
    """One object for programs."""
    assert main(["fleet", "--json", "--nodes", "50", "--sample", "1", "--days", "0.05"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["sample"] == 1


@pytest.mark.parametrize("words", [["--sample", "0"], ["--nodes", "5", "--sample", "6"], ["--days", "0"]])
def test_run_impossible_sample_says_what_is_possible(words: list[str]) -> None:
    """A usage error, not a division by zero."""
    with pytest.raises(SystemExit, match="--sample must be"):
        fleet.run(words)
