"""What a node lets itself be asked: the wire's hard limits, made narrower by its own configuration (pure).

A setting that needs a section which this node does not have is no setting of it, and is told by that.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Final, cast

from node.wire.limits import HARD, Limit, Span, Words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from node.config import Config
    from node.options import Rule, Spec
    from node.policy.options import Params

MOST_ENERGY_S: Final = 3600.0
"""From sample to sample with an `[energy]`: the sun is learnt by the hour."""


def bounds(config: Config) -> dict[str, Limit]:
    """Return the limits of every setting that this node has.

    Args:
        config: as the operator wrote it, with a `[policy]`.
    """
    assert config.policy, "without the section nothing is asked"
    limits = {name: limit for name, limit in HARD.items() if not missing(config, name)}
    limits |= _rhythm(config, config.policy)
    if config.energy:
        most = config.energy.target - config.energy.margin
        limits["energy.reserve"] = _within(limits["energy.reserve"], config.policy.least_reserve, most)
    if "transmit.quiet_h" in limits:
        limits["transmit.quiet_h"] = _within(limits["transmit.quiet_h"], 0.0, config.policy.most_quiet_h)
    return limits | _gate(config.gate, config.policy.gate_factor)


def missing(config: Config, setting: str) -> str:
    """Say why this node does not have a setting that others have; empty where it has it."""
    section = setting.partition(".")[0]
    if setting == "infer.variant":
        return "" if config.lighter else "this node has no [infer.lighter]"
    if setting == "sleep.period_s" and config.fills_windows:
        return "a window fills from sample to sample: the model was trained at this period"
    if section.startswith("transmit") and "quiet" in setting and config.transmit.stays_connected:
        return "this node keeps its link, and a link that is kept is never quiet"
    if section == "gate":
        return "" if hasattr(config.gate.params, setting.partition(".")[2]) else f"the gate is {config.gate.name!r}"
    return "" if getattr(config, section, None) is not None else f"this node has no [{section}]"


def _rhythm(config: Config, params: Params) -> dict[str, Limit]:
    """Return the limits of period and interval; those of `[energy]` hold for policies as well."""
    energy = config.energy
    limits: dict[str, Limit] = {}
    if not config.fills_windows:
        least, most = params.fastest_s, params.slowest_s
        if energy:
            least, most = max(least, energy.fastest_s or 0.0), min(most, energy.slowest_s or MOST_ENERGY_S)
        limits["sleep.period_s"] = _within(HARD["sleep.period_s"], least, most)
    least, most = params.eager_s, params.patient_s
    if energy:
        least, most = max(least, energy.eager_s or 0.0), min(most, energy.patient_s or most)
    limits["transmit.interval_s"] = _within(HARD["transmit.interval_s"], least, most)
    return limits


def _within(limit: Limit, least: float, most: float) -> Limit:
    assert isinstance(limit, Span), "words have no order"
    low = min(max(limit.least, least), limit.most)
    return Span(low, max(min(limit.most, most), low), whole=limit.whole)


def _gate(spec: Spec, factor: float) -> dict[str, Limit]:
    """Return the limits of the gate: to be open always, and each of its numbers within a factor of the operator's."""
    limits: dict[str, Limit] = {"gate.part": Words(frozenset({"always", spec.name}))}
    params = spec.params
    for each in fields(params) if is_dataclass(params) else ():
        value = getattr(params, each.name)
        if isinstance(value, int | float) and not isinstance(value, bool) and f"gate.{each.name}" not in HARD:
            limits[f"gate.{each.name}"] = _around(value, factor, cast("Mapping[str, Rule]", each.metadata).get("rule"))
    return limits


def _around(value: float, factor: float, rule: Rule | None) -> Span:
    low, high = sorted((value / factor, value * factor))
    if rule is not None:
        low = low if rule.least is None else max(low, rule.least)
        high = high if rule.most is None else min(high, rule.most)
    return Span(low, high, whole=isinstance(value, int))
