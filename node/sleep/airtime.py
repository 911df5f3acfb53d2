"""What the way to the network took (pure): joining it, what was carried, and when it must be joined anew.

A board's figures for joining hold the association, the address, TLS and MQTT. They are paid by the first connection
after the radio was off: at a start, after a state that silences it. A connection on a network that is still joined
pays for its packets and bytes alone, its handshakes among them, for the kernel counts those too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from node.hal import PowerState, Radio
    from node.values import Traffic


class Airtime:
    """Prices traffic, and remembers whether the network is joined."""

    def __init__(self, radio: Radio) -> None:
        """Start with the network to be joined: who was up before cannot be asked.

        Args:
            radio: whose figures.
        """
        self._radio = radio
        self.joined = False

    @property
    def idle_mw(self) -> float:
        """What being joined draws now; nothing before the first connection."""
        return self._radio.idle_mw if self.joined else 0.0

    def carried(self, new: Traffic) -> float:
        """Return what the newest traffic took in mJ, beyond a board that waits."""
        energy_mj = (
            new.packets * self._radio.packet_mj
            + new.sent_bytes * self._radio.sent_byte_mj
            + new.received_bytes * self._radio.received_byte_mj
        )
        if new.connections and not self.joined:
            self.joined = True
            energy_mj += self._radio.join.energy_mj
        return energy_mj

    def silence(self) -> None:
        """Be told that the radio was, or is about to be, off."""
        self.joined = False


def silent_states(states: Collection[PowerState], savings: Collection[str]) -> frozenset[str]:
    """Name the states in which the radio is off: all below `light`, and `light` itself where it saves Wi-Fi.

    Args:
        states: the board's.
        savings: what light sleep turns off, without what was refused.
    """
    awake = {"active", "idle"} if "wifi" in savings else {"active", "idle", "light"}
    return frozenset(each.name for each in states if each.name not in awake)
