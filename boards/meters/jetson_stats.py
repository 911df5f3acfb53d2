"""What jetson-stats says, where it is installed: its service reads the rails for everybody who asks.

jtop is imported at the first reading, and only then: it starts a thread and talks to a daemon.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol, cast

from boards.meters.rails import whole_mw
from boards.meters.reading import Wattmeter
from node.errors import HardwareError
from node.hal import Scope
from node.options import option
from node.parts import load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from boards.meters import Machine

    Rail = Mapping[str, object]


class _Client(Protocol):
    """What is used of `jtop.jtop`."""

    power: Mapping[str, object]

    def start(self) -> None:
        """Connect, and follow the service; once, for it is a thread."""
        ...

    def ok(self, *, spin: bool) -> bool:
        """Whether it still follows; `spin` asks without waiting for news."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """What the rails are."""

    scope: Scope = option("what the total is; a sum of rails is always `rails`", default="module")
    total: str = option("label of the rail that is the whole; empty for what jtop takes for it", default="")


class Jtop:
    """The service's client, connected when it is first asked, and anew after it failed."""

    def __init__(self) -> None:
        """Import nothing."""
        self._client: _Client | None = None

    def rails_mw(self) -> dict[str, float]:
        """Return the power of every rail, that of the total among them.

        Raises:
            HardwareError: jetson-stats is not installed, its service does not run, or it knows no rails.
        """
        try:
            make, refusal = load("jtop:jtop"), cast("type[Exception]", load("jtop:JtopException"))
        except ImportError as error:
            raise HardwareError("jetson-stats is not installed") from error
        client, self._client = self._client, None
        try:
            if client is None:
                client = cast("_Client", make())
                client.start()
            power, follows = client.power, client.ok(spin=True)
        except (refusal, OSError, EOFError) as error:
            raise HardwareError(f"jetson-stats does not answer: {error}; is its service running?") from error
        if not follows:
            raise HardwareError("jetson-stats: the service went away; what its client still says is old")
        self._client = client
        return _rails_mw(power)


def _rails_mw(power: Mapping[str, object]) -> dict[str, float]:
    """Put the total back among the rails: jtop took it off and noted its name; without one it has added them up."""
    total, rails = cast("Rail", power.get("tot", {})), cast("Mapping[str, Rail]", power.get("rail", {}))
    whole = {str(total["name"]): total} if "name" in total else {}
    return {name: float(str(each["power"])) for name, each in {**rails, **whole}.items() if "power" in each}


class JetsonStats(Wattmeter):
    """The total of jtop, or the sum of its rails."""

    accuracy: ClassVar[float] = 0.02  # it reads the same INA3221
    resolution_mw: ClassVar[float] = 20.0

    def __init__(self, params: Params, machine: Machine) -> None:
        """Keep what is wanted; nothing is imported yet."""
        super().__init__(machine.clock_s, params.scope)
        self._params = params
        self._jtop = Jtop()

    def power_mw(self) -> float:
        """Ask the service."""
        power_mw, whole = whole_mw(self._jtop.rails_mw(), total=self._params.total)
        self.scope = self._params.scope if whole else "rails"
        return power_mw
