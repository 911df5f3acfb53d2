"""What was ordered of a node, and what became of it (pure).

Every command has an id that rises; the node remembers the highest that it ever took up, and takes up none below it.
So a wish that is said again, by a broker that keeps it or by a start that reads it from disk, is no second order,
also when the node has forgotten the first.

    accepted -> running -> successful | failed: reason
    expired                             its time was over before it was begun

What is no longer wished for has been heard of, and is forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST: Final = 200


class State(StrEnum):
    """Where a command stands."""

    ACCEPTED = "accepted"
    RUNNING = "running"
    SUCCESSFUL = "successful"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One command.

    Attributes:
        words: what was ordered.
        state: where it stands.
        reason: why it failed, or more about how it went; empty for nothing.
        boot: in which boot of the machine it was begun; empty before, and where nobody knows.
        until_ms: when it is not begun any more; None where it always may be.
    """

    words: str
    state: State
    reason: str = ""
    boot: str = ""
    until_ms: int | None = None

    def is_late(self, now_ms: int) -> bool:
        """Whether it is not to be begun any more."""
        return self.until_ms is not None and self.until_ms < now_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """All that is remembered.

    Attributes:
        floor: the highest id that was ever taken up.
        entries: what is still wished for, by id.
        findings: what the newest command that looked around has found.
    """

    floor: int = 0
    entries: Mapping[int, Entry] = field(default_factory=dict)
    findings: Mapping[str, str] = field(default_factory=dict)


def heard(book: Book, commands: Mapping[int, str], deadlines: Mapping[int, int], now_ms: int) -> Book:
    """Return the book after a wish.

    Args:
        book: as it was.
        commands: what is wished for now, by id.
        deadlines: when each is not begun any more; one without may always be.
        now_ms: a time that has surely come.
    """
    entries = {number: book.entries[number] for number in book.entries.keys() & commands.keys()}
    for number in sorted(commands.keys() - entries.keys()):
        if number > book.floor:
            entry = Entry(words=commands[number], state=State.ACCEPTED, until_ms=deadlines.get(number))
            entries[number] = replace(entry, state=State.EXPIRED) if entry.is_late(now_ms) else entry
    floor = max(book.floor, *entries, 0)
    return replace(book, floor=floor, entries=dict(sorted(entries.items())), findings=book.findings if entries else {})


def waiting(book: Book) -> int | None:
    """Return the id of the next command to begin; None where none waits, or one runs."""
    states = {each.state for each in book.entries.values()}
    if State.RUNNING in states:
        return None
    return next((number for number, each in book.entries.items() if each.state is State.ACCEPTED), None)


def turned(book: Book, number: int, state: State, reason: str = "", boot: str = "") -> Book:
    """Return the book with a command in another state."""
    entry = replace(book.entries[number], state=state, reason=reason[:LONGEST], boot=boot)
    return replace(book, entries={**book.entries, number: entry})


def restarted(book: Book, boot: str, restarts: Callable[[str], bool]) -> Book:
    """Return the book at a start: what ran when the node ended is not run again.

    Args:
        book: as it was left.
        boot: of the machine, now; empty where nobody knows.
        restarts: whether what some words order is that very restart.
    """
    for number, each in book.entries.items():
        if each.state is not State.RUNNING:
            continue
        if not restarts(each.words):
            book = turned(book, number, State.FAILED, "the node ended while it ran")
        elif boot and boot == each.boot:
            book = turned(book, number, State.FAILED, "the node was started again, the machine was not")
        else:
            book = turned(book, number, State.SUCCESSFUL)
    return book


def told(book: Book) -> dict[int, str]:
    """Return the states as the node reports them.

    >>> told(Book(entries={7: Entry(words="reboot", state=State.FAILED, reason="not allowed")}))
    {7: 'failed: not allowed'}
    """
    return {
        number: f"{each.state}: {each.reason}" if each.reason else str(each.state)
        for number, each in book.entries.items()
    }


def memory(book: Book) -> dict[str, object]:
    """Return what must survive a power cut, for `recalled`."""
    return asdict(book)


def recalled(kept: Mapping[str, object]) -> Book:
    """Return what was kept, of a JSON object.

    Raises:
        ValueError: it is none of this version's; what was carried out is then not known, and nothing may be.
    """
    try:
        entries = {
            int(number): Entry(**{**each, "state": State(each["state"])})
            for number, each in cast("dict[str, dict[str, Any]]", kept["entries"]).items()
        }
        findings = {str(what): str(text) for what, text in cast("dict[str, str]", kept["findings"]).items()}
        return Book(floor=int(cast("int", kept["floor"])), entries=entries, findings=findings)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a book of commands: {error!r}") from error
