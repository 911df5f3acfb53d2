"""An alarm on how unsure a node is: silent on chance, loud on change."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.escalate.drift import LEARN, Drift


def lived(drift: Drift, share: float, windows: int, seed: int, look: int = 50) -> tuple[Drift, int]:
    """Let a node judge some windows, told of in lumps; returns what is known then, and the first window of an alarm."""
    chance, first = random.Random(seed), 0
    for at in range(0, windows, look):
        drift = drift.after(look, sum(chance.random() < share for _ in range(look)))
        if drift.alarmed and not first:
            first = at + look
    return drift, first


@pytest.mark.parametrize("share", [0.0, 0.02, 0.1, 0.4])
def test_drift_of_a_steady_node_is_never_alarmed(share: float) -> None:
    """Twenty nodes that live 20,000 windows each at their own share give no alarm."""
    assert [seed for seed in range(20) if lived(Drift(), share, 20_000, seed)[1]] == []


@pytest.mark.parametrize(("usual", "later"), [(0.02, 0.3), (0.1, 0.4), (0.0, 0.2)])
def test_drift_is_told_within_a_few_hundred_windows(usual: float, later: float) -> None:
    """A node that becomes unsure of many more is found out, and found well again when it is."""
    for seed in range(10):
        drift, _ = lived(Drift(), usual, 2_000, seed)
        drift, first = lived(drift, later, 1_000, seed + 100)
        assert 0 < first <= 300
        drift, _ = lived(drift, usual, 2_000, seed + 200)
        assert not drift.alarmed


def test_drift_learns_before_it_judges() -> None:
    """There is no usual share before there were enough windows, and so no alarm."""
    drift = Drift().after(LEARN - 1, LEARN - 1)
    assert (drift.usual, drift.alarmed) == (None, False)


@settings(deadline=None, max_examples=60)
@given(lumps=st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), max_size=20))
def test_drift_of_any_counts_stays_a_share(lumps: list[tuple[int, int]]) -> None:
    """Whatever a node claims, the mean is a share, and the windows are counted."""
    drift = Drift()
    for windows, unsure in lumps:
        drift = drift.after(windows, unsure)
        assert 0.0 <= drift.mean <= 1.0
    assert drift.windows == sum(windows for windows, _ in lumps)
