"""Sections that are sound in themselves and do not go with one another: which is left out, and why (pure)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from node.config import Config
    from node.options import Spec
    from node.sleep.planner import Params as SleepParams


def discords(config: Config) -> Iterator[tuple[str, str, str]]:
    """Yield what must be left out: the field of `Config`, its section in the file, and the reason."""
    if config.alertness and (reason := _unsteady(config)):
        yield "alertness", "alertness", reason
    unliveable = _unliveable(config)
    if config.energy and unliveable:
        yield "energy", "energy", unliveable
    if config.harvest and (reason := _unmetered(config, config.harvest, unliveable)):
        yield "harvest", "harvest", reason
    chosen = config.policy or (config.energy and config.energy.adaptive and not unliveable)
    if config.lighter and not chosen:
        yield "lighter", "infer.lighter", "it answers while energy is short, which takes an adaptive [energy]"
    if config.preprocess and not config.start and "start" not in config.disabled:
        yield "preprocess", "preprocess", "it works on what [start] takes of a sample; give one, or leave this out"
    if config.cascade and config.infer.name in {"readings", "rules"}:
        yield "cascade", "cascade", "[infer] has no model, which alone can be unsure; give one, or leave this out"
    if config.update and config.infer.name != "tflite":
        yield "update", "update", 'it renews the model of [infer] part = "tflite"; give one, or leave this out'


def kept_link(config: Config) -> Iterator[tuple[str, str, SleepParams]]:
    """Yield what a node that keeps its link cannot do asleep: the option, the reason, and `[sleep]` without it so far.

    Whether the link is kept is the operator's to say, and no policy's: see `node.policy.overlay`.
    """
    if not config.transmit.stays_connected:
        return
    sleep = config.sleep
    why = "the link is kept through naps, for transmit.interval_s is below transmit.stay_connected_below_s: "
    if sleep.deepest != "light":
        sleep = replace(sleep, deepest="light")
        yield "sleep.deepest", why + "the node must stay up; leave this out, or lengthen the interval", sleep
    if "wifi" in sleep.savings:
        sleep = replace(sleep, savings=tuple(each for each in sleep.savings if each != "wifi"))
        yield (
            "sleep.savings",
            why + "take `wifi` off the list, `wifi_power_save` keeps it; or lengthen the interval",
            sleep,
        )


def _unsteady(config: Config) -> str:
    """Say why the period must be steady; empty where it need not be."""
    if config.gate.name == "always":
        return "the gate `always` never shuts, so the node would be fast for ever; give a [gate], or leave this out"
    if config.fills_windows:
        return "a window that fills from sample to sample needs a steady period; leave this out"
    return ""


def _unliveable(config: Config) -> str:
    """Say why a battery cannot be lived on; empty where it can, or need not."""
    if config.energy is None:
        return ""
    from node.energy.means import fitting  # a node without the section imports no controller

    try:
        fitting(config)
    except ValueError as error:
        return str(error)
    return ""


def _unmetered(config: Config, harvest: Spec, unliveable: str) -> str:
    """Say why the panel's meter cannot be one; empty where it can. Nothing may count the board's own draw as sun."""
    if config.energy is None or unliveable:
        return "it serves [energy]; give a sound one, or leave this out"
    place = _place(harvest)
    if not any(place):
        return "say which chip is at the panel by `device`, or which rail by `total` or `rails`"
    if config.meter and config.meter.name == harvest.name and place == _place(config.meter):
        return "[meter] names the same chip and rail; the panel needs one of its own"
    return ""


def _place(meter: Spec) -> tuple[object, ...]:
    """Return which chip and rail a meter is told to read."""
    return tuple(getattr(meter.params, each, None) for each in ("device", "total", "rails"))
