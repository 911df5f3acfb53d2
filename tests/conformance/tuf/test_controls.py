"""Controls: a client that forgets one check believes what the cases here say that no client may believe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from tests.conformance.tuf.trial import ALL, BELOW_ROOT, ONLINE, Trial
from tools.attacks.credulous import MUTANTS
from tools.conformance.client import Client

if TYPE_CHECKING:
    from collections.abc import Callable

    from node.update.trust import Trust


def _credulous(mutant: str) -> type[Client]:
    kind = cast("type[Trust]", cast("Any", MUTANTS[mutant]).kind)

    class Credulous(Client):
        def _trust(self, root: bytes) -> Trust:
            return kind(self._home, root)

    return Credulous


def _unsigned(trial: Trial) -> None:
    trial.forge.signers["targets"].pop()
    trial.forge.publish(*BELOW_ROOT)


def _below_the_threshold(trial: Trial) -> None:
    trial.forge.root.roles["snapshot"].threshold = 2
    trial.forge.admit("snapshot")
    trial.forge.signers["snapshot"].pop()
    trial.forge.publish("root", *ONLINE)


def _signed_by_new_keys_alone(trial: Trial) -> None:
    trial.forge.renew("root")
    trial.forge.publish("root")


def _of_another_version(role: str) -> Callable[[Trial], None]:
    def publish(trial: Trial) -> None:
        trial.forge.publish(*ALL)
        trial.forge.said[role].version = 3
        trial.forge.served[f"2.{role}.json"] = trial.forge.signed(role)

    return publish


def _over(trial: Trial) -> None:
    trial.forge.expire("timestamp", -5)
    trial.forge.publish("timestamp")


CASES = {
    "signature": _unsigned,
    "threshold": _below_the_threshold,
    "successor": _signed_by_new_keys_alone,
    "snapshot": _of_another_version("snapshot"),
    "targets": _of_another_version("targets"),
    "time": _over,
}


@pytest.mark.parametrize("mutant", CASES)
def test_client_without_a_check_believes_what_the_client_does_not(trial: Trial, mutant: str) -> None:
    """The same repository, and both: it is that check that makes the difference."""
    CASES[mutant](trial)
    assert not trial.refresh()
    trial.kind = _credulous(mutant)
    assert trial.refresh()
