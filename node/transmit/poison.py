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
        proven: whether others were receipted in that session. Without that the fault may be the link's, and nothing
            is ever set aside for a broker that fails everybody.
        suspect: whether it may have ended the session for the others too.
    """

    reason: str
    proven: bool
    suspect: bool
