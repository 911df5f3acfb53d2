"""Laws of the gate that is none."""

from tests.node.gate.shown import gate, sample


def test_always_on_an_empty_sample_opens() -> None:
    """There is no reason to stay shut, not even that nothing is there."""
    assert gate("always").judge(sample()).opens
