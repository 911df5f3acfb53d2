"""What the gateway asks of a node beyond how it lives: to stay up for a while, and to do something once.

The leases of `node.lease` and the commands of `node.commands`, put together. Neither is imported, and no file of
theirs is read, before the gateway has asked for one, or an earlier start has left its notes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol, cast

from node.options import Spec
from node.values import Nap

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from node.commands import Command
    from node.commands import House as Home
    from node.commands.keeper import Keeper as Commands
    from node.energy.means import Means
    from node.hal import PowerState
    from node.lease.keeper import Keeper as Lease
    from node.lease.options import Params
    from node.wire.messages import Desired

NOTES: Final = ("commands.json", "lease.json")
"""`FILE` of the two keepers."""
SLICE_S: Final = 30.0
"""How long a vigil goes on before the battery is looked at again, and a link that was lost is tried."""


class House(Protocol):
    """What is kept awake."""

    @property
    def folder(self) -> Path:
        """Where notes are kept."""
        ...

    @property
    def stays(self) -> bool:
        """Whether the process goes on after a wake."""
        ...


class Downlink:
    """Keeps the node up for a lease, and for what it was ordered to do."""

    def __init__(self, house: House, home: Home, means: Means | None) -> None:
        """Read nothing yet.

        Args:
            house: who is kept awake.
            home: what commands may use; the same node.
            means: knows the battery; None where nobody lives by it.
        """
        self._house = house
        self._home = home
        self._means = means
        self._lease: Lease | None = None
        self._commands: Commands | None = None
        self._looked = False

    def heed(self, desired: Desired | None) -> None:
        """Take up what the gateway wishes, and go on with what was begun."""
        if not self._looked or desired is not None:
            self._open(desired)
        if self._lease is not None:
            self._lease.params = self._limits()  # a policy may have raised the battery's reserve
            if desired is not None:
                self._lease.hear(desired)
        if self._commands is not None:
            if desired is not None:
                self._commands.hear(desired)
            self._commands.work()

    def vigil_s(self) -> float:
        """Look, and return the seconds for which the node has to stay up from now on; 0: it may sleep as it likes."""
        lease_s = self._lease.left_s() if self._lease is not None else 0.0
        if self._commands is None:
            return lease_s
        left_s = self._commands.left_s()
        return max(lease_s, left_s)

    def vigil(self, gap_s: float, states: Mapping[str, PowerState]) -> Nap:
        """Return how a gap is spent awake: with nothing saved, for a link that is open.

        Args:
            gap_s: until the next deadline.
            states: of the board.
        """
        state = states["light"]
        draw_mw = state.power_mw if state.otherwise_mw is None else state.otherwise_mw
        duration_s = min(gap_s, self.vigil_s(), SLICE_S)
        return Nap(
            state="light", duration_s=duration_s, energy_mj=draw_mw * duration_s, draw_mw=draw_mw, reason="a vigil"
        )

    @property
    def awake_until_ms(self) -> int:
        """The end of the lease that keeps the node up, by the wall clock; 0 for none."""
        return self._lease.until_ms if self._lease is not None else 0

    @property
    def commands(self) -> Mapping[int, str]:
        """What became of each command that is wished for, by id."""
        return self._commands.told if self._commands is not None else {}

    @property
    def findings(self) -> Mapping[str, str]:
        """What the newest command that looked around has found."""
        return self._commands.findings if self._commands is not None else {}

    @property
    def refused(self) -> dict[str, str]:
        """Why a lease is shorter than it was meant to be, or none; why no command is carried out."""
        told = dict(self._lease.told) if self._lease is not None else {}
        return told | (self._commands.refused if self._commands is not None else {})

    def close(self) -> None:
        """End what goes on."""
        if self._commands is not None:
            self._commands.close()

    def _open(self, desired: Desired | None) -> None:
        """Bring in whom there is something for."""
        self._looked = True
        ordered, leased = [(self._house.folder / name).exists() for name in NOTES]
        if self._commands is None and (ordered or (desired is not None and desired.commands)):
            self._commands = self._opened_commands()
        if self._lease is None and (leased or (desired is not None and desired.lease_until_ms)):
            self._lease = self._opened_lease()

    def _opened_commands(self) -> Commands:
        from node.commands.keeper import FILE, Keeper

        allowed = self._home.config.commands.allow
        return Keeper(allowed, self._house.folder / FILE, self._home.ports, self._built)

    def _built(self, name: str) -> Command:
        from node.commands import TABLE

        spec = self._home.config.commands.parts.get(name) or Spec(name, TABLE[name], None)
        return cast("Command", spec.build(self._home))

    def _opened_lease(self) -> Lease:
        from node.lease.keeper import FILE, Keeper

        return Keeper(self._limits(), self._house.folder / FILE, self._home.ports.clock, self._charge)

    def _limits(self) -> Params:
        """Return the hard limits: the reserve of a node that lives by its battery is one, and a wake that ends too."""
        from dataclasses import replace

        config = self._home.config
        limits = config.lease
        if config.energy is not None:
            limits = replace(limits, least_charge=max(limits.least_charge, config.energy.reserve))
        return limits if self._house.stays else replace(limits, most_s=0.0)

    def _charge(self) -> float | None:
        """Return what the battery holds for sure; nothing where the node lives by it and nobody knows."""
        return None if self._means is None else self._means.sure
