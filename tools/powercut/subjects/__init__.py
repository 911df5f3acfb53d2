"""Subjects: what a node promises to keep through a power cut; one file each.

A subject is an object that keeps the protocol of `tools.powercut.subject`; most are one file that is replaced whole,
for which `replaced` has the trial already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tools.powercut.subjects.books import BOOKS
from tools.powercut.subjects.desired import DESIRED
from tools.powercut.subjects.health import HEALTH
from tools.powercut.subjects.metadata import METADATA
from tools.powercut.subjects.outbox import OUTBOX
from tools.powercut.subjects.policy import POLICY
from tools.powercut.subjects.slots import SLOTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tools.powercut.subject import Subject

SUBJECTS: Final[Mapping[str, Subject]] = {
    each.name: each for each in (BOOKS, DESIRED, HEALTH, METADATA, OUTBOX, POLICY, SLOTS)
}
