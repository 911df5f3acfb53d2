"""The log, as the journal of systemd wants it: each line with its rank before it, and no time, which the journal has.

So `journalctl -p warning` finds what is wrong, in a year of lines. To a terminal or a file it is written as ever.

Source: sd-daemon(3), systemd.exec(5) JOURNAL_STREAM.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

RANKS: Final = {logging.CRITICAL: 2, logging.ERROR: 3, logging.WARNING: 4, logging.INFO: 6, logging.DEBUG: 7}
"""As syslog(3) counts."""


def is_listening(environment: Mapping[str, str], descriptor: int) -> bool:
    """Whether what is written there goes into the journal: it gave its file's numbers to who was started.

    Args:
        environment: of this process.
        descriptor: standard error's.
    """
    try:
        found = os.fstat(descriptor)
    except OSError:
        return False
    return environment.get("JOURNAL_STREAM") == f"{found.st_dev}:{found.st_ino}"


class Ranked(logging.Formatter):
    """Puts the rank before every line, also those of a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's lines."""
        rank = RANKS.get(record.levelno, 6)
        return "\n".join(f"<{rank}>{line}" for line in super().format(record).splitlines())


def to_stderr(level: int, pattern: str) -> None:
    """Log to standard error, in the way of whoever reads there.

    Args:
        level: what is logged, and what is above it.
        pattern: of a line, for people; the journal adds time and rank by itself.
    """
    handler = logging.StreamHandler(sys.stderr)
    ranked = Ranked("%(name)s: %(message)s")
    handler.setFormatter(ranked if is_listening(os.environ, 2) else logging.Formatter(pattern))
    logging.basicConfig(level=level, handlers=[handler])
