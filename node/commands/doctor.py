"""Looks the node over, as `torpor-node doctor` does, and tells the gateway what it found.

It reads the sensors that the node has open, and asks its engine to load what it answers with: nothing is opened twice.
A recording that plays loses a sample by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from node.commands import Begun
from node.options import option

if TYPE_CHECKING:
    from collections.abc import Iterable

    from node.commands import House
    from node.setup.doctor import Finding


MOST: Final = 60
LONGEST: Final = 200
"""Bytes of one finding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """`[commands.doctor]`."""

    most_bytes: int = option(
        "longest that all findings together may be, in bytes; the worst are told first", default=4096, least=256,
        most=16_384,
    )  # fmt: skip


class Doctor:
    """Finds, at once."""

    def __init__(self, params: Params, house: House) -> None:
        """Look at nothing yet; the arguments are what their names say."""
        self._params = params
        self._house = house

    def begin(self) -> Begun:
        """Look at everything."""
        from node.setup.doctor import look_over

        house = self._house
        findings = list(look_over(house.config, house.ports, {**house.sensors, **house.lookers}, lambda: house.engine))
        count = {mark: sum(each.mark == mark for each in findings) for mark in ("FAIL", "warn", "ok")}
        told = ", ".join(f"{number} {mark}" for mark, number in count.items() if number)
        return Begun(told=told, findings=bounded(findings, self._params.most_bytes))

    def end(self) -> None:
        """Nothing goes on."""


def bounded(findings: Iterable[Finding], most_bytes: int) -> dict[str, str]:
    """Return findings as they are told: the worst first, as many as fit (pure).

    Args:
        findings: in the order in which they were made; of two on one thing the worse is told.
        most_bytes: of keys and texts together.
    """
    told: dict[str, str] = {}
    size = 0
    for each in sorted(findings, key=lambda each: ("FAIL", "warn", "ok").index(each.mark)):
        text = f"{each.mark}: {each.told}".encode()[:LONGEST].decode(errors="ignore")
        size += len(each.what.encode()) + len(text.encode())
        if each.what in told:
            continue
        if size > most_bytes or len(told) >= MOST:
            break
        told[each.what] = text
    return told
