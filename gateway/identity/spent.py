"""Which secrets were handed out, and used by whose key: a file that only grows, written before anything is signed.

It stands beside the register and not in it, so that a register restored from a backup brings no invitation to life. Nor
does the folder restored as a whole: whatever puts this file back, or touches it, leaves the kernel's own mark on it,
the time of its last change (ctime), which no program can set. The last line says what that mark was when we wrote it;
where it is another, no secret counts any more that stands above.

The same key may use its secret again while the invitation lasts: an answer that got lost on the way costs nobody a
second walk to the gateway, and whoever copied the secret has another key.

What nothing here can see is a disk that was put back below the file system, as a virtual machine's snapshot is.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final, Literal

from gateway.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Verdict = Literal["theirs", "used", "touched"]

HANDED_OUT, USED, TOUCHED = b"+", b"-", b"!"
STAMP_BYTES: Final = 20
NEAR_NS: Final = 5_000_000
"""A stamp is written and the mark looked at until they are as near as this: the kernel's clock ticks in ms."""
MOST_TRIES: Final = 1000


def hand_out(path: Path, digest: bytes) -> None:
    """Note that a secret is handed out; without this line it cannot be used.

    Args:
        path: the file; made where it is missing.
        digest: of the secret.

    Raises:
        StoreError: the disk refuses.
    """
    with _ledger(path) as ledger:
        ledger.note(HANDED_OUT, digest.hex().encode())


def spend(path: Path, digest: bytes, key_id: bytes) -> Verdict:
    """Use a secret; of any number who try at once, in any number of processes, one key wins.

    Args:
        path: the file.
        digest: of the secret.
        key_id: of the key that it is used for.

    Returns:
        `theirs`: it is this key's now. `used`: it was used by another. `touched`: somebody put the file back since it
        was handed out.

    Raises:
        StoreError: the disk refuses, and nothing was used.
    """
    secret, use = digest.hex().encode(), b"%s %s" % (digest.hex().encode(), key_id.hex().encode())
    with _ledger(path) as ledger:
        used = [line for line in ledger.lines if line[:1] == USED and line[2:].startswith(secret)]
        if used:
            return "theirs" if all(line[2:].startswith(use) for line in used) else "used"
        since = max((at for at, line in enumerate(ledger.lines) if line[:1] == TOUCHED), default=-1)
        if not any(line[2:].startswith(secret) for line in ledger.lines[since + 1 :] if line[:1] == HANDED_OUT):
            return "touched"
        ledger.note(USED, use)
    return "theirs"


@dataclass(slots=True)
class Ledger:
    """The file, locked.

    Attributes:
        file: open at its end.
        lines: that are whole.
    """

    file: BinaryIO
    lines: list[bytes]

    def note(self, sign: bytes, what: bytes) -> None:
        """Add a line, with the mark that the file has then; durably."""
        self.file.seek(0, os.SEEK_END)
        self.file.write(b"%s %s " % (sign, what))
        self.file.flush()
        at, mark_ns = self.file.tell(), self._mark_ns()
        for _ in range(MOST_TRIES):
            stamp = b"%0*d\n" % (STAMP_BYTES, mark_ns)
            os.pwrite(self.file.fileno(), stamp, at)
            found_ns = self._mark_ns()
            if abs(found_ns - mark_ns) <= NEAR_NS:
                break
            mark_ns = found_ns
        os.fsync(self.file.fileno())
        self.lines.append(b"%s %s %s" % (sign, what, stamp.rstrip()))

    def is_ours(self) -> bool:
        """Whether nobody but us has touched the file since its last line."""
        last = self.lines[-1].rpartition(b" ")[2] if self.lines else b""
        return len(last) == STAMP_BYTES and last.isdigit() and abs(int(last) - self._mark_ns()) <= NEAR_NS

    def _mark_ns(self) -> int:
        return os.fstat(self.file.fileno()).st_ctime_ns


@contextmanager
def _ledger(path: Path) -> Iterator[Ledger]:
    try:
        with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            *lines, rest = file.read().split(b"\n")
            ledger = Ledger(file, lines)
            if rest:  # a power cut left half a line, which is nobody's
                file.write(b"\n")
            if rest or not ledger.is_ours():
                ledger.note(TOUCHED, b"by another")
            _keep_name(path)
            yield ledger
    except OSError as error:
        raise StoreError(f"{path}: {error}") from error


def _keep_name(path: Path) -> None:
    """Have the folder remember the file, which may be new."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
