"""Suspend through /sys/power, ended by an alarm: Documentation/admin-guide/pm/sleep-states.rst.

No Raspberry Pi can: its kernels are built without CONFIG_SUSPEND, and the firmware lacks its half. Such a kernel has no
/sys/power/state, or an empty one; both are a normal answer.
"""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING

from node.errors import HardwareError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from boards.sleeping import Alarm
    from boards.sleeping.tree import Tree
    from node.hal import Clock

log = logging.getLogger(__name__)

STATE = "sys/power/state"
VARIANT = "sys/power/mem_sleep"


class Suspend:
    """Suspends to RAM (`mem`) or to idle (`freeze`)."""

    def __init__(self, tree: Tree, alarm: Alarm, clock: Clock, *, word: str = "mem", variant: str = "") -> None:
        """Touch nothing yet.

        Args:
            tree: the kernel's files.
            alarm: who wakes.
            clock: goes on through suspend.
            word: what is written to `state`.
            variant: of `mem`: `deep` or `s2idle`; empty for the one that is set.
        """
        self._tree = tree
        self._alarm = alarm
        self._clock = clock
        self._word = word
        self._variant = variant

    def refusal(self) -> str:
        """Say why this machine cannot be suspended."""
        words = self._tree.read(STATE).split() if self._tree.has(STATE) else []
        if self._word not in words:
            return f"/{STATE} lists no {self._word}: this kernel cannot suspend that way"
        if self._variant and self._variant not in self._variants():
            return f"/{VARIANT} lists no {self._variant}"
        return self._alarm.refusal()

    def sleep(self, duration_s: float) -> float:
        """Suspend until the alarm, or until something else wakes the machine; returns the seconds slept.

        Raises:
            HardwareError: the alarm did not take, or the kernel refuses; EBUSY says that a wake-up is pending.
        """
        start_s = self._clock.monotonic_s()
        with self._chosen_variant():
            self._alarm.arm(duration_s)
            try:
                self._tree.write(STATE, self._word)  # returns once the machine is awake again
            finally:
                self._disarm()
        return self._clock.monotonic_s() - start_s

    def _disarm(self) -> None:
        """Take the alarm back; where that fails, what was slept is told all the same, or nobody would book it."""
        try:
            self._alarm.disarm()
        except HardwareError as error:
            log.warning("after a suspend: %s", error)

    def _variants(self) -> list[str]:
        return self._tree.read(VARIANT).replace("[", "").replace("]", "").split() if self._tree.has(VARIANT) else []

    @contextlib.contextmanager
    def _chosen_variant(self) -> Iterator[None]:
        """Suspend the way that was asked for, and put back the one that was set."""
        if not self._variant:
            yield
            return
        before = _chosen(self._tree.read(VARIANT))
        self._tree.write(VARIANT, self._variant)
        if _chosen(self._tree.read(VARIANT)) != self._variant:
            raise HardwareError(f"/{VARIANT}: {self._variant} was written and is not chosen")
        try:
            yield
        finally:
            self._tree.write(VARIANT, before)


def _chosen(text: str) -> str:
    """Return the word in brackets.

    >>> _chosen("s2idle [deep]")
    'deep'
    """
    return text.partition("[")[2].partition("]")[0]
