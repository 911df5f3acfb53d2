"""The list of the denied: whole, whoever writes it at the same time, and taken up as it stands on disk."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from gateway.identity import denial, files
from gateway.identity.denial import Denied

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    Write = Callable[[Path, Callable[[], Iterable[str]]], None]


def overtaken(folder: Path, write: Write, patience_s: float | None) -> frozenset[str]:
    """Revoke `late` while another revocation is between its look at the register and its list; return who is denied.

    Args:
        folder: of the authority.
        write: the writer that is tried.
        patience_s: how long the first one lets the second have its way; None until it is done.
    """
    revoked = ["early"]

    def revoke() -> None:
        revoked.append("late")
        write(folder, lambda: list(revoked))

    second = threading.Thread(target=revoke)

    def names() -> list[str]:
        found = list(revoked)
        second.start()
        second.join(patience_s)
        return found

    write(folder, names)
    second.join()
    return Denied(folder).look()


def test_denial_of_two_at_once_forgets_neither(tmp_path: Path) -> None:
    """The gateway that enrols and a command write one list: the later writer has looked later."""
    assert overtaken(tmp_path, denial.write, 0.3) == {"early", "late"}


def test_denial_that_is_written_without_a_lock_forgets_one(tmp_path: Path) -> None:
    """Negative control: a look and a write that another comes between take a revocation back."""

    def unlocked(folder: Path, names: Callable[[], Iterable[str]]) -> None:
        files.write(folder / denial.FILE, "".join(f"{name}\n" for name in names()).encode())

    assert overtaken(tmp_path, unlocked, None) == {"early"}


def test_denied_list_that_was_away_counts_again(tmp_path: Path) -> None:
    """A folder that is unmounted for a moment brings the same file back, by its number and its time."""
    denial.write(tmp_path, lambda: ["stolen"])
    denied = Denied(tmp_path)
    assert denied.look() == {"stolen"}
    away = (tmp_path / denial.FILE).rename(tmp_path / "away")
    assert denied.look() == frozenset()
    away.rename(tmp_path / denial.FILE)
    assert denied.look() == {"stolen"}


def test_denied_list_that_is_damaged_ends_nothing(tmp_path: Path) -> None:
    """Bytes that are no text are no names; those that are count."""
    (tmp_path / denial.FILE).write_bytes(b"stolen\n\xff\xfe\n")
    assert "stolen" in Denied(tmp_path).look()
