"""The room, put together: what a node with `[update]` has more than others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from node.update.stand_in import StandIn
from node.update.updater import Means, Updater

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from node.hal import Ports
    from node.options import Spec
    from node.transmit.inbox import Inbox
    from node.update.line import Courier
    from node.update.params import Params


class Teller(Protocol):
    """Who knows, and tells."""

    def gauges(self) -> Mapping[str, float]:
        """How the battery stands; `battery_charge` where anybody knows."""
        ...

    def note(self, concern: str, reason: str) -> None:
        """Keep a reason for health; an empty one takes it back."""
        ...


class Room:
    """The updater and the stand-in, and what the rest of the node asks of them.

    Attributes:
        engine: whichever model answers now.
    """

    def __init__(
        self, params: Params, factory: Spec, folder: Path, ports: Ports, teller: Teller, counters: Counter[str]
    ) -> None:
        """Read where things stand.

        Args:
            params: what the operator set.
            factory: the configured engine.
            folder: where all that must survive is kept.
            ports: the machine.
            teller: knows the battery, and is told of a disk that refuses.
            counters: of the node's health.

        Raises:
            OSError: the disk has no place for it.
        """
        model = getattr(factory.params, "model", None)
        self._updater = Updater(params, folder / "update", ports.clock, ports.board.id, factory=model)
        self._updater.earliest_ms = ports.earliest_ms
        self.engine = StandIn(factory, self._updater)
        self._draw_mw = ports.board.states["active"].power_mw
        self._teller = teller
        self._counters = counters

    def told(self) -> tuple[str, Mapping[str, str]]:
        """Return what answers, and what becomes of the update."""
        return self.engine.name, self._updater.told()

    def errand(self, courier: Courier, inbox: Inbox) -> None:
        """Use an open link for what is missing.

        Args:
            courier: connected.
            inbox: what the gateway said, and pieces as they come.
        """
        if inbox.newest is not None:
            means = Means(draw_mw=self._draw_mw, charge=self._teller.gauges().get("battery_charge"))
            offer = inbox.newest.model
            self._guarded(lambda: self._updater.errand(offer, courier, inbox, means))

    def afterwards(self) -> None:
        """Do what waited for the link to be closed."""
        before = self._updater.detours
        self._guarded(self._updater.work)
        self._counters["update_detours"] += self._updater.detours - before

    def _guarded(self, step: Callable[[], None]) -> None:
        """Let no disk that refuses cost what is transmitted."""
        try:
            step()
        except OSError as error:
            self._teller.note("update", f"{error}; free the disk or replace it")
        else:
            self._teller.note("update", "")
