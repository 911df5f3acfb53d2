"""One server for all cases, and a trial for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conformance.tuf.trial import Trial, Web

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def web() -> Iterator[Web]:
    """A server, for as long as there are cases."""
    with Web() as web:
        yield web


@pytest.fixture
def trial(tmp_path: Path, web: Web, monkeypatch: pytest.MonkeyPatch) -> Trial:
    """A repository at its beginning, and a client that trusts it and asks no proxy for it."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return Trial(tmp_path, web)
