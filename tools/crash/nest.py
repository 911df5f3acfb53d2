"""The nest: a process that has imported everything, and forks one life after the other, each to end as it will.

    python -m tools.crash.nest

takes jobs as JSON lines, and answers each with the exit code of the life, negative for the signal that ended it. It has
the traps in front of the ML runtime, and so have the children of its children.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

TRAPS: Final = Path(__file__).parent / "traps"
HERE: Final = Path(__file__).resolve().parents[2]
PATIENCE_S: Final = 120
"""After which a life that hangs is ended, as systemd's watchdog would end it."""
CPU_S: Final = 30
"""And after so much of the processor's time, one that goes round in circles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A life to be lived.

    Attributes:
        premises: their folder.
        state: the node's folder.
        report: the file that its words are added to.
        cycles: how many, where nothing ends it before.
        die_at: the point at which it is killed, from 1; 0 for none.
        selftest_s: as the premises have it.
        cpu_s: after which it is killed.
    """

    premises: str
    state: str
    report: str
    cycles: int
    die_at: int = 0
    selftest_s: float = 60.0
    cpu_s: int = CPU_S


class Nest:
    """The nest as its user has it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def live(self, job: Job) -> int:
        """Have a life lived, and return its exit code.

        Raises:
            OSError: the nest is gone.
        """
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(asdict(job)) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise OSError("the nest ended; its own words stand above")
        return int(line)


@contextmanager
def built() -> Iterator[Nest]:
    """Start a nest; it ends with its user."""
    paths = [str(TRAPS), str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-m", "tools.crash.nest"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env) as process:
        yield Nest(process)


def main() -> None:
    """Fork lives until nobody wants any more."""
    import ai_edge_litert.interpreter  # noqa: F401 - so that each life has it
    import tuf.ngclient  # noqa: F401 - as above

    from tools.crash import life  # noqa: F401 - as above

    for line in sys.stdin:
        job = Job(**json.loads(line))
        child = os.fork()
        if not child:
            _be(job)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _be(job: Job) -> None:
    """Live, and never come back."""
    from tools.crash.life import live
    from tools.crash.premises import Premises

    signal.alarm(PATIENCE_S)
    resource.setrlimit(resource.RLIMIT_CPU, (job.cpu_s, job.cpu_s))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the nest's answers are the nest's alone
    report = os.open(job.report, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    reached = 0

    def tell(words: str) -> None:
        nonlocal reached
        os.write(report, f"{words}\n".encode())
        reached += words.startswith("point ")
        if job.die_at and reached >= job.die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    code = 1
    try:
        premises = Premises(folder=Path(job.premises), selftest_s=job.selftest_s)
        live(premises, Path(job.state), job.cycles, tell)
        code = 0
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
