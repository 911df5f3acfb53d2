"""How the gateway fares at its edges, and when that is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gateway.condition import ALARM_S, DROPPED, EVERY_S, Condition

if TYPE_CHECKING:
    from collections.abc import Mapping

LINK: Mapping[str, int] = {"connects": 1}


def told(condition: Condition, now_s: float) -> dict[str, object] | None:
    """Return the status, where one is due."""
    due = condition.due(LINK, now_s)
    if not due:
        return None
    (status,) = due
    assert (status.topic, status.retain) == ("torpor/1/site/_/status", True)
    found = json.loads(status.payload)
    assert isinstance(found, dict)
    return found


def test_condition_is_told_once_and_when_it_changes() -> None:
    """With the link's counters beside its own, and not again while all is as it was."""
    condition = Condition("site")
    assert told(condition, 0.0) == {
        "site": "site", "state": "ready", "reasons": {}, "refusals": 0, "broker_dropped": 0, "connects": 1
    }  # fmt: skip
    assert told(condition, 100.0) is None
    assert condition.due(LINK, 100.0, anew=True), "a broker that lost it has it again"


def test_condition_of_a_disk_that_refuses_is_counted_and_told_at_most_every_few_seconds() -> None:
    """Each attempt counts; the reason stands until the disk takes what comes."""
    condition = Condition("site")
    told(condition, 0.0)
    condition.refused("gateway.db: disk is full")
    assert told(condition, EVERY_S / 2) is None
    condition.refused("gateway.db: disk is full")
    status = told(condition, EVERY_S)
    assert status
    assert (status["refusals"], status["reasons"]) == (2, {"store": "gateway.db: disk is full"})
    condition.taken()
    status = told(condition, 2 * EVERY_S)
    assert status
    assert (status["refusals"], status["reasons"]) == (2, {})


def test_condition_of_a_model_that_is_given_up_is_told() -> None:
    """For as long as it is so."""
    condition = Condition("site")
    told(condition, 0.0)
    condition.escalation = "the process of large.tflite was ended by SIGSEGV"
    status = told(condition, EVERY_S)
    assert status
    assert status["reasons"] == {"escalate": "the process of large.tflite was ended by SIGSEGV"}
    condition.escalation = ""
    status = told(condition, 2 * EVERY_S)
    assert status
    assert status["reasons"] == {}


def test_condition_of_signatures_that_end_is_told() -> None:
    """Until they are renewed."""
    condition = Condition("site")
    told(condition, 0.0)
    condition.models = "timestamp ends 2026-12-01"
    status = told(condition, EVERY_S)
    assert status
    assert status["reasons"] == {"models": "timestamp ends 2026-12-01"}
    condition.models = ""
    status = told(condition, 2 * EVERY_S)
    assert status
    assert status["reasons"] == {}


def test_condition_of_a_broker_that_drops_counts_what_is_new(caplog: pytest.LogCaptureFixture) -> None:
    """The broker tells the sum since its start; started again, it begins anew."""
    condition = Condition("site")
    for total in (b"0", b"150", b"150", b"170", b"30"):
        condition.hear(DROPPED, total, 0.0)
    assert condition.counters["broker_dropped"] == 200
    assert [record.message.split(" messages")[0] for record in caplog.records] == [
        f"the broker dropped {new}" for new in (150, 20, 30)
    ]


def test_condition_forgets_the_alarm_and_keeps_the_count() -> None:
    """The reason is for who looks now; a broker that dropped nothing since is well again."""
    condition = Condition("site")
    condition.hear(DROPPED, b"150", 0.0)
    status = told(condition, 1.0)
    assert status
    assert "it dropped 150 messages" in str(status["reasons"])
    status = told(condition, 1.0 + ALARM_S)
    assert status
    assert (status["reasons"], status["broker_dropped"]) == ({}, 150)


@pytest.mark.parametrize(("topic", "payload"), [(DROPPED, b""), (DROPPED, b"-1"), (DROPPED, b"x"), ("$SYS/y", b"7")])
def test_condition_does_not_believe_what_is_no_count(topic: str, payload: bytes) -> None:
    """What else the broker says of itself changes nothing."""
    condition = Condition("site")
    condition.hear(topic, payload, 0.0)
    assert condition.counters["broker_dropped"] == 0
