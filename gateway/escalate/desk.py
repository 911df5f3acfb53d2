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

from gateway.errors import EscalationError, ModelDiedError
from gateway.escalate.batcher import Batcher
from gateway.escalate.engine import Engine
from gateway.escalate.strikes import Strikes
from gateway.escalate.window import Answered
from node.wire.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    from gateway.escalate.window import Said, Unsure

    _Shown = dict[Unsure, npt.NDArray[np.float32]]
    _Ask = Callable[[npt.NDArray[np.float32]], tuple[str, Sequence[Said]]]

log = logging.getLogger(__name__)

_GOODBYE_S: Final = 5.0
FULL: Final = "too many windows wait at the gateway"
NO_MODEL: Final = "no model for this stream here (escalate.models)"
BARRED: Final = "ended the model's process lately, and nobody is asked about them for an hour"


class Resident(Engine, Protocol):
    """A model here; `gateway.escalate.apart` is one."""

    @property
    def trouble(self) -> str:
        """Why it does not answer, for the operator; empty where it does."""
        ...

    @property
    def deaths(self) -> int:
        """How often it took its process along."""
        ...

    def interrupt(self) -> None:
        """End it, from any thread; whoever waits for it hears that it has no answer."""
        ...

    def close(self) -> None:
        """Let go of what is left of it, when nobody asks any more."""
        ...


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
        engines: Mapping[str, Resident],
        remote: Remote | None,
        *,
        sure: float = 0.0,
        batch: tuple[int, float] = (32, 0.05),
        most: int = 1000,
    ) -> None:
        self._engines = engines
        self._remote = remote
        self._sure = sure
        self._strikes = Strikes()
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

    @property
    def deaths(self) -> int:
        """How often a model here took its process along."""
        return sum(each.deaths for each in self._engines.values())

    @property
    def trouble(self) -> str:
        """What keeps models here from answering, for the operator; empty where nothing does."""
        barred = [f"{stream} of {node} {BARRED}" for stream, node in self._strikes.barred(time.monotonic())]
        return "; ".join([*(each.trouble for each in self._engines.values() if each.trouble), *barred])

    def close(self) -> None:
        """End both threads; whoever still waits is let go of."""
        for each in self._engines.values():
            each.interrupt()
        self._here.close()
        for each in self._engines.values():
            each.close()
        if self._further is not None:
            self._further.close()
        if self._remote is not None:
            self._remote.close()

    def _locally(self, batch: list[Unsure]) -> None:
        """Answer a batch here, or pass it on."""
        engine, now_s = self._engines.get(batch[0].stream), time.monotonic()
        asked: _Shown = {}
        for each, numbers in self._read(batch).items():
            if engine is None:
                self._pass(Answered(unsure=each, by="", note=NO_MODEL))
            elif self._strikes.bars((each.stream, each.node), now_s):
                self._pass(Answered(unsure=each, by="", note=f"its windows {BARRED}"))
            else:
                asked[each] = numbers
        if engine is not None and asked:
            self._run(engine, asked)

    def _read(self, batch: list[Unsure]) -> _Shown:
        """Unpack windows; those that cannot be are nobody's to answer."""
        shown: _Shown = {}
        for each in batch:
            try:
                shown[each] = each.numbers()
            except (WireError, MemoryError) as error:
                self._done.append(Answered(unsure=each, by="", note=f"its window cannot be read: {error}"))
        return shown

    def _run(self, engine: Resident, shown: _Shown) -> None:
        """Ask the model here; a batch that it fails on is asked about one by one, so that one spoils it for nobody."""
        try:
            model, said = _asked(shown, lambda windows: _named(engine, windows))
        except EscalationError as error:
            if len(shown) > 1:
                for each, numbers in shown.items():
                    self._run(engine, {each: numbers})
                return
            (alone,) = shown
            if isinstance(error, ModelDiedError):
                self._strikes.add((alone.stream, alone.node), time.monotonic())
            self._pass(Answered(unsure=alone, by="", note=str(error)))
            return
        for each, answer in zip(shown, said, strict=True):
            found = Answered(unsure=each, by="gateway", model=model, said=answer)
            self._done.append(found) if answer.confidence >= self._sure else self._pass(found)

    def _pass(self, so_far: Answered) -> None:
        """Hand a window on to the cloud; where there is none, or no place, that is the end of it."""
        if self._further is None:
            self._done.append(so_far)
            return
        lost = self._further.put(replace(so_far.unsure, so_far=so_far))
        if lost is not None and lost.so_far is not None:
            self._done.append(_noted(lost.so_far, "too many wait for the cloud"))

    def _remotely(self, batch: list[Unsure]) -> None:
        remote, stream = self._remote, batch[0].stream
        assert remote, "else there is no queue for it"
        shown = self._read(batch)
        if not shown:
            return
        try:
            model, said = _asked(shown, lambda windows: remote.answer(stream, windows))
        except EscalationError as error:
            self._done += [_noted(each.so_far, str(error)) for each in shown if each.so_far]
            return
        self._done += [
            Answered(unsure=each, by="cloud", model=model, said=answer)
            for each, answer in zip(shown, said, strict=True)
        ]


def _named(engine: Engine, windows: npt.NDArray[np.float32]) -> tuple[str, Sequence[Said]]:
    """Ask a model here; its name is known once it has answered."""
    said = engine.answer(windows)
    return engine.model, said


def _asked(shown: _Shown, ask: _Ask) -> tuple[str, Sequence[Said]]:
    """Ask somebody; whatever goes wrong is a reason, for a thread that ends answers nobody any more.

    Raises:
        EscalationError: there is not an answer for each.
    """
    try:
        model, said = ask(np.stack(list(shown.values())))
    except EscalationError:
        raise
    except Exception as error:  # the boundary: whatever goes wrong, the thread that asks goes on
        log.exception("windows of %s were not asked about, by a fault of the gateway's", next(iter(shown)).stream)
        raise EscalationError(f"the gateway failed at it: {error!r}") from error
    if len(said) != len(shown):
        raise EscalationError(f"{len(said)} answers for {len(shown)} windows")
    return model, said


def _noted(so_far: Answered, reason: str) -> Answered:
    """Return the answer there is; where there is none, with one more reason why."""
    if so_far.said is not None:
        return so_far
    return replace(so_far, note=f"{so_far.note}; {reason}" if so_far.note else reason)
