"""The API against its own description: whatever the description allows is answered as the description says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings

from tests.gateway.serve.served import Served

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from schemathesis import Case

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis has no wheel for this Python")


def test_api_answers_whatever_its_description_allows_as_described(tmp_path: Path) -> None:
    """No status, body or media type that the description does not name, and never an error of the server.

    That a name of a setting is unknown, or both a node and a group are given, no description can say: these are 422.
    """
    with Served(tmp_path) as api:
        described = schemathesis.openapi.from_url(f"http://127.0.0.1:{api.port}/v1/openapi.json")
        beyond = [schemathesis.checks.CHECKS.get_one("positive_data_acceptance")]
        held = []
        for operation in (found.ok() for found in described.get_all_operations()):

            @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), database=None)
            @given(case=operation.as_strategy())
            def hold(case: Case[Any]) -> None:
                case.call_and_validate(headers={"Authorization": f"Bearer {api.token}"}, excluded_checks=beyond)

            hold()
            held.append(operation.label)
    assert "POST /v1/policies" in held
