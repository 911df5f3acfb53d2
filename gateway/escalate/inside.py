"""Inside: the process of one larger model: opens it, answers for windows until nobody asks any more.

    python -m gateway.escalate.inside MODEL THREADS MOST_MB RUN_S

`apart` starts it, and is the only one that speaks to it. Its memory is limited, and it is the first to go where the
machine has none left. It sets its own alarm for each run, for the gateway may be gone before it.
"""

from __future__ import annotations

import contextlib
import math
import os
import resource
import signal
import sys
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

import numpy as np

from gateway.errors import EscalationError
from gateway.escalate import frames
from gateway.escalate.engine import opened

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.escalate.engine import Engine

OPEN_S: Final = 60
"""Longest time to import a runtime and read a model."""
_FIRST_TO_GO: Final = "1000"
"""The first that the kernel takes for want of memory: proc_pid_oom_score_adj(5)."""


def serve(begin: Callable[[], Engine], requests: BinaryIO, replies: BinaryIO, run_s: float) -> None:
    """Answer until the requests end.

    Args:
        begin: opens the model.
        requests: `{"shape": ...}` and the windows' numbers.
        replies: `{"model": name}` at first; then, for each request, `{"said": ...}` or `{"error": reason}`.
        run_s: longest time of a run; after that the kernel ends this process.
    """
    signal.alarm(OPEN_S + 1)
    try:
        engine = begin()
    except EscalationError as error:
        replies.write(frames.frame({"error": str(error)}))
        return
    signal.alarm(0)
    replies.write(frames.frame({"model": engine.model}))
    while (asked := frames.read(requests)) is not None:
        head, numbers = asked
        signal.alarm(math.ceil(run_s) + 1)
        try:
            said = engine.answer(np.frombuffer(numbers, np.float32).reshape(head["shape"]))
            told: dict[str, object] = {"said": [astuple(each) for each in said]}
        except EscalationError as error:
            told = {"error": str(error)}
        signal.alarm(0)
        replies.write(frames.frame(told))


def restrain(most_mb: int) -> BinaryIO:
    """Limit this process, and return where it replies; what a runtime prints goes with the log instead.

    Ctrl-C and systemd's goodbye are the gateway's to hear: when it leaves, there are no more requests.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    _, most_bytes = resource.getrlimit(resource.RLIMIT_DATA)
    limit = most_mb << 20 if most_bytes == resource.RLIM_INFINITY else min(most_mb << 20, most_bytes)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError):  # a container may not let us; the limit stands
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO, encoding="ascii")
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return replies


def main() -> int:
    """Be the process."""
    model, threads, most_mb, run_s = sys.argv[1:]
    replies = restrain(int(most_mb))
    serve(lambda: opened(Path(model), int(threads)), sys.stdin.buffer, replies, float(run_s))
    return 0


if __name__ == "__main__":
    sys.exit(main())
