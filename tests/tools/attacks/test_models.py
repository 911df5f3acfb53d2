"""Attacks on models: each is refused, and each check is missed where it is forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools.attacks import deltas, models
from tools.attacks.updating import Node, victim
from tools.models.delta import delta

if TYPE_CHECKING:
    from tools.attacks.family import Attack

FAMILY = models.family()
BY_NAME = {attack.name: attack for attack in FAMILY.attacks}


def test_victim_runs_what_everybody_signed_who_should() -> None:
    """Negative control of every refusal: the same node, and a release that nobody attacks."""
    with victim(Node) as node:
        assert not node.hear(node.release(3))
        assert node.node.ran == ["digits@3"]


def test_victim_runs_what_an_honest_delta_leads_to() -> None:
    """Negative control of the deltas' refusals: the right one is followed, and the model itself not asked for."""
    with victim(Node) as node:
        assert deltas.by_delta(node, data=delta(deltas.OLD, deltas.NEW)) == "the signed model ran"
        assert (node.node.ran, node.node.wrong) == (["digits@3"], [])


@pytest.mark.parametrize("attack", FAMILY.attacks, ids=lambda attack: attack.name)
def test_attack_on_the_product_is_refused_with_a_reason(attack: Attack) -> None:
    """Nothing comes through, and the operator hears why."""
    assert attack.strike("")


@pytest.mark.parametrize("mutant", FAMILY.mutants)
def test_mutant_lets_in_the_attack_that_was_made_for_it(mutant: str) -> None:
    """Negative control: each check is the only thing between that attack and the node."""
    assert not BY_NAME[models.CAUGHT_BY[mutant]].strike(mutant)
