"""A disk that logs: the one file of a FUSE file system, in memory; a loop device on it makes it a disk.

A flush that the kernel sends to the loop device comes here as an fsync, after the writes that it covers.
"""

from __future__ import annotations

import errno
import pickle
import stat
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, cast

import mfusepy

from tools.powercut import mounts
from tools.powercut.log import Flush, Mark, Write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tools.powercut.log import Event

FILE: Final = "disk"


class LoggedDisk:
    """A file of fixed size that remembers in which order it was written; what FUSE calls has FUSE's names.

    Attributes:
        contents: as the kernel sees them.
        events: since it was last emptied.
    """

    use_ns = True

    def __init__(self, size_bytes: int) -> None:
        self.contents = bytearray(size_bytes)
        self.events: list[Event] = []

    def init(self, _path: str) -> None:
        """Tell that the file system is there."""
        _answer(None)

    def getattr(self, path: str, _fh: int | None = None) -> dict[str, int]:
        """Describe the folder, or the file in it."""
        if path == "/":
            return {"st_mode": stat.S_IFDIR | 0o700, "st_nlink": 2}
        if path == f"/{FILE}":
            return {"st_mode": stat.S_IFREG | 0o600, "st_nlink": 1, "st_size": len(self.contents)}
        raise OSError(errno.ENOENT, "there is one file", path)

    def read(self, _path: str, size: int, offset: int, _fh: int) -> bytes:
        """Give what was written."""
        return bytes(self.contents[offset : offset + size])

    def write(self, _path: str, data: bytes, offset: int, _fh: int) -> int:
        """Take it, and note when."""
        self.contents[offset : offset + len(data)] = data
        self.events.append(Write(FILE, offset, bytes(data)))
        return len(data)

    def truncate(self, _path: str, length: int, _fh: int | None = None) -> int:
        """Refuse to be another size."""
        if length != len(self.contents):
            raise OSError(errno.EPERM, "a disk keeps its size")
        return 0

    def fsync(self, _path: str, _datasync: int, _fh: int) -> int:
        """Note that all so far is safe."""
        self.events.append(Flush(FILE))
        return 0


class Attached:
    """The disk as its user has it: a file to put a file system on, and a log to ask for."""

    def __init__(self, server: subprocess.Popen[bytes]) -> None:
        assert server.stdin
        assert server.stdout
        self._asking, self._answers = server.stdin, server.stdout

    def mark(self, words: str) -> None:
        """Note a promise among the writes."""
        self._ask(f"mark {words}")

    def begin(self) -> bytes:
        """Forget all events, and return what the disk holds."""
        return cast("bytes", self._ask("begin"))

    def events(self) -> list[Event]:
        """Return what happened since."""
        return cast("list[Event]", self._ask("events"))

    def answer(self) -> object:
        """Wait for the next answer.

        Raises:
            OSError: the disk is gone.
        """
        try:
            return pickle.load(self._answers)  # noqa: S301 - from our own child
        except EOFError as error:
            raise OSError("the FUSE file system ended; its own words stand above") from error

    def _ask(self, words: str) -> object:
        self._asking.write(f"{words}\n".encode())
        self._asking.flush()
        return self.answer()


@contextmanager
def attached(folder: Path, size_bytes: int) -> Iterator[Attached]:
    """Serve a disk at `folder / FILE`; whoever mounts it unmounts it before the end.

    It is served by a process of its own: one that held both ends, killed while the kernel writes to the disk, would
    wait for itself for ever. From here on the caller's mounts are no longer the server's, for the same reason.

    Raises:
        OSError: the kernel or libfuse refuses.
    """
    command = [sys.executable, "-m", "tools.powercut.disk", str(folder), str(size_bytes)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        disk = Attached(server)
        try:
            disk.answer()
            mounts.part()
            yield disk
            mounts.unmount(folder)
        finally:
            server.kill()


def main(folder: str, size_bytes: str) -> None:
    """Serve, and obey, until it is unmounted."""
    disk = LoggedDisk(int(size_bytes))
    threading.Thread(target=_obey, args=(disk,), daemon=True).start()
    mfusepy.FUSE(disk, folder, foreground=True, nothreads=True, fsname="torpor-powercut")


def _obey(disk: LoggedDisk) -> None:
    for line in sys.stdin:
        what, _, words = line.rstrip("\n").partition(" ")
        if what == "mark":
            disk.events.append(Mark(words))
            _answer(None)
        elif what == "begin":
            disk.events.clear()
            _answer(bytes(disk.contents))
        else:
            _answer(list(disk.events))


def _answer(thing: object) -> None:
    pickle.dump(thing, sys.stdout.buffer)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
