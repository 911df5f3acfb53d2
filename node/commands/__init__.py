"""One-shot commands: what the gateway orders a node to do, once each, with a word on how it went.

A command is one file with its `Params` and a line in TABLE; the operator names those that are allowed, `[commands]
allow`. `standing` is the pure memory of what was ordered and what became of it, `keeper` the thin effect: it writes a
command down before it begins it, so that none is carried out twice, whatever ends the node in the middle.

Whoever may write the node's `desired` may order what is allowed. So the parts that are allowed by default can do no
more than take a little energy and tell what the node knows anyway.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from node.config import Config
    from node.hal import Ports
    from node.infer import Engine
    from node.sense import Sensor
    from node.transmit.outbox import Outbox
    from node.transmit.uplink import Uplink

TABLE: Final = {
    "doctor": "node.commands.doctor:Doctor",
    "identify": "node.commands.identify:Identify",
    "raw": "node.commands.raw:Raw",
    "reboot": "node.commands.reboot:Reboot",
}


class House(Protocol):
    """What a command may use of the node."""

    @property
    def config(self) -> Config:
        """What it runs on."""
        ...

    @property
    def ports(self) -> Ports:
        """The machine."""
        ...

    @property
    def sensors(self) -> Mapping[str, Sensor]:
        """Those that every cycle reads, by name."""
        ...

    @property
    def lookers(self) -> Mapping[str, Sensor]:
        """Those that are read once the gate has opened."""
        ...

    @property
    def engine(self) -> Engine:
        """What answers."""
        ...

    @property
    def outbox(self) -> Outbox:
        """Where what is to be sent waits."""
        ...

    @property
    def uplink(self) -> Uplink:
        """How it leaves."""
        ...

    @property
    def up_s(self) -> float:
        """Seconds since the node's process started."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What a command did at its beginning.

    Attributes:
        goes_on_s: how long it goes on by itself, in seconds, while the node stays up; 0: it is done.
        told: more about it, for a person; empty for nothing.
        findings: what it found, by what was looked at.
    """

    goes_on_s: float = 0.0
    told: str = ""
    findings: Mapping[str, str] = field(default_factory=dict)


class Command(Protocol):
    """Something that a node does once; what it raises is why it failed."""

    def begin(self) -> Begun:
        """Do it, or begin it."""
        ...

    def end(self) -> None:
        """End what goes on, when its time is over, or the node stops."""
        ...
