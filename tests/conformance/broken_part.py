"""A part that breaks every law on options, words and names; the negative control for all rooms."""

import dataclasses
from typing import cast

from tests.conformance.laws import Part


@dataclasses.dataclass
class Params:  # noqa: D101 - the mistake: no words, not frozen, no slots, no rules, and a default of the wrong type
    size: int = cast("int", "many")


class Unnamed:  # noqa: D101 - the mistake: no words, and not named for its file
    def __init__(self, params: Params) -> None:
        self.params = params


TABLE = {"unnamed": "tests.conformance.broken_part:Unnamed"}
BROKEN = Part("unnamed", TABLE["unnamed"], TABLE)
