"""Suspicion falls on a frame by what happened to its neighbours."""

from node.transmit.poison import Suspicion


def test_judge_of_a_single_break_holds_nothing_against_many() -> None:
    """Radios drop; that many frames were on their way says nothing about any of them."""
    assert Suspicion().judge(exposed=7, proven=False, reason="lost") is None
    assert Suspicion().judge(exposed=7, proven=True, reason="lost") is None


def test_judge_of_a_frame_alone_on_a_proven_link_names_it() -> None:
    """Others were receipted, only this one was out."""
    blame = Suspicion().judge(exposed=1, proven=True, reason="lost")
    assert blame is not None
    assert (blame.reason, blame.proven, blame.suspect) == ("lost", True, True)


def test_judge_of_two_barren_breaks_in_a_row_suspects_all_without_proof() -> None:
    """Something at the head may stop every link; a good link in between takes the suspicion back."""
    suspicion = Suspicion()
    assert suspicion.judge(exposed=7, proven=False, reason="lost") is None
    blame = suspicion.judge(exposed=7, proven=False, reason="lost")
    assert blame is not None
    assert not blame.proven
    assert suspicion.judge(exposed=7, proven=True, reason="lost") is None
    assert suspicion.judge(exposed=7, proven=False, reason="lost") is None


def test_judge_uses_the_brokers_own_words_once() -> None:
    """What it said is held against the frames of that link, and not of the next."""
    suspicion = Suspicion()
    suspicion.hear("packet too large")
    blame = suspicion.judge(exposed=3, proven=True, reason="lost")
    assert blame is not None
    assert blame.reason == "packet too large"
    assert blame.suspect
    assert not blame.proven, "it may have been any of the three"
    assert suspicion.judge(exposed=3, proven=True, reason="lost") is None


def test_judge_with_nothing_on_its_way_is_quiet() -> None:
    """An idle link that breaks blames nobody."""
    suspicion = Suspicion()
    assert [suspicion.judge(exposed=0, proven=False, reason="lost") for _ in range(3)] == [None] * 3
