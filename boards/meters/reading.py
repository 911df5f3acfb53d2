"""The thin shell of every meter: ask, let a failure be a gap, hand on what the integral says."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from boards.meters.integral import Trapezoid
from node.errors import HardwareError
from node.hal import EnergyReading

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from boards.meters.integral import Counter
    from node.hal import Quality, Scope

log = logging.getLogger(__name__)


class Asked(ABC):
    """Counts the failures of a source, and warns at the first of each row; what never answered is just not there.

    Attributes:
        trouble: why the last reading failed; empty where it did not.
    """

    quality: ClassVar[Quality] = "measured"
    rate_hz: ClassVar[float | None] = None
    """Readings a second that its integral wants while the node works, unless the board's file says otherwise."""

    def __init__(self, clock_s: Callable[[], float], scope: Scope) -> None:
        """Start with no failures.

        Args:
            clock_s: monotonic, in seconds.
            scope: what the source counts.
        """
        self.scope = scope
        self.failures = 0
        self.trouble = ""
        self._clock_s = clock_s
        self._silent = True

    @abstractmethod
    def read(self) -> EnergyReading | None:
        """Read the energy since the start; None where the source did not answer."""

    def watch(self, *, closely: bool) -> None:
        """Be read when somebody reads; `watched.py` is for those that must be read more often."""
        del closely

    def _failed(self, error: Exception) -> None:
        self.failures += 1
        self.trouble = str(error)
        if not self._silent:
            log.warning("%s is silent, a gap: %s", type(self).__name__, error)
        self._silent = True

    def _answered(self) -> None:
        if self._silent:
            log.info("%s answers", type(self).__name__)
        self._silent = False
        self.trouble = ""

    def _say(self, energy_mj: float, covered_s: float, uncertainty_mj: float, *, counted: bool) -> EnergyReading:
        return EnergyReading(
            energy_mj=energy_mj,
            scope=self.scope,
            quality=self.quality,
            covered_s=covered_s,
            uncertainty_mj=uncertainty_mj,
            counted=counted,
        )


class Wattmeter(Asked):
    """A meter that is sampled: what lies between two readings is a straight line."""

    accuracy: ClassVar[float]
    """Gain error as a share."""
    rate_hz: ClassVar[float | None] = 2.0
    """Some between the ends of a transmission, which else is longer than a straight line tells of, and a gap."""
    resolution_mw: ClassVar[float] = 0.0
    """Smallest step."""

    def __init__(self, clock_s: Callable[[], float], scope: Scope) -> None:
        """Start at zero; the arguments are those of `Asked`."""
        super().__init__(clock_s, scope)
        self._integral = Trapezoid(accuracy=self.accuracy, resolution_mw=self.resolution_mw)

    @abstractmethod
    def power_mw(self) -> float:
        """Ask for the power now, in mW.

        Raises:
            HardwareError: it cannot be told.
            OSError: a file or a bus does not answer.
        """

    def read(self) -> EnergyReading | None:
        """Sample, and return the energy since the start; None is a gap."""
        try:
            power_mw = self.power_mw()
        except (HardwareError, OSError, ValueError) as error:
            self._integral.add(self._clock_s(), None)
            self._failed(error)
            return None
        self._answered()
        total = self._integral.add(self._clock_s(), power_mw)
        return self._say(total.energy_mj, total.covered_s, total.uncertainty_mj, counted=False)


class Joulemeter(Asked):
    """A meter that follows counts, one or several, which go on while nobody looks."""

    def __init__(self, clock_s: Callable[[], float], scope: Scope) -> None:
        """Start at the first counts; the arguments are those of `Asked`."""
        super().__init__(clock_s, scope)
        self._counters: dict[str, Counter] = {}

    @abstractmethod
    def counts_mj(self) -> Mapping[str, float]:
        """Ask for every count by name, in mJ.

        Returns:
            All of them; empty where the counts now tell of something else, such as of charging.

        Raises:
            HardwareError: one cannot be told.
            OSError: a file or a bus does not answer.
        """

    @abstractmethod
    def counter(self, name: str) -> Counter:
        """Make what follows the count of that name."""

    def read(self) -> EnergyReading | None:
        """Follow the counts, and return the energy since the start; None is a gap so far, and may be filled."""
        try:
            counts_mj = self.counts_mj()
        except (HardwareError, OSError, ValueError) as error:
            self._failed(error)
            return None
        self._answered()
        at_s = self._clock_s()
        if not counts_mj:
            for each in self._counters.values():
                each.forget(at_s)
            return None
        totals = [self._following(name).add(at_s, count_mj) for name, count_mj in counts_mj.items()]
        return self._say(
            sum(each.energy_mj for each in totals),
            min(each.covered_s for each in totals),
            sum(each.uncertainty_mj for each in totals),
            counted=True,
        )

    def _following(self, name: str) -> Counter:
        if name not in self._counters:
            self._counters[name] = self.counter(name)
        return self._counters[name]
