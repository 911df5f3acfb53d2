"""The roll: who is judged, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.config import Presence as Params
from gateway.publish.roll import Roll
from node.wire import codec
from node.wire.messages import Presence, State
from tests.gateway.world import BOOT, NOW_MS

if TYPE_CHECKING:
    from gateway.publish.presence import Life, Shown


class _Diligent(Roll):
    """Judges every node at every look: the oracle."""

    def changed(self, now_ms: int) -> list[tuple[str, Life, Shown]]:
        """Leave out nobody."""
        self._touched = dict.fromkeys(self.lives)
        return super().changed(now_ms)


_EVENTS = st.tuples(
    st.sampled_from(["hear", "ready", "sleeping", "lost", "disconnected", "look"]),
    st.sampled_from(["n1", "n2", "n3"]),
    st.integers(0, 40_000),
)


@settings(deadline=None, max_examples=200)
@given(events=st.lists(_EVENTS, max_size=40), promise_s=st.integers(1, 60))
def test_roll_judges_few_and_misses_nobody(events: list[tuple[str, str, int]], promise_s: int) -> None:
    """Whatever was said and however long nobody looked: the same changes at the same look as by judging everybody."""
    rolls = [kind(Params(grace_s=5.0, silence_s=30.0), []) for kind in (Roll, _Diligent)]
    now_ms = NOW_MS
    for what, node, later_ms in events:
        now_ms += later_ms
        for roll in rolls:
            if what == "hear":
                roll.hear(node, now_ms)
            elif what != "look":
                said = Presence(state=State(what), boot_id=BOOT, time_ms=now_ms, interval_s=float(promise_s))
                roll.say(node, said, codec.encode(said), now_ms, retained=False)
        few, all_of_them = (sorted((name, shown) for name, _, shown in roll.changed(now_ms)) for roll in rolls)
        assert few == all_of_them
        assert len(rolls[0]._looks) <= 3 * len(events) + 3


def test_roll_of_chatty_nodes_keeps_one_look_each() -> None:
    """A node that is heard four times a second must not fill the memory with looks at it."""
    roll = Roll(Params(), [])
    for tick in range(1000):
        roll.hear("n1", NOW_MS + 250 * tick)
        roll.changed(NOW_MS + 250 * tick)
    assert len(roll._looks) == 1
