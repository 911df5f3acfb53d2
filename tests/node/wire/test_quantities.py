"""Quantities: codes that never move."""

from __future__ import annotations

import hashlib
import re
from typing import Final

import pytest

from node.wire.quantities import CODES, NAMES, QUANTITIES, UNITS

RELEASED: Final = 79
"""How many names were released so far; raise it, and renew the digest, when you append."""
RELEASED_DIGEST: Final = "94232d15c0f6afde6dae1d39e89c518ecbf91e76236750a8fbc41553392cc29e"


def test_quantities_released_codes_never_move() -> None:
    """A code is for ever: the released names stand where they stood, and new ones only behind them."""
    assert len(NAMES) >= RELEASED
    assert hashlib.sha256("\n".join(NAMES[:RELEASED]).encode()).hexdigest() == RELEASED_DIGEST


def test_quantities_fit_one_byte() -> None:
    """Names are unique, and their codes leave the upper half of a byte to other uses."""
    assert len(CODES) == len(NAMES) == len(set(NAMES)) <= 128
    assert all(NAMES[code] == name for name, code in CODES.items())


@pytest.mark.parametrize("quantity", QUANTITIES, ids=lambda quantity: str(quantity.name))
def test_quantity_is_well_told(quantity: tuple[str, str, str]) -> None:
    """Every name can be a column, every unit is printable without spaces, every meaning says something."""
    name, unit, meaning = quantity
    assert re.fullmatch(r"[a-z0-9_]{1,32}", name)
    assert re.fullmatch(r"[!-~]{0,20}", unit)
    assert len(meaning) > 3
    assert UNITS[name] == unit
