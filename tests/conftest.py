"""What holds for every test: repeatable properties, and long or wired tests only for those who ask."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Iterable

ASKED: Final = {
    "slow": "the long form; run it with: tools/test -m slow",
    "hardware": "needs the board; run it there with: tools/test -m hardware",
}

# On a machine that nobody watches, a property test tries the same examples every time: a red build can be run again.
# On a desk it looks for new ones. Deadlines measure the machine, not the code.
settings.register_profile("desk", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "desk")


def pytest_collection_modifyitems(config: pytest.Config, items: Iterable[pytest.Item]) -> None:
    """Skip what has to be asked for, unless `-m` asks."""
    wanted = str(config.getoption("markexpr"))
    for item in items:
        for mark, reason in ASKED.items():
            if item.get_closest_marker(mark) and mark not in wanted:
                item.add_marker(pytest.mark.skip(reason=reason))
