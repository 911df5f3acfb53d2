"""What is over is not believed, and stops nobody from fetching what is not."""

from __future__ import annotations

from tests.conformance.tuf.trial import BELOW_ROOT, ONLINE, Trial


def test_clock_that_is_moved_on_reaches_the_client(trial: Trial) -> None:
    """Control of all below: the time that a trial tells is the time that the client goes by."""
    trial.forge.expire("root", 7)
    trial.forge.publish("root")
    assert trial.refresh()
    assert not trial.refresh(days=8)


def test_root_that_is_over_is_kept_and_nothing_is_believed_under_it(trial: Trial) -> None:
    """It may name newer keys, and has to be known for that; specification 5.3.10."""
    assert trial.refresh()
    trial.forge.publish("root")
    assert trial.refresh()
    trial.forge.expire("root", -1)
    trial.forge.publish("root", *BELOW_ROOT)
    assert not trial.refresh()
    assert trial.believed == {"root": 3, "targets": 1, "snapshot": 1, "timestamp": 1}


def test_timestamp_that_is_over_is_refused(trial: Trial) -> None:
    """Also where it is newer."""
    assert trial.refresh()
    trial.forge.expire("timestamp", -5)
    trial.forge.publish("timestamp")
    assert not trial.refresh()
    assert trial.believed == {"root": 1, "targets": 1, "snapshot": 1, "timestamp": 1}


def test_snapshot_that_is_over_is_refused(trial: Trial) -> None:
    """Also where its timestamp is not."""
    assert trial.refresh()
    trial.forge.expire("snapshot", -5)
    trial.forge.publish(*ONLINE)
    assert not trial.refresh()
    assert trial.believed == {"root": 1, "targets": 1, "snapshot": 1, "timestamp": 2}


def test_targets_that_are_over_are_refused(trial: Trial) -> None:
    """Also where all above them is not."""
    assert trial.refresh()
    trial.forge.expire("targets", -5)
    trial.forge.publish(*BELOW_ROOT)
    assert not trial.refresh()
    assert trial.believed == {"root": 1, "targets": 1, "snapshot": 2, "timestamp": 2}


def test_local_root_that_is_over_gives_way_to_the_next(trial: Trial) -> None:
    """A client that slept through its root's end comes back."""
    trial.forge.expire("root", 7)
    trial.forge.publish("root")
    assert trial.refresh()
    trial.forge.expire("root", 21)
    trial.forge.publish("root")
    assert trial.refresh(days=18)
    assert trial.believed["root"] == 3


def test_local_timestamp_that_is_over_gives_way_to_the_next(trial: Trial) -> None:
    """And still holds the next one to its version."""
    trial.forge.expire("timestamp", 7)
    trial.forge.publish("timestamp")
    assert trial.refresh()
    trial.forge.expire("timestamp", 21)
    trial.forge.publish(*BELOW_ROOT)
    assert trial.refresh(days=18)
    assert trial.believed == {"root": 1, "targets": 2, "snapshot": 2, "timestamp": 3}
