"""From a node's start to its end: cycle after cycle, the naps between them, and the halt that ends a process.

What one cycle does is the business of `node.cycle`, how deep a nap is that of `node.sleep`; here they take turns, until
the node is told to stop, a recording is over, or the machine goes down until its next deadline.
"""

from __future__ import annotations

import logging
import signal
import threading
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

from node.sense import EndOfData

if TYPE_CHECKING:
    from collections.abc import Iterator

    from node.cycle import Cycle
    from node.downlink import Downlink
    from node.energy.economy import Economy
    from node.hal import Ports
    from node.health import Health
    from node.memory import Memory
    from node.sleep.rest import Rest
    from node.sleep.tempo import Tempo
    from node.sleep.watchdog import Watchdog
    from node.telling import Telling
    from node.transmit.outbox import Outbox
    from node.transmit.uplink import Uplink
    from node.values import Nap

log = logging.getLogger(__name__)

LATE_MS: Final = 600_000
"""A halted machine that is back so much after its alarm had no power for it: boots take less."""


class House(Protocol):
    """What is lived in."""

    @property
    def ports(self) -> Ports:
        """The machine."""
        ...

    @property
    def health(self) -> Health:
        """Counters and reasons."""
        ...

    @property
    def memory(self) -> Memory:
        """What the last start left."""
        ...

    @property
    def forgets_nothing(self) -> bool:
        """Whether a halt loses nothing but what is on disk."""
        ...

    @property
    def watchdog(self) -> Watchdog:
        """Who is told that the node lives."""
        ...

    @property
    def opened_outbox(self) -> Outbox | None:
        """Where answers wait; None before the first one."""
        ...

    @property
    def uplink(self) -> Uplink:
        """How they leave; it naps on an open link."""
        ...

    @property
    def downlink(self) -> Downlink:
        """What the gateway asks of the node; it may keep it up."""
        ...

    def close(self, *, for_good: bool = True) -> None:
        """Close what is open and leave the state on disk."""
        ...


class Life:
    """Takes turns between waking and sleeping."""

    def __init__(
        self, house: House, cycle: Cycle, rest: Rest, tempo: Tempo, economy: Economy, telling: Telling
    ) -> None:
        """Do nothing yet.

        Args:
            house: what is lived in.
            cycle: a time awake.
            rest: a time asleep.
            tempo: how often they take turns.
            economy: who pays for both.
            telling: who is to know that the machine goes down.
        """
        self._house = house
        self._cycle = cycle
        self._rest = rest
        self._economy = economy
        self._telling = telling
        self._tempo = tempo
        self._clock = house.ports.clock
        self._halting: Nap | None = None
        self._stopping = self._lively = False

    def run(self, cycles: int | None) -> int:
        """Go round until told to stop, until `cycles` are done, or until a recording is over.

        Args:
            cycles: None for no end; 1 is a single wake, and what it counts is added to what earlier wakes counted.

        Returns:
            The exit code: 0, or 1 where the machine should have gone down and did not.
        """
        single, lived = cycles == 1, False
        with self._listening():  # first: who is stopped while it begins still puts the clocks back
            self._begin(single=single)
            self._house.watchdog.begin()
            try:
                lived = self._starts(single=single)
                if lived:
                    self._go_round(cycles)
            except EndOfData as end:
                log.info("the recording is over: %s", end)
            finally:
                self._house.watchdog.end()
                gone = self._halting is not None and self._halt(self._halting)
                self._house.close(for_good=lived and not single)
        return 0 if gone or self._halting is None else 1  # to be started again: it should have gone down

    def stop(self) -> None:
        """End after the current cycle; safe in a signal handler."""
        self._stopping = True
        self._house.uplink.wake()

    def _begin(self, *, single: bool) -> None:
        left = self._house.memory
        self._rest.recall(left.refused)
        goes_on = single or bool(left.halted)
        if goes_on:
            self._telling.go_on(left.counters)
            self._tempo.recall(left.tempo)
        self._economy.begin(single=goes_on, halted=left.halted)
        self._economy.set_clocks(self._house.health, self._tempo.steady_s)

    def _starts(self, *, single: bool) -> bool:
        """Wait, with all off that can be, until the battery bears a start; whether it did.

        Args:
            single: somebody else wakes the node: it ends instead of waiting.
        """
        means, browned_out = self._economy.means, self._was_cut_short()
        if means is not None:
            means.waits = self._house.memory.waits
        while means is not None and not self._stopping:
            start = means.start(browned_out=browned_out)
            if start.goes:
                self._house.health.well("battery")
                break
            self._house.health.lack("battery", start.reason)
            if single:
                return False
            self._sleep_until(self._clock.monotonic_s() + start.wait_s)
        return not self._stopping

    def _was_cut_short(self) -> bool:
        """Whether the last life ended without a goodbye, or was not back at its alarm."""
        left = self._house.memory
        return not left.ended or (left.alarm_ms is not None and self._clock.wall_ms() > left.alarm_ms + LATE_MS)

    def _go_round(self, cycles: int | None) -> None:
        self._lively = True
        done, due_s = 0, self._clock.monotonic_s()
        while not self._stopping:
            self._tempo.heed(self._cycle.run().outcome)
            if self._economy.means is not None:
                self._cycle.stage("sleep", self._economy.means.consider, self._house.health.counters)
            done += 1
            if done == cycles:
                break
            due_s = self._nap(due_s)

    def _nap(self, last_s: float) -> float:
        """Sleep until the next deadline, and return it."""
        due = self._tempo.due_after(last_s, self._clock.monotonic_s(), self._house.uplink.promised_s)
        self._house.health.counters["deadlines_skipped"] += due.skipped
        self._commit(due.at_s)
        self._sleep_until(due.at_s)
        return due.at_s

    def _sleep_until(self, at_s: float) -> None:
        """Sleep, or choose to go down."""
        self._house.watchdog.progress(at_s, self._telling.sentence)
        while not self._stopping:
            if self._lively and self._house.uplink.called:
                self._cycle.answer()
            if self._lively and self._keeps_vigil(at_s - self._clock.monotonic_s()):
                continue
            nap = self._rest.plan(at_s - self._clock.monotonic_s(), memory_is_on_disk=self._house.forgets_nothing)
            if nap.duration_s <= 0.0:
                break
            if self._rest.loses_memory(nap):
                self._halting, self._stopping = nap, True  # `run` goes down with it
                break
            self._economy.ledger.rest()
            slept_s = self._rest.nap(nap, self._house.uplink.nap)
            self._economy.slept(self._rest.as_slept(nap), slept_s, silent=self._rest.silences(nap.state))

    def _keeps_vigil(self, gap_s: float) -> bool:
        """Wait for a while with the link open, where the gateway has asked for that; whether it has."""
        downlink = self._house.downlink
        if gap_s <= 0.0 or downlink.vigil_s() <= 0.0:
            return False
        nap = downlink.vigil(gap_s, self._house.ports.board.states)
        self._economy.ledger.rest()
        slept_s = self._house.uplink.nap(nap)
        self._economy.slept(nap, slept_s, silent=False)
        if downlink.vigil_s() <= 0.0:
            self._cycle.answer()
        return True

    def _commit(self, until_s: float) -> None:
        """Put on disk what would outwait `outbox.group_s` asleep."""
        outbox = self._house.opened_outbox
        if outbox is not None and not outbox.trouble and outbox.due(until_s):
            self._cycle.stage("compress", outbox.commit)

    def _halt(self, nap: Nap) -> bool:
        """Book the nap, leave all on disk, and take the machine down; whether it goes."""
        self._telling.halting = nap.state
        self._telling.alarm_ms = self._clock.wall_ms() + round(nap.duration_s * 1000.0)
        if self._rest.halt(nap, [partial(self._economy.halts, nap), partial(self._house.close, for_good=False)]):
            return True
        self._economy.stays_up()
        self._telling.stay_up()
        return False

    @contextmanager
    def _listening(self) -> Iterator[None]:
        """Stop at SIGTERM and SIGINT; signals reach the main thread alone, and are given back after."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        numbers = (signal.SIGTERM, signal.SIGINT)
        before = {number: signal.signal(number, lambda *_: self.stop()) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
