"""Attacks on policies: each is refused, and each check is missed where it is forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools.attacks import policies

if TYPE_CHECKING:
    from tools.attacks.family import Attack

FAMILY = policies.family()


@pytest.mark.parametrize("attack", FAMILY.attacks, ids=lambda attack: attack.name)
def test_attack_on_the_product_is_refused_with_a_reason(attack: Attack) -> None:
    """Nothing comes through, and the operator hears why."""
    assert attack.strike("")


@pytest.mark.parametrize("mutant", FAMILY.mutants)
def test_mutant_lets_an_attack_in(mutant: str) -> None:
    """Negative control: each check is the only thing between some attack and the node."""
    assert any(not attack.strike(mutant) for attack in FAMILY.attacks)
