"""Presence: a sleeper is never shown as dead, nor a dead node as alive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from gateway.publish import presence
from node.wire.messages import Presence, State

if TYPE_CHECKING:
    from gateway.publish.presence import Life

NOW_MS = 1_795_000_000_000
BOOT, OLD_BOOT = b"boot-2", b"boot-1"


def say(life: Life | None, state: State, at_ms: int, *, nap_s: float | None = None, boot: bytes = BOOT) -> Life:
    """Have a node say something, at a time of its own clock that runs a year ahead."""
    clock_ms = at_ms + 365 * 86_400_000
    wake_ms = None if nap_s is None else clock_ms + round(nap_s * 1000)
    message = Presence(state=state, boot_id=boot, time_ms=clock_ms, next_wake_ms=wake_ms, grace_s=5.0)
    return presence.say(life, message, at_ms, silence_ms=600_000, grace_ms=10_000)


@given(st.floats(1, 1e6), st.floats(0, 4))
def test_show_sleeper_at_any_time_keeps_both_promises(nap_s: float, share: float) -> None:
    """Sleeping until the promise, never lost before twice the promise plus grace, always lost after."""
    life = say(None, State.SLEEPING, NOW_MS, nap_s=nap_s)
    nap_ms = round(nap_s * 1000)
    after_ms = round(share * nap_ms)
    word = presence.show(life, NOW_MS + after_ms).word
    if after_ms <= nap_ms:
        assert word == "sleeping"
    assert (word == "lost") == (after_ms > 2 * nap_ms + 5000)


@given(st.floats(1, 1e6), st.floats(0, 4))
def test_show_says_when_to_look_again(nap_s: float, share: float) -> None:
    """Until `look_ms` the word cannot change by itself, and at `look_ms` it does."""
    life = say(None, State.SLEEPING, NOW_MS, nap_s=nap_s)
    now_ms = NOW_MS + round(share * nap_s * 1000)
    shown = presence.show(life, now_ms)
    if shown.look_ms is None:
        assert presence.show(life, now_ms + 10**12).word == shown.word
    else:
        assert presence.show(life, shown.look_ms - 1).word == shown.word
        assert presence.show(life, shown.look_ms).word != shown.word


def test_say_will_while_sleep_is_promised_changes_nothing() -> None:
    """A broken connection after `sleeping` is no death."""
    asleep = say(None, State.SLEEPING, NOW_MS, nap_s=600)
    assert say(asleep, State.LOST, NOW_MS + 1000) is asleep


def test_say_will_of_an_awake_node_shows_it_lost_at_once() -> None:
    """The broker saw it die."""
    awake = say(None, State.READY, NOW_MS)
    assert presence.show(say(awake, State.LOST, NOW_MS + 1000), NOW_MS + 1000).word == "lost"


def test_say_will_of_an_earlier_boot_is_ignored() -> None:
    """A delayed will does not bury the node that has already come back."""
    awake = say(None, State.READY, NOW_MS)
    assert say(awake, State.LOST, NOW_MS + 1000, boot=OLD_BOOT) is awake


def test_say_goodbye_stays_a_goodbye() -> None:
    """Disconnected neither ages nor is overruled by a will."""
    gone = say(None, State.DISCONNECTED, NOW_MS)
    assert say(gone, State.LOST, NOW_MS + 1) is gone
    assert presence.show(gone, NOW_MS + 10**12).word == "disconnected"


def test_hear_lost_node_that_speaks_is_ready() -> None:
    """Whoever speaks is alive."""
    lost = say(say(None, State.READY, NOW_MS), State.LOST, NOW_MS + 1)
    life = presence.hear(lost, NOW_MS + 5000, silence_ms=600_000, grace_ms=10_000)
    assert presence.show(life, NOW_MS + 5000).word == "ready"


def test_show_awake_node_that_falls_silent_becomes_late_then_lost() -> None:
    """Without a will, as after a broker's crash, silence alone tells."""
    life = say(None, State.READY, NOW_MS)
    words = [presence.show(life, NOW_MS + after_s * 1000).word for after_s in (600, 606, 1205, 1206)]
    assert words == ["ready", "late", "late", "lost"]


def test_when_said_kept_message_counts_from_the_nodes_time_unless_that_is_ahead() -> None:
    """A restart does not lengthen a promise; a clock that is ahead cannot shorten it either."""
    kept = Presence(state=State.SLEEPING, time_ms=NOW_MS - 9000)
    assert presence.when_said(kept, NOW_MS, retained=True) == NOW_MS - 9000
    assert presence.when_said(kept, NOW_MS, retained=False) == NOW_MS
    assert presence.when_said(Presence(state=State.SLEEPING, time_ms=NOW_MS + 1), NOW_MS, retained=True) == NOW_MS


def test_say_absurd_promise_is_bounded() -> None:
    """A node that promises 1e308 seconds, or to wake in the year 287,396, promised 32 years."""
    for absurd in (
        Presence(state=State.SLEEPING, interval_s=1e308, grace_s=1e308),
        Presence(state=State.SLEEPING, next_wake_ms=2**53),
    ):
        life = presence.say(None, absurd, NOW_MS, silence_ms=600_000, grace_ms=10_000)
        assert presence.show(life, NOW_MS).word == "sleeping"
        assert presence.show(life, NOW_MS + 4 * presence.MOST_MS).word == "lost"
