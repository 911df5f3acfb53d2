"""The portable tier, which asks for no root and nothing of the kernel: what it leaves out is ext4 and its journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tools.powercut import files, pages

if TYPE_CHECKING:
    from tools.powercut.subject import Row

SUBJECTS: Final = (*files.SUBJECTS, *pages.SUBJECTS)
CONTROLS: Final = (*files.CONTROLS, *pages.CONTROLS)


def missing() -> str:
    """Return why this tier cannot run here; empty where it can."""
    return pages.missing()


def trial(name: str, count: int, seed: int) -> Row:
    """Cut the power of one subject or control; arguments as those of `files` and `pages`."""
    if name in {*pages.SUBJECTS, *pages.CONTROLS}:
        return pages.trial(name, count, seed)
    return files.trial(name, count, seed)
