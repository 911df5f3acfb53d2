"""Nothing goes back, except where those who sign were replaced, and begin anew."""

from __future__ import annotations

import pytest

from tests.conformance.tuf.trial import BELOW_ROOT, ONLINE, Trial

HASHES = pytest.mark.parametrize("with_hashes", [False, True], ids=["basic", "with hashes"])


def test_timestamp_of_an_older_version_is_refused(trial: Trial) -> None:
    """Also where all that it names is as it was."""
    trial.forge.publish("timestamp")
    assert trial.refresh()
    trial.forge.publish("timestamp", version=1)
    assert not trial.refresh()
    assert trial.forge.asked[-1] == "timestamp.json"
    assert trial.believed["timestamp"] == 2


@HASHES
def test_timestamp_that_names_an_older_snapshot_is_refused(trial: Trial, *, with_hashes: bool) -> None:
    """Whatever its own version."""
    trial.forge.with_hashes = with_hashes
    trial.forge.publish(*ONLINE)
    assert trial.refresh()
    trial.forge.publish("snapshot", version=1)
    trial.forge.publish("timestamp")
    assert not trial.refresh()
    assert trial.forge.asked[-1] == "timestamp.json"
    assert (trial.believed["timestamp"], trial.believed["snapshot"]) == (2, 2)


@HASHES
def test_snapshot_that_names_older_targets_is_refused(trial: Trial, *, with_hashes: bool) -> None:
    """The one that was believed says what is older."""
    trial.forge.with_hashes = with_hashes
    trial.forge.publish(*BELOW_ROOT)
    assert trial.refresh()
    trial.forge.publish("targets", version=1)
    trial.forge.publish(*ONLINE)
    assert not trial.refresh()
    assert (trial.believed["snapshot"], trial.believed["targets"]) == (2, 2)


def test_snapshot_that_names_a_role_no_more_is_refused(trial: Trial) -> None:
    """What was there once is there still, or its keys were replaced."""
    trial.forge.delegate("targets", "delegated", ["delegatedpath/*"])
    trial.forge.publish("delegated", *BELOW_ROOT)
    assert trial.refresh()
    del trial.forge.snapshot.meta["delegated.json"]
    trial.forge.publish(*ONLINE)
    assert not trial.refresh()
    assert trial.believed["snapshot"] == 2


def test_targets_that_were_run_up_come_back_with_a_new_snapshot_key(trial: Trial) -> None:
    """What a thief counted up is forgotten with the key that listed it; roles may go with it."""
    trial.forge.delegate("targets", "delegated", ["delegatedpath/*"])
    trial.forge.publish("delegated")
    trial.forge.publish("targets", version=100)
    trial.forge.publish(*ONLINE)
    assert trial.refresh()
    assert trial.believed["targets"] == 100
    trial.forge.renew("snapshot")
    del trial.forge.snapshot.meta["delegated.json"]
    trial.forge.publish("root")
    trial.forge.publish("targets", version=1)
    trial.forge.publish(*ONLINE)
    assert trial.refresh()
    assert trial.believed["targets"] == 1


def test_snapshot_that_was_run_up_comes_back_with_new_online_keys(trial: Trial) -> None:
    """Both have to be new: the timestamp names it."""
    trial.forge.publish("snapshot", version=100)
    trial.forge.publish("timestamp")
    assert trial.refresh()
    assert trial.believed["snapshot"] == 100
    for role in ONLINE:
        trial.forge.renew(role)
    trial.forge.publish("root")
    trial.forge.publish("snapshot", version=1)
    trial.forge.publish("timestamp")
    assert trial.refresh()
    assert trial.believed["snapshot"] == 1


def test_timestamp_that_was_run_up_comes_back_with_a_new_key(trial: Trial) -> None:
    """It begins anew."""
    trial.forge.publish("timestamp", version=100)
    assert trial.refresh()
    assert trial.believed["timestamp"] == 100
    trial.forge.renew("timestamp")
    trial.forge.publish("root")
    trial.forge.publish("timestamp", version=1)
    assert trial.refresh()
    assert trial.believed["timestamp"] == 1
