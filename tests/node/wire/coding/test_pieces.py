"""Stretches that were scaled by themselves are found, and told."""

from __future__ import annotations

import random

from node.wire.coding import batch
from node.wire.coding.pieces import split
from node.wire.messages import Column
from tests.node.wire.coding.cases import same, windows


def test_split_windows_of_their_own_scale_finds_their_ends() -> None:
    """Each window of twenty rows comes out as one stretch; a row may happen to fit the one before."""
    assert [rows for rows, _ in split(windows(60, 20, 5), 32, 8)] in ([20, 20, 20], [21, 19, 20])


def test_split_noise_finds_nothing() -> None:
    """Numbers without a step are left alone."""
    rng = random.Random(4)
    assert split([rng.gauss(0, 1) for _ in range(60)], 64, 16) == []


def test_pack_windows_of_their_own_scale_takes_less_than_half_of_float32() -> None:
    """A batch of such windows comes back exactly, in less than two bytes a value."""
    values = windows(600, 24, 3)
    body = batch.pack(range(600), range(0, 600_000, 1000), [Column(name="x", values=values, width=32)])
    assert same(batch.unpack(body)[2][0].values, values)
    assert len(body) < 2 * len(values)
