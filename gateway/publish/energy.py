"""Where a node's joules went, by its newest health message: what was measured and what was modelled, apart. Pure.

A node counts from its start, and says beside it what its life drew: both only grow between two starts, so the newest
message holds all that earlier ones said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from node.wire.messages import Health

RATIOS: Final = (
    "inferences_per_joule",
    "network_mj_per_inference",
    "energy_uncertainty_mj",
    "latency_p50_ms",
    "latency_p95_ms",
)
"""Gauges that belong beside the joules, as the node computed them."""


def account(node: str, received_ms: int, message: Health) -> dict[str, object]:
    """Return one node's joules, for JSON.

    Args:
        node: whose.
        received_ms: when its message came, by the gateway's clock.
        message: the newest.

    Returns:
        Joules since the node's start, by stage and in all, and in its life; whose figures the modelled ones are
        (`board`); which `meter` the measured ones are from, what it counts and how well, or null.
    """
    measured_mj = sum(measured for measured, _ in message.energy_mj.values())
    modelled_mj = sum(modelled for _, modelled in message.energy_mj.values())
    life_mj = message.gauges.get("energy_life_mj")
    return {
        "node": node,
        "received_ms": received_ms,
        "uptime_s": message.uptime_s,
        "measured_j": _joules(measured_mj),
        "modelled_j": _joules(modelled_mj),
        "life_j": None if life_mj is None else _joules(life_mj),
        "stages": {
            stage: {"measured_j": _joules(measured), "modelled_j": _joules(modelled)}
            for stage, (measured, modelled) in sorted(message.energy_mj.items())
        },
        "meter": _meter(message),
        "board": message.info.get("board"),
    } | {name: message.gauges[name] for name in RATIOS if name in message.gauges}


def _meter(message: Health) -> dict[str, str | None] | None:
    if "meter" not in message.info and "meter_scope" not in message.info:
        return None
    told = {"name": "meter", "scope": "meter_scope", "quality": "meter_quality"}
    return {name: message.info.get(key) for name, key in told.items()}


def _joules(energy_mj: float) -> float:
    return round(energy_mj / 1000.0, 6)
