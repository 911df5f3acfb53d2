"""A trial: one subject's work, cut off again and again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tools.powercut.log import Flush, Mark, Write, promised
from tools.powercut.subject import Finding, Row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tools.powercut.log import Cut, Event
    from tools.powercut.subject import Subject

Recovered = Callable[["Cut"], AbstractContextManager[Path]]
"""Makes what a cut leaves into a folder that a subject can look at; raises OSError where that cannot be done."""


class Recording(NamedTuple):
    """One subject's work as its disk saw it.

    Attributes:
        base: the disk's files before.
        events: what happened.
    """

    base: Mapping[str, bytes]
    events: Sequence[Event]


def judged(subject: Subject, recording: Recording, cuts: Sequence[Cut], recovered: Recovered) -> Row:
    """Cut a recording, look at what each cut left, and add up."""
    findings = [_found(subject, recording, cut, recovered) for cut in cuts]
    return Row(
        subject=subject.name,
        cuts=len(cuts),
        lost=sum(each.lost for each in findings),
        corrupt=sum(each.corrupt for each in findings),
        failures=sum(bool(each.lost or each.corrupt) for each in findings),
        promises=_count(recording, Mark),
        writes=_count(recording, Write),
        flushes=_count(recording, Flush),
        example=next((f"{each.what} after {cut}" for each, cut in zip(findings, cuts, strict=True) if each.what), ""),
    )


def _found(subject: Subject, recording: Recording, cut: Cut, recovered: Recovered) -> Finding:
    try:
        with recovered(cut) as folder:
            return subject.check(folder, promised(recording.events, cut))
    except OSError as error:
        return Finding(corrupt=1, what=f"not to be recovered: {error}")


def _count(recording: Recording, kind: type) -> int:
    return sum(isinstance(event, kind) for event in recording.events)
