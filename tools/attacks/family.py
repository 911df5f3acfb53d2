"""What a family of attacks is, and how it is run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """One attack.

    Attributes:
        name: what is tried, for people.
        strike: tries it on a fresh victim that forgets the check of this name (empty: the product as it is), and
            returns why it was refused; empty where it came through.
    """

    name: str
    strike: Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Attacks that one part of the product stops.

    Attributes:
        name: in one word.
        attacks: all of them.
        mutants: the checks that a victim can forget.
    """

    name: str
    attacks: Sequence[Attack]
    mutants: Sequence[str]


@dataclass(slots=True)
class Outcome:
    """What came of a family.

    Attributes:
        refused: by attack, the reason.
        accepted: the attacks that came through.
        caught: by mutant, the attacks that came through it; empty where none did, and the check goes untested.
    """

    refused: dict[str, str] = field(default_factory=dict)
    accepted: list[str] = field(default_factory=list)
    caught: dict[str, list[str]] = field(default_factory=dict)


def tried(family: Family, outcome: Outcome) -> Iterator[str]:
    """Run a family; yields each step when it is done and in the outcome."""
    for attack in family.attacks:
        reason = attack.strike("")
        if reason:
            outcome.refused[attack.name] = reason
        else:
            outcome.accepted.append(attack.name)
        yield attack.name
    for mutant in family.mutants:
        outcome.caught[mutant] = [attack.name for attack in family.attacks if not attack.strike(mutant)]
        yield f"without {mutant}"
