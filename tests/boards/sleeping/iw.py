"""A machine's wireless interfaces, as `iw` shows and sets them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from node.errors import HardwareError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from boards.sim.kernel import SimTree


class Iw:
    """The program `iw`.

    Attributes:
        modes: power save by interface, `on` or `off`.
        refuses: a word that it may not set: as for a user without the right.
        deaf: takes every word, and sets nothing: as some drivers do.
        argvs: how it was called.
    """

    def __init__(self, tree: SimTree, **modes: str) -> None:
        self.modes = dict(modes)
        self.refuses = ""
        self.deaf = False
        self.argvs: list[str] = []
        tree.fit({f"sys/class/net/{interface}/phy80211/name": "phy0" for interface in modes})

    def __call__(self, argv: Sequence[str]) -> str:
        """Run it."""
        self.argvs.append(" ".join(argv))
        program, dev, interface, verb, what, *word = argv
        assert (program, dev, what) == ("iw", "dev", "power_save")
        if verb == "get":
            return f"Power save: {self.modes[interface]}\n"
        if word == [self.refuses]:
            raise HardwareError(f"{' '.join(argv)}: command failed: Operation not permitted (-1)")
        if not self.deaf:
            (self.modes[interface],) = word
        return ""
