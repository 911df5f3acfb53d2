"""What the doctor finds of energy: meter, battery, radio, accelerators, and how deep this machine can sleep."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from node.errors import HardwareError
from node.hal import Bedding, Conditions
from node.memory import forgets_nothing
from node.setup.doctor import Finding
from node.sleep.planner import DEPTHS, MAX_NAP_S, dearer, obstacle, target_residency_s

if TYPE_CHECKING:
    from collections.abc import Iterator

    from node.config import Config
    from node.hal import Ports, PowerState

AWAKE: Final = frozenset({"active", "idle"})


def findings(config: Config, ports: Ports) -> Iterator[Finding]:
    """Look at everything that the household of joules depends on.

    Args:
        config: names the meter, and how deep the node may sleep.
        ports: the machine.
    """
    yield _meter(config, ports)
    yield _battery(config, ports)
    yield from _panel(config, ports)
    yield _radio(ports)
    yield from _accelerators(ports)
    yield from _sleep(config, ports)


def _meter(config: Config, ports: Ports) -> Finding:
    found = ports.open_meter(config.meter) if ports.open_meter else None
    reading = found.meter.read() if found and found.meter else None
    if found is None or reading is None:
        why = "".join(f"; {name}: {reason}" for name, reason in found.silent.items()) if found else ""
        return Finding(what="meter", mark="warn", told=f"none: joules are the board's figures{why}")
    passed = [name for name in found.silent if not config.meter or name != config.meter.name]
    told = f"{found.name} counts the {reading.scope} ({reading.quality})"
    told += f"; not here: {', '.join(passed)}" if passed else ""
    silent = found.silent.get(config.meter.name) if config.meter else None
    if config.meter and silent:
        return Finding(what="meter", mark="warn", told=f"{config.meter.name} is silent: {silent}; {told}")
    return Finding(what="meter", mark="ok", told=told)


def _battery(config: Config, ports: Ports) -> Finding:
    gauge = ports.open_gauge(config.meter) if ports.open_gauge else None
    reading = gauge.read() if gauge else None
    if reading is None and config.energy:
        counted = config.energy.counted_from
        how = "taken as empty: the node lives at its slowest" if counted is None else f"counted from {counted:.0%} on"
        return Finding(what="battery", mark="warn", told=f"no gauge here; its charge is {how}")
    if reading is None:
        return Finding(what="battery", mark="ok", told="no gauge here: its charge is not known")
    told = [] if reading.share is None else [f"{reading.share:.0%}"]
    told += [] if reading.cell_mv is None else [f"{reading.cell_mv:.0f} mV a cell"]
    return Finding(what="battery", mark="ok", told=", ".join(told))


def _panel(config: Config, ports: Ports) -> Iterator[Finding]:
    """Tell what the panel's meter sees now, where there is one."""
    if config.harvest is None or ports.open_panel is None:
        return
    try:
        power_mw = ports.open_panel(config.harvest).power_mw()
    except HardwareError as error:
        told = f"{config.harvest.name} is silent: {error}; the sun is learnt from the battery's balance"
        yield Finding(what="harvest", mark="warn", told=told)
    else:
        yield Finding(
            what="harvest", mark="ok", told=f"{config.harvest.name} sees {power_mw:.0f} mW from the panel now"
        )


def _radio(ports: Ports) -> Finding:
    radio = ports.open_radio() if ports.open_radio else None
    if radio is None:
        told = "none of those in the board's file is here: what it takes is not counted"
        return Finding(what="radio", mark="warn", told=told)
    told = f"{radio.name}: {radio.join.energy_mj:g} mJ and {radio.join.time_s:g} s to join, {radio.idle_mw:g} mW joined"
    traffic = f"{radio.packet_mj:g} mJ a packet, {1e3 * radio.sent_byte_mj:g} uJ a byte"
    return Finding(what="radio", mark="ok", told=f"{told}, {traffic} ({radio.quality})")


def _accelerators(ports: Ports) -> Iterator[Finding]:
    """Tell of each that is here, and what it draws beside the board."""
    for each in ports.find_accelerators() if ports.find_accelerators else ():
        rest = "" if each.rest_mw is None else f", {each.rest_mw:g} at rest"
        told = f"{each.name}: {each.busy_mw:g} mW while it infers{rest} ({each.quality}); driven by {each.runtime}"
        yield Finding(what="accelerator", mark="ok", told=". ".join(filter(None, (told, each.notes))))


def _sleep(config: Config, ports: Ports) -> Iterator[Finding]:
    """Say of every state that the board can sleep in whether it can be entered here, and from what gap on it pays."""
    sleep, states = config.sleep, ports.board.states
    bedding = Bedding(savings=sleep.savings, controller=sleep.controller, timer_s=sleep.timer_s)
    conditions = Conditions()
    try:
        if ports.open_bed:
            conditions = ports.open_bed(bedding).conditions(memory_is_on_disk=forgets_nothing(config))
    except HardwareError as error:
        yield Finding(what="sleep", mark="FAIL", told=str(error))
    ordered = sorted(states.values(), key=lambda state: DEPTHS.index(state.name))
    possible = [each for each in ordered if not obstacle(each, MAX_NAP_S, conditions, sleep.deepest)]
    for each in ordered:
        if each.name not in AWAKE:
            why_not = obstacle(each, MAX_NAP_S, conditions, sleep.deepest)
            told = f"not entered: {why_not}" if why_not else _pays(each, possible, conditions)
            counted_on = sleep.controller != "none" and "controller" in each.wake
            yield Finding(what=f"sleep {each.name}", mark="warn" if why_not and counted_on else "ok", told=told)


def _pays(state: PowerState, possible: list[PowerState], conditions: Conditions) -> str:
    told = f"{dearer(state, conditions) or f'{state.power_mw:g} mW'} ({state.quality})"
    residency_s = target_residency_s(state, possible[: possible.index(state)], conditions)
    return f"{told}, pays from {residency_s:.3g} s on" if math.isfinite(residency_s) else f"{told}, never pays here"
