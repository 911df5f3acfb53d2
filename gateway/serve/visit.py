"""A visit: one caller's connection, and how long it may take for each question.

uvicorn bounds how many there are, and how long one may be idle after an answer; but not how long a caller may take for
a question, or to read what it asked for. A few dozen that dawdle would keep the operator out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio


def visits(patience_s: float) -> type[H11Protocol]:
    """Return the protocol for connections on which each question is answered, and its answer read, within a time."""

    class Visit(H11Protocol):
        """A connection that ends where a question, or the reading of its answer, takes too long."""

        _ends: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            """Begin to wait for a question."""
            super().connection_made(transport)
            self._wait()

        def on_response_complete(self) -> None:
            """Begin to wait for the next one."""
            self._wait()
            super().on_response_complete()

        def connection_lost(self, exc: Exception | None) -> None:
            """Wait no more."""
            if self._ends is not None:
                self._ends.cancel()
            super().connection_lost(exc)

        def _wait(self) -> None:
            if self._ends is not None:
                self._ends.cancel()
            self._ends = self.loop.call_later(patience_s, self.transport.abort)

    return Visit
