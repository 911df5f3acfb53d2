"""SQLite on a file system that logs: what it writes, and what it syncs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import apsw

from tools.powercut.controls import weakened
from tools.powercut.log import Flush, Resize, Write

if TYPE_CHECKING:
    from typing_extensions import Buffer  # collections.abc has it from Python 3.12 on

    from tools.powercut.log import Event

NAME: Final = "torpor-powercut"
JOURNALS: Final = apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_WAL


class LoggingVfs(apsw.VFS):
    """The machine's own file system, with a log beside it; registered while it lives.

    As SQLite's own does, it syncs the folder at the first sync of a new journal, and thereby what was deleted before.

    Attributes:
        events: what happened to all of its files, by their names without folders.
    """

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._deleted: list[str] = []
        super().__init__(NAME, base="")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> LoggingFile:  # noqa: N802 - SQLite's name
        """Open a file whose writes are noted."""
        return LoggingFile(name, flags, self)

    def sync_folder(self) -> None:
        """Note that what was deleted stays so."""
        self.events += map(Flush, self._deleted)
        self._deleted.clear()

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802 - SQLite's name
        """Delete a file: to SQLite, one that is empty and one that is not there are the same."""
        super().xDelete(filename, syncdir)
        self._deleted.append(Path(filename).name)
        self.events.append(Resize(self._deleted[-1], 0))
        if syncdir:
            self.sync_folder()


class LoggingFile(apsw.VFSFile):
    """One open file."""

    def __init__(self, name: str | apsw.URIFilename | None, flags: list[int], system: LoggingVfs) -> None:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._name = Path(path or "temporary").name
        self._system, self._events = system, system.events
        self._new_journal = bool(flags[0] & JOURNALS and flags[0] & apsw.SQLITE_OPEN_CREATE)
        super().__init__("", name, flags)

    def xWrite(self, data: Buffer, offset: int) -> None:  # noqa: N802 - SQLite's name
        """Write, and note it."""
        super().xWrite(data, offset)
        self._events.append(Write(self._name, offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802 - SQLite's name
        """Change the length, and note it."""
        super().xTruncate(newsize)
        self._events.append(Resize(self._name, newsize))

    def xSync(self, _flags: int) -> None:  # noqa: N802 - SQLite's name
        """Note that all so far is safe; the real disk need not be asked, for nobody cuts its power."""
        self._events.append(Flush(self._name))
        if self._new_journal:
            self._system.sync_folder()
            self._new_journal = False


class Database(apsw.Connection):
    """A connection with the one method of Python's own that apsw's lacks."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), vfs=NAME)

    def executescript(self, script: str) -> None:
        """Execute every statement of a script."""
        self.execute(script)


class HastyDatabase(Database):
    """The control: WAL with synchronous=NORMAL."""

    def execute(self, statements: str, *bindings: Any) -> apsw.Cursor:  # type: ignore[override]  # as the store calls it
        """Weaken the one statement that matters."""
        return super().execute(weakened(statements), *bindings)
