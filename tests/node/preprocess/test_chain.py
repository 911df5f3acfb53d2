"""Laws of the chain: the steps in order, and no work for no windows."""

from pathlib import Path

import numpy as np

from node.options import Reader, Spec
from node.preprocess import TABLE
from node.preprocess.chain import Chain
from node.values import Features
from tests.node.preprocess.made import applied, sines, transform

WINDOW: dict[str, object] = {"part": "window", "size": 64, "hop": 32}
DETREND: dict[str, object] = {"part": "detrend"}
SPECTRUM: dict[str, object] = {"part": "spectrum", "taper": "rectangular"}


def chain(*tables: dict[str, object]) -> Chain:
    """Build a chain from its tables."""
    specs = [Reader(Path()).spec(TABLE, table, "preprocess") for table in tables]
    return Chain([spec for spec in specs if isinstance(spec, Spec)])


def test_chain_of_steps_applies_them_in_order() -> None:
    """Window, detrend, spectrum: what each gives is what the next is shown."""
    signal = 5 + sines(8, size=128)[np.newaxis, :, np.newaxis]
    done = applied(chain(WINDOW, DETREND, SPECTRUM), signal)
    by_hand = applied(transform("window", size=64, hop=32), signal)
    by_hand = applied(transform("spectrum", taper="rectangular"), applied(transform("detrend"), by_hand))
    assert np.array_equal(done, by_hand)
    assert done.shape == (3, 33)
    assert done.argmax(axis=1).tolist() == [4, 4, 4]


def test_chain_of_nothing_hands_on_what_it_is_given() -> None:
    """No preprocessing is a choice, too."""
    features = Features(data=np.ones((1, 3), np.float32), truth="x")
    assert chain().apply(features) is features


def test_chain_without_a_full_window_gives_none_until_there_is_one() -> None:
    """The window fills from call to call; the steps after it are spared meanwhile."""
    steps = chain({"part": "window", "size": 3}, DETREND)
    assert [len(applied(steps, [[float(i)]])) for i in range(7)] == [0, 0, 1, 0, 0, 1, 0]
