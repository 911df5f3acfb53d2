"""What goes, so that the rest fits."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from node.update.eviction import Held, evicted

FILES = st.lists(
    st.builds(
        Held, name=st.text("abcdef", min_size=1, max_size=4), size_bytes=st.integers(0, 50), used=st.integers(0, 9)
    ),
    unique_by=lambda each: each.name,
    max_size=12,
)


@settings(deadline=None, max_examples=200)
@given(files=FILES, budget_bytes=st.integers(0, 300), data=st.data())
def test_eviction_is_the_least_that_makes_the_rest_fit(
    files: list[Held], budget_bytes: int, data: st.DataObject
) -> None:
    """Nothing pinned goes; the rest fits, unless what is pinned does not; the last was needed; older ones first."""
    pinned = set(data.draw(st.lists(st.sampled_from([each.name for each in files]))) if files else [])
    gone = evicted(files, pinned, budget_bytes)
    sizes = {each.name: each.size_bytes for each in files}
    left = [name for name in sizes if name not in gone]
    left_bytes = sum(sizes[name] for name in left)
    assert not pinned & set(gone)
    assert left_bytes <= budget_bytes or {name for name in left if sizes[name]} <= pinned
    assert not gone or left_bytes + sizes[gone[-1]] > budget_bytes
    used = {each.name: (each.used, each.name) for each in files}
    spared = [used[name] for name in left if name not in pinned and sizes[name]]
    assert all(used[name] < each for name in gone for each in spared)


@settings(deadline=None, max_examples=50)
@given(files=FILES, budget_bytes=st.integers(0, 300), seed=st.randoms(use_true_random=False))
def test_eviction_does_not_depend_on_the_order_of_a_folder(files: list[Held], budget_bytes: int, seed: object) -> None:
    """A folder is listed in any order; what goes is the same."""
    shuffled = list(files)
    seed.shuffle(shuffled)  # type: ignore[attr-defined]
    assert evicted(shuffled, (), budget_bytes) == evicted(files, (), budget_bytes)
