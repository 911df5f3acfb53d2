"""Desk: two threads that ask, first the model here and then the one in the cloud; nobody waits for them.

`ask` puts a window into a bounded queue, `answered` hands over what is done. A slow cloud makes nobody else slow: its
thread has a queue of its own, as long as the first one.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from gateway.errors import EscalationError
from gateway.escalate.batcher import Batcher
from gateway.escalate.window import Answered

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    from gateway.escalate.engine import Engine
    from gateway.escalate.window import Said, Unsure

    _Ask = Callable[[npt.NDArray[np.float32]], tuple[str, Sequence[Said]]]

log = logging.getLogger(__name__)

_GOODBYE_S: Final = 5.0
FULL: Final = "too many windows wait at the gateway"


class _Nobody:
    """The model of a stream that there is none for."""

    model = ""

    def answer(self, windows: npt.NDArray[np.float32]) -> Sequence[Said]:  # noqa: ARG002 - it has no answer to any
        raise EscalationError("no model for this stream here (escalate.models)")


_NOBODY: Final = _Nobody()


class Remote(Protocol):
    """Who is asked last; `gateway.escalate.cloud` is one."""

    def answer(self, stream: str, windows: npt.NDArray[np.float32]) -> tuple[str, Sequence[Said]]:
        """Answer, or raise EscalationError."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


class Queue:
    """Windows that wait for a thread, gathered into batches.

    Args:
        batcher: how they are gathered.
        most: that may wait, those at hand included.
        work: does a batch; what it raises is its own to know.
        name: of the thread.
    """

    def __init__(self, batcher: Batcher, most: int, work: Callable[[list[Unsure]], None], name: str) -> None:
        self._batcher = batcher
        self._most = most
        self._work = work
        self._changed = threading.Condition()
        self._closing = False
        self._at_hand = 0
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def put(self, unsure: Unsure) -> Unsure | None:
        """Take a window in; returns the one that has no place, which may be this one or another node's."""
        with self._changed:
            if self._closing:
                return unsure
            lost = self._batcher.add(unsure, time.monotonic(), self._most - self._at_hand)
            self._changed.notify()
        return lost

    def close(self) -> None:
        """End the thread after the batch that it is at; what waits is let go of."""
        with self._changed:
            self._closing = True
            self._batcher.all()
            self._changed.notify()
        self._thread.join(_GOODBYE_S)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._closing and not self._is_due():
                    next_s = self._batcher.next_s()
                    self._changed.wait(None if next_s is None else max(next_s - time.monotonic(), 0.0))
                if self._closing:
                    return
                batch = self._batcher.due(time.monotonic())  # one: who comes meanwhile has a turn in the next
                self._at_hand = len(batch)
            self._work(batch)
            with self._changed:
                self._at_hand = 0

    def _is_due(self) -> bool:
        next_s = self._batcher.next_s()
        return next_s is not None and next_s <= time.monotonic()


class Desk:
    """Asks whom there is to ask.

    Args:
        engines: the models here, by stream.
        remote: who is asked where these have no answer; None for nobody.
        sure: an answer of less confidence is asked further, where there is somebody.
        batch: windows of one run, and the deadline of the first of them in seconds.
        most: windows that may wait, for each of the two.
    """

    def __init__(
        self,
        engines: Mapping[str, Engine],
        remote: Remote | None,
        *,
        sure: float = 0.0,
        batch: tuple[int, float] = (32, 0.05),
        most: int = 1000,
    ) -> None:
        self._engines = engines
        self._remote = remote
        self._sure = sure
        self._done: deque[Answered] = deque()
        self._further = Queue(Batcher(*batch), most, self._remotely, "cloud") if remote else None
        self._here = Queue(Batcher(*batch), most, self._locally, "escalate")

    def ask(self, unsure: Unsure) -> None:
        """Have a window answered some time; where too many wait, that is the answer of whoever has the most."""
        lost = self._here.put(unsure)
        if lost is not None:
            self._done.append(Answered(unsure=lost, by="", note=FULL))

    def answered(self) -> list[Answered]:
        """Hand over what is done, in order."""
        done = []
        while self._done:
            done.append(self._done.popleft())
        return done

    def close(self) -> None:
        """Let go of what waits, and end both threads."""
        self._here.close()
        if self._further is not None and self._remote is not None:
            self._further.close()
            self._remote.close()

    def _locally(self, batch: list[Unsure]) -> None:
        """Ask the model here; what it has no answer for, or is not sure of, goes further.

        Windows that failed together are asked about one by one: one that no model bears must not cost others theirs.
        """
        engine = self._engines.get(batch[0].stream, _NOBODY)

        def ask(windows: npt.NDArray[np.float32]) -> tuple[str, Sequence[Said]]:
            said = engine.answer(windows)
            return engine.model, said  # which a late one has only now

        try:
            model, said = _asked(batch, ask)
        except EscalationError as error:
            if len(batch) > 1:
                for each in batch:
                    self._locally([each])
            else:
                self._pass(Answered(unsure=batch[0], by="", note=str(error)))
            return
        for each, answer in zip(batch, said, strict=True):
            found = Answered(unsure=each, by="gateway", model=model, said=answer)
            self._done.append(found) if answer.confidence >= self._sure else self._pass(found)

    def _pass(self, so_far: Answered) -> None:
        """Hand a window on to the cloud; where there is none, or no place, that is the end of it."""
        if self._further is None:
            self._done.append(so_far)
        else:
            lost = self._further.put(replace(so_far.unsure, so_far=so_far))
            if lost is not None and lost.so_far is not None:
                self._done.append(_noted(lost.so_far, "too many wait for the cloud"))

    def _remotely(self, batch: list[Unsure]) -> None:
        remote, stream = self._remote, batch[0].stream
        assert remote, "else there is no queue for it"
        try:
            model, said = _asked(batch, lambda windows: remote.answer(stream, windows))
        except EscalationError as error:
            self._done += [_noted(each.so_far, str(error)) for each in batch if each.so_far]
            return
        self._done += [
            Answered(unsure=each, by="cloud", model=model, said=answer)
            for each, answer in zip(batch, said, strict=True)
        ]


def _asked(batch: Sequence[Unsure], ask: _Ask) -> tuple[str, Sequence[Said]]:
    """Ask somebody; whatever goes wrong is a reason, for a thread that ends answers nobody any more.

    Raises:
        EscalationError: there is not an answer for each.
    """
    try:
        model, said = ask(np.stack([each.data for each in batch]))
    except EscalationError:
        raise
    except Exception as error:  # the boundary: whatever goes wrong, the thread that asks goes on
        log.exception("windows of %s were not asked about, by a fault of the gateway's", batch[0].stream)
        raise EscalationError(f"the gateway failed at it: {error!r}") from error
    if len(said) != len(batch):
        raise EscalationError(f"{len(said)} answers for {len(batch)} windows")
    return model, said


def _noted(so_far: Answered, reason: str) -> Answered:
    """Return the answer there is; where there is none, with one more reason why."""
    if so_far.said is not None:
        return so_far
    return replace(so_far, note=f"{so_far.note}; {reason}" if so_far.note else reason)
