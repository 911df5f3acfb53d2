"""The keeper: a node's commands, written down before they are begun, and ended when their time is over.

The order of the steps is the law: accepted, and on disk; running, and on disk; only then begun. A node that ends
between any two of them, by a power cut or because the command is to restart it, finds at its next start that the
command has run, and does not run it again.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from node import durable
from node.commands import standing
from node.commands.standing import Book, State
from node.values import TimeQuality

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from node.commands import Command  # noqa: TC004 - an annotation only; a start that has no command imports none
    from node.hal import Ports
    from node.wire.messages import Desired

log = logging.getLogger(__name__)

FILE: Final = "commands.json"
RESTARTS: Final = frozenset({"reboot"})
"""What the end of the machine's boot is the success of."""


@dataclass(frozen=True, slots=True)
class _Running:
    """What goes on now."""

    number: int
    name: str
    command: Command
    end_s: float
    told: str


class Keeper:
    """Keeps the book of one node's commands, and carries them out in the order of their ids."""

    def __init__(self, allowed: Collection[str], path: Path, ports: Ports, build: Callable[[str], Command]) -> None:
        """Read what the last start left, and say of what ran then how it went.

        Args:
            allowed: the names of the commands that are carried out.
            path: of the book.
            ports: the machine.
            build: makes a command that is allowed.
        """
        self._allowed = sorted(allowed)
        self._path = path
        self._ports = ports
        self._build = build
        self._running: _Running | None = None
        self._trouble = ""
        self._is_readable = True
        self._heard_ms = 0
        self._book = self._stored()
        if any(each.state is State.RUNNING for each in self._book.entries.values()):
            self._note(standing.restarted(self._book, self._boot(), RESTARTS.__contains__))

    @property
    def told(self) -> dict[int, str]:
        """What became of each command that is wished for."""
        return standing.told(self._book)

    @property
    def findings(self) -> dict[str, str]:
        """What the newest command that looked around has found."""
        return dict(self._book.findings)

    @property
    def refused(self) -> dict[str, str]:
        """Why no command is carried out; empty where they are."""
        return {"commands": self._trouble} if self._trouble else {}

    def hear(self, desired: Desired) -> None:
        """Take up what the gateway orders; what is not written down is heard again at the next wish."""
        self._heard_ms = desired.time_ms
        if self._is_readable and (desired.commands or self._book.entries):
            self._keep(standing.heard(self._book, desired.commands, desired.deadlines, self._surely_ms()))

    def work(self) -> None:
        """Begin what waits, one after the other, until one of them goes on; and end that when its time is over."""
        running = self._running
        if running is not None and self._ports.clock.monotonic_s() >= running.end_s:
            self._end(running)
        while self._running is None and (number := standing.waiting(self._book)) is not None:
            if self._book.entries[number].is_late(self._surely_ms()):  # a power cut, or another command, was between
                self._turn(number, State.EXPIRED, "")
                continue
            if not self._keep(standing.turned(self._book, number, State.RUNNING, boot=self._boot())):
                return
            self._begin(number, self._book.entries[number].words)

    def left_s(self) -> float:
        """Return the seconds for which a command that goes on keeps the node up; 0 for none."""
        if self._running is None:
            return 0.0
        return max(self._running.end_s - self._ports.clock.monotonic_s(), 0.0)

    def close(self) -> None:
        """End what goes on; of a restart, the next start will know."""
        if self._running is not None and self._running.name not in RESTARTS:
            self._end(self._running)

    def _begin(self, number: int, name: str) -> None:
        log.info("command %d: %s", number, name)
        try:
            command = self._permitted(name)
            begun = command.begin()
        except Exception as error:  # noqa: BLE001 - the boundary: no order of a stranger's may stop a node
            self._turn(number, State.FAILED, _reason(error))
            return
        if begun.findings:
            self._book = replace(self._book, findings=begun.findings)
        if begun.goes_on_s > 0.0:
            end_s = self._ports.clock.monotonic_s() + begun.goes_on_s
            self._running = _Running(number, name, command, end_s, begun.told)
            self._turn(number, State.RUNNING, begun.told)
        else:
            self._turn(number, State.SUCCESSFUL, begun.told)

    def _permitted(self, name: str) -> Command:
        if name not in self._allowed:
            raise PermissionError(f"not allowed here; [commands] allow has {', '.join(self._allowed) or 'none'}")
        return self._build(name)

    def _end(self, running: _Running) -> None:
        self._running = None
        try:
            running.command.end()
        except Exception as error:  # noqa: BLE001 - as above
            self._turn(running.number, State.FAILED, _reason(error))
        else:
            self._turn(running.number, State.SUCCESSFUL, running.told)

    def _turn(self, number: int, state: State, reason: str) -> None:
        """Note how a command went."""
        if number in self._book.entries:  # else the gateway does not wish for it any more
            self._note(standing.turned(self._book, number, state, reason, boot=self._book.entries[number].boot))

    def _note(self, book: Book) -> None:
        """Go by a book that begins nothing; where the disk refuses it, the node lives on with what it knows."""
        if not self._keep(book):
            self._book = book

    def _keep(self, book: Book) -> bool:
        """Write the book down and go by it; whether the disk took it."""
        if book == self._book and not self._trouble:
            return True
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            durable.write(self._path, json.dumps(standing.memory(book)).encode())
        except OSError as error:
            self._trouble = f"{self._path} cannot be written: {error.strerror}; free the disk or replace it"
            return False
        self._trouble = ""
        self._book = book
        return True

    def _surely_ms(self) -> int:
        """Return a time that has surely come: the gateway's when it said so, or the clock's where that was set."""
        clock = self._ports.clock
        return self._heard_ms if clock.quality() is TimeQuality.UNSET else max(self._heard_ms, clock.wall_ms())

    def _boot(self) -> str:
        return self._ports.open_chassis().boot_id() if self._ports.open_chassis else ""

    def _stored(self) -> Book:
        """Read the book back. One that cannot be read is no first start: what it says was done could be done again."""
        try:
            return standing.recalled(json.loads(self._path.read_bytes()))
        except FileNotFoundError:
            return Book()
        except (OSError, ValueError) as error:
            self._is_readable = False
            self._trouble = f"{self._path} cannot be read ({error}); no command is carried out until it is removed"
            return Book()


def _reason(error: Exception) -> str:
    """Say why, without the name of an error that says it itself."""
    from node.errors import TorporError

    return str(error) if isinstance(error, TorporError | PermissionError) else f"{type(error).__name__}: {error}"
