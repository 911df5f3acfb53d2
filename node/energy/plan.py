"""What a configuration will cost: joules and bytes a day, and how long a battery lasts (pure).

Before a node has run, the figures are assumptions, and each says so. Once it has run, its own counters take their
place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from node.hal import Quality

if TYPE_CHECKING:
    from node.hal import PowerState, Radio

DAY_S: Final = 86_400.0
MJ_A_WH: Final = 3_600_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """How a node behaves in a cycle, and how well that is known.

    Attributes:
        awake_s: seconds awake a cycle, without transmitting.
        open_share: share of the samples that the gate lets through, 0 to 1.
        record_bytes: payload bytes on the air a record.
        session_s: seconds that a transmission takes, joining the network included where it does.
        joins: whether the network is joined anew for each.
        quality: `measured` from the node's own counters, or `estimate`.
    """

    awake_s: float
    open_share: float
    record_bytes: float
    session_s: float
    quality: Quality
    joins: bool = True


ASSUMED: Final = Habit(awake_s=0.05, open_share=1.0, record_bytes=24.0, session_s=5.0, quality="estimate")
"""A cycle of 50 ms, no help from the gate, two dozen bytes a record, five seconds for Wi-Fi, DHCP and TLS."""

JOINED_S: Final = 1.0
"""TCP, TLS and MQTT on a network that is joined already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """What the operator set.

    Attributes:
        period_s: from sample to sample; 0 is planned as 0.1.
        interval_s: from transmission to transmission.
        battery_wh: usable capacity; None where there is no battery.
    """

    period_s: float
    interval_s: float
    battery_wh: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A day's worth.

    Attributes:
        samples, records, transmissions: counts a day.
        bytes_a_day: payload on the air.
        energy_j: joules a day by what they are for.
        mean_mw: the same as a mean draw.
        battery_days: None without a battery.
        quality: of the habit behind it.
    """

    samples: float
    records: float
    transmissions: float
    bytes_a_day: float
    energy_j: Mapping[str, float]
    mean_mw: float
    battery_days: float | None
    quality: Quality


def plan(
    rhythm: Rhythm,
    habit: Habit,
    states: Mapping[str, PowerState],
    *,
    radio: Radio | None = None,
    nap_mw: float | None = None,
) -> Plan:
    """Add up a day.

    Args:
        rhythm: what was set.
        habit: how the node behaves.
        states: the board's; `active` is there always.
        radio: what its way to the network takes; None where nobody knows.
        nap_mw: mean draw of a gap as it would be slept, going and coming back included; None for light sleep's.
    """
    samples = DAY_S / (rhythm.period_s or 0.1)
    records = samples * habit.open_share
    transmissions = DAY_S / max(rhythm.interval_s, 1.0)
    cycles_s = min(samples * habit.awake_s, DAY_S)
    radio_s = min(transmissions * habit.session_s, DAY_S - cycles_s)
    light_mw = next(states[name].power_mw for name in ("light", "idle", "active") if name in states)
    active_mw = states["active"].power_mw
    waiting_mw = states.get("idle", states["active"]).power_mw
    air_j = 0.0 if radio is None else _air_mj(radio, habit, transmissions, records) / 1000.0
    energy_j = {
        "cycles": cycles_s * active_mw / 1000.0,
        "transmit": radio_s * waiting_mw / 1000.0 + air_j,
        "sleep": (DAY_S - cycles_s - radio_s) * (light_mw if nap_mw is None else nap_mw) / 1000.0,
    }
    total_j = sum(energy_j.values())
    return Plan(
        samples=samples,
        records=records,
        transmissions=transmissions,
        bytes_a_day=records * habit.record_bytes,
        energy_j=energy_j,
        mean_mw=total_j / DAY_S * 1000.0,
        battery_days=None if rhythm.battery_wh is None else rhythm.battery_wh * MJ_A_WH / (total_j * 1000.0),
        quality=habit.quality,
    )


def _air_mj(radio: Radio, habit: Habit, transmissions: float, records: float) -> float:
    """Return what the radio takes in a day: joining, one packet a transmission, and the payload."""
    joined_s = min(transmissions * habit.session_s, DAY_S) if habit.joins else DAY_S
    return (
        (transmissions if habit.joins else 1.0) * radio.join.energy_mj
        + joined_s * radio.idle_mw
        + transmissions * radio.packet_mj
        + records * habit.record_bytes * radio.sent_byte_mj
    )


def habit_of(seen: Mapping[str, object], *, stays_connected: bool, joins: bool = True) -> Habit:
    """Take a node's own counters for a habit, where it has run long enough to have one.

    Args:
        seen: its `health.json`; may be empty.
        stays_connected: the link is kept between transmissions.
        joins: the radio is off between them; it is not where the link is kept.
    """
    joins = joins and not stays_connected
    session_s = ASSUMED.session_s if joins else 0.0 if stays_connected else JOINED_S
    cycles, samples = _number(seen, "cycles"), _number(seen, "samples")
    records, transmissions = _number(seen, "records_receipted"), _number(seen, "transmissions")
    if cycles < 10.0 or not samples:
        return replace(ASSUMED, session_s=session_s, joins=joins)
    return Habit(
        awake_s=(_number(seen, "awake_s") - _number(seen, "transmit_s")) / cycles,
        open_share=1.0 - _number(seen, "gated_out") / samples,
        record_bytes=_number(seen, "bytes_published") / records if records else ASSUMED.record_bytes,
        session_s=_number(seen, "transmit_s") / transmissions if transmissions else session_s,
        quality="measured",
        joins=joins,
    )


def _number(seen: Mapping[str, object], name: str) -> float:
    value = seen.get(name, 0)
    return float(value) if isinstance(value, (int, float)) else 0.0
