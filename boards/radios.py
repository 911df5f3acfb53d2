"""A board's way to the network, as its node pays for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, get_args

from node.hal import Quality, Radio, Transition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from boards.fittings import Radio as Fitted

INTERFACES: Final = "sys/class/net"
BEST_FIRST: Final = get_args(Quality)


def find_radio(fitted: Sequence[Fitted], root: Path = Path("/")) -> Radio | None:
    """Return the first radio whose interface this machine has.

    Whether the broker is reached through it is not looked up: a board on a cable beside its Wi-Fi pays for Wi-Fi.

    Args:
        fitted: the board's, as its file names them.
        root: where `sys` is.

    Returns:
        The radio; None where none of them is there, for figures of an absent radio would be inventions.
    """
    return next((figures(each) for each in fitted if (root / INTERFACES / each.interface).exists()), None)


def figures(fitted: Fitted) -> Radio:
    """Return what a node is told of a radio; as little is known of it as of its least known figure."""
    session, traffic = fitted.session, fitted.traffic
    qualities: list[Quality] = [fitted.idle.quality, session.quality, traffic.quality]
    return Radio(
        name=fitted.interface,
        quality=max(qualities, key=BEST_FIRST.index),
        idle_mw=fitted.idle.power_mw,
        join=Transition(time_s=session.time_ms / 1000.0, energy_mj=session.energy_mj),
        packet_mj=traffic.packet_mj,
        sent_byte_mj=traffic.sent_byte_mj,
        received_byte_mj=traffic.received_byte_mj,
    )
