"""The window sends each frame once, and again only when it is time."""

from __future__ import annotations

from node.transmit.window import Window
from node.values import Frame, Receipt

BOOT = b"boot-1"


def frame(first: int, last: int) -> Frame:
    """Return a frame of some seqs."""
    return Frame(kind="results", payload=b"x", boot_id=BOOT, ranges=((first, last),))


def receipt(first: int, last: int) -> Receipt:
    """Return a receipt for some seqs."""
    return Receipt(boot_id=BOOT, ranges=((first, last),))


def test_next_sends_each_frame_once_and_again_after_a_doubling_wait() -> None:
    """An unreceipted frame is resent after 30 s, then 60 s, never while its PUBACK is out."""
    window, only = Window(30.0), frame(0, 9)
    assert window.next([only], 0.0) is only
    window.sent(only, 1, 0.0)
    assert window.next([only], 1000.0) is None, "its PUBACK is out"
    assert window.acked(1) is only
    assert window.next([only], 29.9) is None
    assert window.next([only], 30.0) is only
    window.sent(only, 2, 30.0)
    window.acked(2)
    assert window.next([only], 89.9) is None
    assert window.next([only], 90.0) is only


def test_next_after_a_receipt_never_sends_that_frame_again() -> None:
    """Also from a list of frames that is older than the receipt."""
    window, one, other = Window(30.0), frame(0, 4), frame(5, 9)
    window.sent(one, 1, 0.0)
    assert window.receipted(receipt(0, 4)) == 1
    assert window.next([one, other], 0.0) is other
    window.refill([one, other])
    assert window.next([one, other], 0.0) is other, "the outbox could not forget it; the gateway has it all the same"
    window.refill([other])
    assert window.next([one, other], 0.0) is one, "offered anew, it is a new frame of those seqs"
    assert len(window) == 0


def test_acked_counts_down_what_the_broker_owes() -> None:
    """Only frames are counted; a stranger's packet id changes nothing."""
    window = Window(30.0)
    window.sent(frame(0, 4), 1, 0.0)
    window.sent(frame(5, 9), 2, 0.0)
    assert window.unacked == 2
    assert window.acked(77) is None
    window.acked(2)
    assert window.unacked == 1
    assert window.exposed() == [frame(0, 4)]


def test_overtaken_are_frames_that_a_later_one_passed() -> None:
    """Without a later receipt nobody is a suspect; a receipt for the later one makes the earlier one a suspect."""
    window, early, late = Window(30.0), frame(0, 4), frame(5, 9)
    window.sent(early, 1, 0.0)
    window.sent(late, 2, 0.0)
    assert window.overtaken() == []
    assert not window.proven
    window.receipted(receipt(5, 9))
    assert window.overtaken() == [early]
    assert window.proven


def test_missed_frames_go_again_once_the_gateway_is_there_and_are_no_suspects() -> None:
    """What the broker did not take was never on its way: a later receipt says that its time has come, not its guilt."""
    window, early, late = Window(30.0), frame(0, 4), frame(5, 9)
    window.sent(early, 1, 0.0)
    assert window.acked(1, taken=False) is early
    assert window.next([early], 1.0) is None, "the gateway is still away"
    window.sent(late, 2, 2.0)
    window.acked(2)
    window.receipted(receipt(5, 9))
    assert window.overtaken() == []
    assert window.next([early], 3.0) is early
    window.sent(early, 3, 3.0)
    window.acked(3)
    assert window.next([early], 4.0) is None, "now it is on its way"
