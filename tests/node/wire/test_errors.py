"""The reasons: a closed list, so that a counter by reason cannot be made to grow from outside."""

from __future__ import annotations

import ast
from typing import Final

import pytest

from node.wire.errors import REASONS, WireError
from tests.imports import sources

CALLS: Final = [
    (module, call)
    for module, path in sources("node", "gateway").items()
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "WireError"
]


def words(call: ast.Call) -> list[str]:
    """Return the reasons that a call may give; none where it passes on the reason of another error."""
    spoken = ast.walk(call.args[0])
    return [each.value for each in spoken if isinstance(each, ast.Constant) and isinstance(each.value, str)]


@pytest.mark.parametrize(("place", "call"), CALLS, ids=lambda part: part if isinstance(part, str) else "")
def test_reason_that_is_raised_stands_in_the_list(place: str, call: ast.Call) -> None:
    """Whoever keeps counters or writes the documentation finds every reason in one place."""
    assert set(words(call)) <= REASONS.keys(), f"{place}:{call.lineno}"


def test_reason_in_the_list_is_raised_somewhere() -> None:
    """The list holds nothing that cannot happen."""
    raised = {word for _, call in CALLS for word in words(call)}
    assert REASONS.keys() == raised


def test_error_says_reason_then_detail() -> None:
    """The reason leads, for people who read logs, and rides as an attribute for programs."""
    error = WireError("too-deep", "9 levels at byte 4")
    assert str(error) == "too-deep: 9 levels at byte 4"
    assert error.reason == "too-deep"
    assert str(WireError("tag")) == "tag"
