"""Poison: one message that must not cost the others.

It is told from bad luck by what happened to its neighbours. A frame that later frames overtake is one that the gateway
does not take: it costs a place in the window and no more. A frame that was on its way when the broker hung up, or
stopped answering, may be the cause: from then on it goes last and alone, so that the next such end names it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Blame:
    """What a session holds against a frame.

    Attributes:
        reason: how it ended, for a person.
        proven: whether others were receipted in that session, and this one alone was out or overtaken. Without that the
            fault may be the link's or a neighbour's, and nothing is ever set aside for a broker that fails everybody.
        suspect: whether it may have ended the session for the others too.
    """

    reason: str
    proven: bool
    suspect: bool


class Suspicion:
    """Asks, each time a link breaks, whether a frame may be why.

    A broker may close without a word over one message. So besides what it said, a frame that was alone on its way is
    suspect, and so are all on their way when links break twice in a row before anything was receipted.
    """

    def __init__(self) -> None:
        self._barren = 0
        self._said = ""

    def hear(self, words: str) -> None:
        """Note that the coming end was announced, and how."""
        self._said = words

    def judge(self, *, exposed: int, proven: bool, reason: str) -> Blame | None:
        """Return what to hold against the frames that were on their way; None for bad luck.

        Args:
            exposed: how many frames the broker had not answered for.
            proven: whether others were receipted on this link.
            reason: how the link ended.
        """
        said, self._said = self._said, ""
        self._barren = self._barren + 1 if exposed and not proven else 0
        if exposed and (said or (proven and exposed == 1) or self._barren > 1):
            return Blame(reason=said or reason, proven=proven and exposed == 1, suspect=True)
        return None
