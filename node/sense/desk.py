"""What the sensors give at a desk, where no device is: the recordings play, the others are left alone."""

from __future__ import annotations

from contextlib import closing, suppress
from typing import TYPE_CHECKING, cast

from node.errors import TorporError
from node.parts import load
from node.sense import EndOfData

if TYPE_CHECKING:
    from collections.abc import Iterable

    from node.hal import Ports
    from node.options import Spec
    from node.sense import Sensor
    from node.values import Block


def recorded(specs: Iterable[Spec], ports: Ports) -> dict[str, Block]:
    """Return the blocks of those sensors that wait for no device; one that cannot be read gives none."""
    blocks: dict[str, Block] = {}
    for spec in specs:
        with suppress(TorporError, OSError, EndOfData, ImportError):
            if getattr(load(spec.target), "instant", False):
                with closing(cast("Sensor", spec.build(ports))) as sensor:
                    blocks |= sensor.read().blocks
    return blocks
