"""Models that raise, loop, crash or eat all memory, at each stage; and a disk that forgets to count.

A node with such a model is started again and again, as its supervisor would, until a life comes to an orderly end. The
control has the same model and the same lives, on a disk that loses between two of them how often something was begun:
as if it had been counted in memory.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from tools.crash import premises
from tools.crash.nest import CPU_S, Job
from tools.crash.verdict import words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tools.crash.nest import Nest

CYCLES: Final = 8
MOST_LIVES: Final = 12
"""A node that had no orderly life by then has none: nothing on its disk changes any more."""
QUICK_S: Final = 4
"""For those that never return: a good life takes less of a processor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A bad model.

    Attributes:
        name: in a few words.
        trap: what it does, as the traps read it.
        answers: which model answers in the end.
        reason: what the gateway is told, in part.
        committed: versions that were committed before they turned bad; the trap is theirs.
        never_returns: time is short, for the model will use it all.
        cycles: of a life, a window each.
        forgets: it is a control, and has to brick.
    """

    name: str
    trap: Mapping[str, object]
    answers: str = "digits@1"
    reason: str = ""
    committed: tuple[int, ...] = ()
    never_returns: bool = False
    cycles: int = CYCLES
    forgets: bool = False


class Outcome(NamedTuple):
    """What became of a node.

    Attributes:
        case: its model.
        lives: until one came to an orderly end, that one included; MOST_LIVES where none did.
        bricked: none did.
        answers: which model had the last word.
        stands: what the gateway was told last.
        wrong: what is not as it should be; empty for nothing.
    """

    case: str
    lives: int
    bricked: bool
    answers: str
    stands: str
    wrong: str


CASES: Final = (
    Case(name="raises in its self-test", trap={"what": "fail", "nth": 1}, reason="lost its device"),
    Case(name="crashes in its self-test", trap={"what": "crash"}, reason="SIGSEGV"),
    Case(name="crashes at a golden window", trap={"what": "crash", "nth": 3}, reason="SIGSEGV"),
    Case(name="eats all memory in its self-test", trap={"what": "leak"}, reason="MemoryError"),
    Case(name="never returns from its self-test", trap={"what": "loop"}, reason="within", never_returns=True),
    Case(name="sleeps in its self-test", trap={"what": "hang"}, reason="within", never_returns=True),
    Case(name="raises on probation", trap={"what": "fail", "nth": 1, "place": "node"}, reason="on probation"),
    Case(name="crashes when loaded on probation", trap={"what": "crash", "place": "node"}, reason="3 attempts"),
    Case(name="crashes at its second window", trap={"what": "crash", "nth": 2, "place": "node"}, reason="3 attempts"),
    Case(
        name="never returns on probation",
        trap={"what": "loop", "nth": 1, "place": "node"},
        reason="3 attempts",
        never_returns=True,
    ),
    Case(name="crashes when loaded, committed", trap={"what": "crash", "place": "node"}, committed=(2,)),
    Case(name="crashes at its first window, committed", trap={"what": "crash", "nth": 1}, committed=(2,)),
    Case(name="never returns, committed", trap={"what": "loop", "nth": 1}, committed=(2,), never_returns=True),
    Case(
        name="crashes at its eleventh window, committed", trap={"what": "crash", "nth": 11}, committed=(2,), cycles=24
    ),
    Case(name="crashes in both slots", trap={"what": "crash", "place": "node"}, committed=(2, 3)),
)
CONTROLS: Final = (
    Case(name="probation, attempts not on disk", trap={"what": "crash", "place": "node"}, forgets=True),
    Case(name="committed, starts not on disk", trap={"what": "crash", "place": "node"}, committed=(2,), forgets=True),
)


def outcomes(nest: Nest, folder: Path, cases: tuple[Case, ...] = CASES + CONTROLS) -> Iterator[Outcome]:
    """Have a node of its own for each bad model."""
    for number, case in enumerate(cases):
        yield Node(nest, folder / f"node-{number}", case).outcome()


class Node:
    """A node, and its supervisor."""

    def __init__(self, nest: Nest, folder: Path, case: Case) -> None:
        """Make its premises.

        Args:
            nest: for its lives.
            folder: for all of it.
            case: its model.
        """
        self._nest, self._folder, self._case = nest, folder, case
        self._made, self._publisher = premises.made(folder / "premises")
        self._report = folder / "report"

    def outcome(self) -> Outcome:
        """Start it until it lives, and judge that life."""
        case = self._case
        armed = self._folder / "armed"
        trap = {**case.trap, "armed": str(armed)} if case.committed else case.trap
        for version in case.committed or (2,):
            self._made.offer(premises.published(self._publisher, version, trap), version)
            if case.committed and (self._life() or self._stands() != "successful: "):
                return self._outcome(1, f"version {version} was not committed")
        armed.touch()
        lives = next((life for life in range(1, MOST_LIVES + 1) if self._life() == 0), 0)
        return self._outcome(lives, self._wrong(lives))

    def _outcome(self, lives: int, wrong: str) -> Outcome:
        answers = (self._told("answered") or ["nobody"])[-1]
        return Outcome(self._case.name, lives or MOST_LIVES, not lives, answers, self._stands(), wrong)

    def _told(self, kind: str) -> list[str]:
        return words(self._report.read_text().splitlines(), kind)

    def _stands(self) -> str:
        return (self._told("stands") or ["nowhere"])[0]

    def _wrong(self, lives: int) -> str:
        if self._case.forgets:
            return f"the control lives again after {lives}" if lives else ""
        if not lives:
            return f"no orderly life in {MOST_LIVES}"
        answered, stands = self._told("answered"), self._stands()
        mute = sum(not model for model in answered) + max(0, self._case.cycles - len(answered))
        if mute or answered[-1] != self._case.answers:
            return f"{mute} windows without an answer, the last one by {answered[-1:] or 'nobody'}"
        state = "successful: " if self._case.committed else "failed: "
        is_told = stands.startswith(state) and self._case.reason in stands
        return "" if is_told else f"stands {stands!r}, not {state}{self._case.reason}"

    def _life(self) -> int:
        self._report.unlink(missing_ok=True)
        state = self._folder / "state"
        if self._case.forgets:
            _forget(state / "update")
        job = Job(
            premises=str(self._made.folder),
            state=str(state),
            report=str(self._report),
            cycles=self._case.cycles,
            selftest_s=QUICK_S if self._case.never_returns else 60.0,
            cpu_s=QUICK_S if self._case.never_returns else CPU_S,
        )
        return self._nest.live(job)


def _forget(update: Path) -> None:
    """Take the counts off a disk, as if they had never been on it."""
    for name, field, nothing in (("progress.json", "attempts", 0), ("slots/slots.json", "starts", {})):
        path = update / name
        if path.exists():
            said = json.loads(path.read_bytes())
            said.get("update", said)[field] = nothing
            path.write_text(json.dumps(said))
