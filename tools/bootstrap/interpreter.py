"""Which Python runs this: one that Torpor supports, or a clear word.

Kept to the syntax of Python 3.7, so that an older one can say what it lacks in place of a SyntaxError.
"""

from __future__ import annotations

import os
import shutil
import sys

OLDEST = (3, 11)
NEWEST = (3, 14)


def ensure(argv: list[str], version: tuple[int, ...] = sys.version_info[:2]) -> None:
    """Return under a supported Python, or start `argv` again under one, or exit 2 and say what to install.

    Args:
        argv: the script that is running, and its arguments.
        version: of the Python that is running.
    """
    if OLDEST <= version <= NEWEST:
        return
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        other = shutil.which("python3.%d" % minor)  # noqa: UP031 - parses on any Python 3
        if other:
            os.execv(other, [other, *argv])  # noqa: S606 - the very script that is running
    sys.stderr.write(
        "Torpor needs Python %d.%d to %d.%d, and this is %s.\n"  # noqa: UP031 - as above
        "Install one beside it (Debian 12 and 13, Ubuntu 24.04 and later bring one), then run this again.\n"
        % (*OLDEST, *NEWEST, ".".join(map(str, version)))
    )
    sys.exit(2)
