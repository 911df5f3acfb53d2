"""The journal: what was committed, also after a kill in the middle of a line; and the comparison with the store."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import pytest

from tools.chaos.journal import Content, Identity, Journal, Stored, Truth, Verdict, judge, read, total

if TYPE_CHECKING:
    from pathlib import Path

BOOT: Final = b"boot-1"
NAME: Final = BOOT.hex()
TRUTH: Final = Truth({(NAME, seq): (seq, (seq / 2,)) for seq in range(3)}, frozenset({(NAME, 0), (NAME, 1)}))


def stored(**changes: int) -> Stored:
    """Return a store that holds what was committed; `twice`, `without`, `other` and `strange` name a seq each."""
    rows = {seq: 2 if seq == changes.get("twice") else 1 for seq in (0, 1) if seq != changes.get("without")}
    if "strange" in changes:
        rows[changes["strange"]] = 1
    contents: dict[Identity, Content] = {(NAME, seq): (seq, (seq / 2 + (seq == changes.get("other")),)) for seq in rows}
    return Stored(Counter({(NAME, seq): count for seq, count in rows.items()}), contents)


def test_journal_of_two_starts_is_read_as_one_truth(tmp_path: Path) -> None:
    """Each start counts from 0, and only what its outbox called committed is."""
    for boot_id, committed in ((BOOT, 1), (b"boot-2", 2)):
        journal = Journal(tmp_path / "journal", boot_id)
        for tick in range(2):
            journal.hand(tick, {"tick": tick / 2})
        journal.commit(committed)
    truth = read(tmp_path / "journal")
    assert truth.committed == {(NAME, 0), (b"boot-2".hex(), 0), (b"boot-2".hex(), 1)}
    assert truth.handed[NAME, 1] == (1, (0.5,))


def test_journal_torn_by_a_kill_loses_that_line_alone(tmp_path: Path) -> None:
    """The next start writes on behind the torn line, and both its lines and those before are read."""
    path = tmp_path / "journal"
    journal = Journal(path, BOOT)
    journal.hand(0, {"tick": 0.0})
    journal.commit(1)
    with path.open("ab") as file:
        file.write(b'\n["626f')
    Journal(path, b"boot-2").hand(5, {"tick": 0.5})
    truth = read(path)
    assert truth.committed == {(NAME, 0)}
    assert truth.handed.keys() == {(NAME, 0), (b"boot-2".hex(), 0)}


def test_journal_that_was_never_written_holds_nothing(tmp_path: Path) -> None:
    """A node that was killed before its first record has committed none."""
    assert read(tmp_path / "journal") == Truth({}, frozenset())


def test_judge_store_that_holds_everything_is_sound() -> None:
    """What was handed over and not surely committed may be there, and need not."""
    assert judge(TRUTH, stored()).sound
    assert judge(TRUTH, stored(strange=2)).sound


@pytest.mark.parametrize(
    ("change", "fault"),
    [("without", "lost"), ("twice", "duplicates"), ("other", "altered"), ("strange", "invented")],
)
def test_judge_store_with_one_fault_names_it(change: str, fault: str) -> None:
    """Negative control: each way in which a store can be wrong is counted, and under its own name."""
    verdict = judge(TRUTH, stored(**{change: 7 if change == "strange" else 1}))
    assert verdict == Verdict(**{"committed": 2, fault: 1})
    assert not verdict.sound
    assert total([verdict, verdict]) == Verdict(**{"committed": 4, fault: 2})
