"""The chaos benchmark's words: what it says of figures that are good, and of such that are not."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest

from tools.bench import chaos
from tools.chaos.outage import Outcome
from tools.chaos.run import Row, cast_of, of_seed

GOOD: Final = Row(
    seed=1,
    faults=80,
    committed=5000,
    lost=0,
    duplicates=0,
    altered=0,
    invented=0,
    resent=400,
    set_aside=0,
    left=0,
    drain_s=5.0,
    control_committed=1500,
    control_lost=900,
)


def outcome(lost: int) -> Outcome:
    """Return what a trial of the outage gave."""
    return Outcome(
        trial="", messages=36_000, lost=lost, duplicates=0, altered=0, resent=0, send_s=20.0, catch_up_s=10.0
    )


def result(rows: list[Row], **other: object) -> dict[str, object]:
    """Return what `run` would, of these rows and a good outage."""
    return {**chaos.summary(rows, [outcome(0), outcome(35_000)]), "patient_lost": 0, "hasty_lost": 300, **other}


def test_summary_takes_the_worst_drain_and_the_least_control() -> None:
    """Sums of what must not be, and of each control the seed that proves the least."""
    found = chaos.summary([GOOD, replace(GOOD, drain_s=9.0, control_lost=7, lost=2)], [outcome(1), outcome(35_000)])
    assert (found["lost"], found["outage_lost"], found["committed"]) == (3, 1, 10_000)
    assert (found["drain_s"], found["control_lost"], found["outage_control_lost"]) == (9.0, 7, 35_000)


def test_verdict_of_good_figures_says_so() -> None:
    """The sentence that a person reads last."""
    told = chaos.verdict(result([GOOD]))
    assert told == "Nothing lost, nothing twice; every outbox empty after 5 s; every control lost records."


@pytest.mark.parametrize(
    ("rows", "other", "word"),
    [
        ([replace(GOOD, lost=1)], {}, "NOT KEPT: {'lost': 1}"),
        ([GOOD, replace(GOOD, set_aside=3)], {}, "NOT KEPT: {'set_aside': 3}"),
        ([replace(GOOD, drain_s=31.0)], {}, "MORE THAN 30 s"),
        ([replace(GOOD, control_lost=0)], {}, "PROVES LITTLE, a control lost nothing: ['control_lost']"),
        ([GOOD], {"hasty_lost": 0}, "PROVES LITTLE, a control lost nothing: ['hasty_lost']"),
    ],
)
def test_verdict_of_bad_figures_names_them(rows: list[Row], other: dict[str, object], word: str) -> None:
    """Negative control: nothing bad passes for good, not even a trial that was too gentle."""
    assert word in chaos.verdict(result(rows, **other))


def test_counted_adds_all_plans_up() -> None:
    """Every fault of every plan is in the table."""
    plans = [of_seed(seed, 30.0, cast_of(2, 1)) for seed in (1, 2)]
    assert sum(chaos.counted(plans).values()) == sum(len(plan.faults) for plan in plans)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--seeds", "0"], "'0' is no number from 1 on"),
        (["--nodes", "-3"], "'-3' is no number from 1 on"),
        (["--folder", "/"], "/ is there already; name one that is not"),
    ],
)
def test_run_with_a_senseless_option_says_what_would_be_valid(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is started."""
    with pytest.raises(SystemExit):
        chaos.run(words)
    assert told in capsys.readouterr().err
