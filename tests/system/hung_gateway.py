"""A gateway whose site's thread hangs when it is told to: `python -m tests.system.hung_gateway gateway.toml`.

It hangs where the file `hang` stands beside its configuration, which the next start takes away.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from gateway import config
from gateway.app import App
from gateway.clock import wall_ms
from gateway.site import Site

if TYPE_CHECKING:
    from gateway.outgoing import Outgoing


class Hanging(Site):
    """A site that can be stopped for ever."""

    mark: Path

    def tick(self, now_ms: int) -> list[Outgoing]:
        """Do what is due; or never come back."""
        if self.mark.exists():
            self.mark.with_name("hung").touch()
            lock = threading.Lock()
            with lock:
                lock.acquire()
        return super().tick(now_ms)


def main() -> None:
    """Run, and hang on demand."""
    logging.basicConfig(level=logging.INFO)
    path = Path(sys.argv[1])
    Hanging.mark = path.parent / "hang"
    Hanging.mark.unlink(missing_ok=True)
    app = App(config.read(path), wall_ms)
    app.opened.site.__class__ = Hanging
    asyncio.run(app.run())


if __name__ == "__main__":
    main()
