"""Apart: a larger model in a process of its own, which may die of it without taking the gateway along.

A model is a program for a native runtime: a damaged one, or a window that nobody tried, ends the process that it runs
in, or never returns, or takes all memory. The process is spawned, never forked from one with threads; its memory is
limited, each run has a deadline, and what becomes of it is a reason like any other. `lives` says when it is started
again. A model that was refused, or given up, is looked at again when its file has changed.
"""

from __future__ import annotations

import logging
import math
import os
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import gateway
from gateway.errors import EscalationError, ModelDiedError
from gateway.escalate import frames
from gateway.escalate.inside import OPEN_S
from gateway.escalate.lives import PAUSES_S, Lives
from gateway.escalate.window import Said

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

log = logging.getLogger(__name__)

PROGRAM: Final = "gateway.escalate.inside"
MOST_REPLY_BYTES: Final = 1 << 22
"""A label and two numbers for each of a thousand windows are a tenth of it."""
_PIECE_BYTES: Final = 1 << 16
_LAST_S: Final = 5.0
"""For a process that has closed its pipes to be gone."""


class Apart:
    """A model that answers from its own process; asked by one thread, interrupted by any.

    Attributes:
        deaths: of its processes, since the gateway's start.
        model: its name; empty before the first answer.

    Args:
        path: of the model.
        threads: processors it may use.
        most_mb: memory it may take.
        run_s: longest time of a run.
        program: the module that is its process.
        pauses_s: see `lives`.
    """

    def __init__(
        self,
        path: Path,
        *,
        threads: int = 1,
        most_mb: int = 2048,
        run_s: float = 10.0,
        program: str = PROGRAM,
        pauses_s: tuple[float, ...] = PAUSES_S,
    ) -> None:
        self.deaths = 0
        self.model = ""
        self._path = path
        self._words = [program, *map(str, (path, threads, most_mb, run_s))]
        self._run_s = run_s
        self._lives = Lives(pauses_s=pauses_s)
        self._reason = ""
        self._is_refused = False
        self._version: object = None
        self._child: Child | None = None
        self._closing = False
        self._lock = threading.Lock()

    @property
    def pid(self) -> int | None:
        """Its process; None while there is none."""
        return self._child.pid if self._child is not None else None

    @property
    def trouble(self) -> str:
        """Why it does not answer now, for the operator; empty where it would. May be asked by any thread."""
        rests = self._is_refused or self._lives.are_over or time.monotonic() < self._lives.until_s
        return self._reason if rests else ""

    def answer(self, windows: npt.NDArray[np.float32]) -> Sequence[Said]:
        """Answer for each window; see `Engine`.

        Raises:
            ModelDiedError: its process did not survive them.
        """
        child = self._begun()
        try:
            told = child.ask({"shape": windows.shape}, memoryview(windows.tobytes()), self._run_s)
        except _GoneError as error:
            raise self._died(str(error)) from error
        self._lives = self._lives.answered()
        if "error" in told:
            raise EscalationError(str(told["error"]))
        return [Said(label=label, confidence=confidence, margin=margin) for label, confidence, margin in told["said"]]

    def _begun(self) -> Child:
        """Return its process, which has opened the model."""
        if self._child is not None:
            return self._child
        self._look()
        left_s = self._lives.until_s - time.monotonic()
        if self._is_refused or self._lives.are_over:
            raise EscalationError(self._reason)
        if left_s > 0:
            raise EscalationError(f"{self._reason}; it is started again in {math.ceil(left_s)} s")
        try:
            child = self._spawned()
            told = child.hear(OPEN_S)
        except (_GoneError, OSError) as error:
            raise self._died(str(error)) from error
        if "error" in told:
            raise self._refused(str(told["error"]))
        self.model = str(told["model"])
        return child

    def _spawned(self) -> Child:
        with self._lock:
            if self._closing:
                raise EscalationError("the gateway is about to leave")
            self._child = Child(self._words)
            return self._child

    def _look(self) -> None:
        """Forget what was held against a model whose file is another now."""
        version = [_version(each) for each in (self._path, self._path.with_suffix(".toml"))]
        if version != self._version:
            self._version, self._is_refused = version, False
            self._lives = self._lives.answered()

    def _let_go(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None

    def _refused(self, reason: str) -> EscalationError:
        """Note that the model cannot be opened, and return it as an error."""
        self._let_go()
        self._is_refused, self._reason = True, reason
        log.error("%s", reason)
        return EscalationError(reason)

    def _died(self, reason: str) -> ModelDiedError:
        """Note a death, and return it as an error."""
        self._let_go()
        self._lives = self._lives.died(time.monotonic())
        self._reason = f"the process of {self._path.name} {reason}"
        if self._closing:  # it was we who ended it
            return ModelDiedError(self._reason)
        self.deaths += 1
        if self._lives.are_over:
            self._reason += f", {self._lives.deaths} times in a row, and is given up until {self._path} is replaced"
            log.error("%s", self._reason)
        else:
            log.warning("%s; %d in a row", self._reason, self._lives.deaths)
        return ModelDiedError(self._reason)

    def interrupt(self) -> None:
        """End its process for good; whoever waits for an answer hears that there is none."""
        with self._lock:
            self._closing, child = True, self._child
        if child is not None:  # it may be gone by now, which hurts nobody
            child.kill()

    def close(self) -> None:
        """Let go of what is left of it, when nobody asks any more."""
        self.interrupt()
        self._let_go()


class _GoneError(Exception):
    """A process that is no more, or will not answer; says what became of it."""


class Child:
    """A process at the other end of two pipes.

    Attributes:
        pid: its number.

    Args:
        words: its module, and what it is told.
    """

    def __init__(self, words: Sequence[str]) -> None:
        root = str(Path(gateway.__file__).parents[1])  # the very code of this process, wherever that was started
        paths = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-P", "-X", "faulthandler", "-m", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": paths, "OPENBLAS_NUM_THREADS": "1"},
            start_new_session=True,
        )
        assert self._process.stdin, "as asked for"
        assert self._process.stdout, "alike"
        self.pid = self._process.pid
        self._to, self._from = self._process.stdin.fileno(), self._process.stdout.fileno()
        os.set_blocking(self._to, False)

    def ask(self, head: Mapping[str, object], numbers: memoryview, patience_s: float) -> Mapping[str, Any]:
        """Return what it answers.

        Raises:
            _GoneError: nothing.
        """
        ends_s = time.monotonic() + patience_s
        for piece in (memoryview(frames.frame(head, len(numbers))), numbers):
            self._tell(piece, ends_s)
        return self.hear(ends_s - time.monotonic())

    def hear(self, patience_s: float) -> Mapping[str, Any]:
        """Return what it says next; see `ask`."""
        ends_s = time.monotonic() + patience_s
        head_bytes, _ = frames.LENGTHS.unpack(self._take(frames.LENGTHS.size, ends_s))
        if head_bytes > MOST_REPLY_BYTES:
            raise _GoneError(f"answers {head_bytes} bytes")
        try:
            return frames.parsed(self._take(head_bytes, ends_s))
        except ValueError as error:
            raise _GoneError("answers no JSON") from error

    def _tell(self, piece: memoryview, ends_s: float) -> None:
        while piece:
            self._wait(self._to, select.POLLOUT, ends_s)
            try:
                piece = piece[os.write(self._to, piece[:_PIECE_BYTES]) :]
            except BrokenPipeError as error:
                raise _GoneError(self._fate()) from error

    def _take(self, size_bytes: int, ends_s: float) -> bytes:
        taken = bytearray()
        while len(taken) < size_bytes:
            self._wait(self._from, select.POLLIN, ends_s)
            piece = os.read(self._from, size_bytes - len(taken))
            if not piece:
                raise _GoneError(self._fate())
            taken += piece
        return bytes(taken)

    def _wait(self, descriptor: int, event: int, ends_s: float) -> None:
        poll = select.poll()
        poll.register(descriptor, event)
        if not poll.poll(max(0.0, ends_s - time.monotonic()) * 1000.0):
            raise _GoneError("took too long, and was ended")

    def _fate(self) -> str:
        """Say what became of a process that closed its pipes."""
        try:
            code = self._process.wait(_LAST_S)
        except subprocess.TimeoutExpired:
            return "says nothing more"
        return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def end(self) -> None:
        """End it, and let go of it."""
        self._process.kill()
        with self._process:  # closes its pipes, and waits for it
            pass


def _version(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
