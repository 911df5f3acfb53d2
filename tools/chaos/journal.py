"""The truth: what a node handed to its outbox and what of it was committed, in a file that the outbox knows nothing of.

A line is written before a record is handed over, and another when its group is on disk. What is killed between a commit
and its line has committed more than it wrote; such a record may be in the store, and need not. The file is not
fsynced: these trials kill processes, and what a process wrote outlives it; power cuts have a trial of their own.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from node.values import Value

Identity = tuple[str, int]
"""boot id in hex, seq."""
Content = tuple[int, tuple[object, ...]]
"""time_ms, values."""


class Journal:
    """The journal of one process start, which appends to that of its node."""

    def __init__(self, path: Path, boot_id: bytes) -> None:
        """Open it.

        Args:
            path: the file; made where it is missing.
            boot_id: of this start.
        """
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._boot = boot_id.hex()
        self._handed = 0
        self._committed = 0

    def hand(self, time_ms: int, values: Mapping[str, Value]) -> None:
        """Note that a record is about to be handed over; its seq is how many were before it."""
        self._write("handed", self._handed, time_ms, list(values.values()))
        self._handed += 1

    def commit(self, count: int) -> None:
        """Note that the first `count` records of this start are on disk."""
        if count > self._committed:
            self._write("committed", count)
            self._committed = count

    def _write(self, *words: object) -> None:
        # The newline comes first: a line that a kill tore spoils nothing but itself.
        os.write(self._file, b"\n" + json.dumps([self._boot, *words]).encode())


@dataclass(frozen=True, slots=True)
class Truth:
    """What a node's journal says.

    Attributes:
        handed: every record that was ever handed over, with what it held.
        committed: those that were surely on disk.
    """

    handed: Mapping[Identity, Content]
    committed: frozenset[Identity]


def read(path: Path) -> Truth:
    """Read a journal; a node that never wrote one has committed nothing."""
    handed: dict[Identity, Content] = {}
    counts: Counter[str] = Counter()
    for line in path.read_text().split("\n") if path.exists() else ():
        try:
            boot, word, number, *content = json.loads(line)
        except ValueError:  # torn by a kill, or empty
            continue
        if word == "handed":
            handed[boot, number] = (content[0], tuple(content[1]))
        else:
            counts[boot] = number
    return Truth(handed, frozenset((boot, seq) for boot, count in counts.items() for seq in range(count)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A journal against the store; all but `committed` should be 0.

    Attributes:
        committed: records that were surely on the node's disk.
        lost: of those, not in the store.
        duplicates: rows of the store beyond the first of a record.
        altered: records that the store holds with another time or other values.
        invented: records in the store that nobody ever handed over.
    """

    committed: int = 0
    lost: int = 0
    duplicates: int = 0
    altered: int = 0
    invented: int = 0

    def __add__(self, other: Verdict) -> Verdict:
        return Verdict(**{name: getattr(self, name) + getattr(other, name) for name in self.__slots__})

    @property
    def sound(self) -> bool:
        """Whether all is well."""
        return not (self.lost or self.duplicates or self.altered or self.invented)


@dataclass(slots=True)
class Stored:
    """What the gateway's store holds of one node.

    Attributes:
        rows: how often it has each record.
        contents: what its last row of each holds.
    """

    rows: Counter[Identity] = field(default_factory=Counter)
    contents: Mapping[Identity, Content] = field(default_factory=dict)


def judge(truth: Truth, stored: Stored) -> Verdict:
    """Compare what a node wrote with what the store holds of it.

    >>> truth = Truth({("b", 0): (5, (1.5,)), ("b", 1): (6, (2.5,))}, frozenset({("b", 0), ("b", 1)}))
    >>> judge(truth, Stored(Counter({("b", 0): 2}), {("b", 0): (5, (1.5,))}))
    Verdict(committed=2, lost=1, duplicates=1, altered=0, invented=0)
    """
    known = stored.rows.keys() & truth.handed.keys()
    return Verdict(
        committed=len(truth.committed),
        lost=len(truth.committed - stored.rows.keys()),
        duplicates=stored.rows.total() - len(stored.rows),
        altered=sum(stored.contents[each] != truth.handed[each] for each in known),
        invented=len(stored.rows.keys() - truth.handed.keys()),
    )


def total(verdicts: Iterable[Verdict]) -> Verdict:
    """Add verdicts up."""
    return sum(verdicts, Verdict())
