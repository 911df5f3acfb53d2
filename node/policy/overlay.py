"""A policy laid on a configuration (pure): the node's own limits first, then section by section.

What comes out is a configuration like any other, so that every part is built, checked and planned as if the operator
had written it; the file itself is never touched.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from node.config import Config
from node.discord import discords
from node.policy.bounds import bounds, missing
from node.sections import open_gate
from node.wire.limits import HARD, clamp

if TYPE_CHECKING:
    from node.wire.messages import Value  # noqa: TC004 - annotations only: importing it costs a cold wake 15 ms

ALWAYS: Final = "always"


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """A configuration under a policy.

    Attributes:
        config: to live by.
        settings: what of the policy is in force.
        told: by setting, what was changed or left out, and why.
    """

    config: Config
    settings: Mapping[str, Value]
    told: Mapping[str, str]


def laid(config: Config, settings: Mapping[str, Value]) -> Laid:
    """Lay settings on a configuration.

    Args:
        config: as the operator wrote it.
        settings: as they were signed.
    """
    if not settings:
        return Laid(config=config, settings={}, told={})
    done = clamp(settings, bounds(config))
    told = dict(done.told)
    for name in told.keys() & HARD.keys() - done.settings.keys():
        told[name] = missing(config, name) or told[name]
    under = _applied(config, done.settings)
    broken = _broken(under, config)
    if broken:
        return Laid(config=config, settings={}, told={**told, "policy": broken})
    return Laid(config=_left_out(under, told), settings=dict(done.settings), told=told)


def _applied(config: Config, settings: Mapping[str, Value]) -> Config:
    """Return the configuration with every setting in its place."""
    sections: dict[str, dict[str, Any]] = {}
    for name, value in settings.items():
        section, _, option = name.partition(".")
        sections.setdefault(section, {})[option] = value
    gate, variant = sections.pop("gate", {}), sections.pop("infer", {}).get("variant", "auto")
    kept = config.transmit.stays_connected
    changed: dict[str, Any] = {name: replace(getattr(config, name), **each) for name, each in sections.items()}
    if "transmit" in changed:  # whether the link is kept is the operator's: sleep and windows hang on it
        below_s = float("inf") if kept else 0.0
        changed["transmit"] = replace(changed["transmit"], stay_connected_below_s=below_s)
    return _varied(_wished(_gated(replace(config, **changed), gate), settings), str(variant))


def _gated(config: Config, options: Mapping[str, Any]) -> Config:
    numbers = {name: value for name, value in options.items() if name != "part"}
    if options.get("part") == ALWAYS != config.gate.name:
        return replace(config, gate=open_gate())
    if not numbers:
        return config
    params: Any = config.gate.params  # a dataclass, or there were no limits for its numbers
    return replace(config, gate=replace(config.gate, params=replace(params, **numbers)))


def _wished(config: Config, settings: Mapping[str, Value]) -> Config:
    """Let the controller of an `[energy]` take the policy's rhythm as the fastest; its slowest stays the operator's."""
    energy = config.energy
    if energy is None:
        return config
    if "sleep.period_s" in settings:
        energy = replace(energy, fastest_s=None)
    if "transmit.interval_s" in settings:
        energy = replace(energy, eager_s=None)
    return replace(config, energy=energy)


def _varied(config: Config, variant: str) -> Config:
    if variant == "lighter" and config.lighter:
        return replace(config, infer=config.lighter, lighter=None)
    return replace(config, lighter=None) if variant == "usual" else config


def _broken(under: Config, config: Config) -> str:
    """Say why a node cannot live so: a policy never costs it its battery's guard."""
    lost = [reason for part, _, reason in discords(under) if part == "energy" and config.energy]
    return f"left out as a whole: {lost[0]}" if lost else ""


def _left_out(under: Config, told: dict[str, str]) -> Config:
    """Leave out what does not go with the policy for as long as it is in force."""
    for part, section, reason in list(discords(under)):
        told[section] = reason
        under = replace(under, **{part: None})  # type: ignore[arg-type]  # a section that may be absent
    return under
