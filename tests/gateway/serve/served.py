"""An API that answers on a free port of 127.0.0.1, over the files that `torpor-gateway init` wrote."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Self

import httpx

from gateway import config
from gateway.__main__ import main
from gateway.condition import Condition
from gateway.serve.server import PATIENCE_S, Counter, listen
from gateway.store.database import Store

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SITE = "orchard"


class Served:
    """A site's API, in a thread of its own.

    Args:
        folder: where the site's files are made.
        lines: of gateway.toml, below `[serve]`.
        patience_s: for a question, and for the reading of its answer.
    """

    def __init__(self, folder: Path, lines: str = "", patience_s: float = PATIENCE_S) -> None:
        self.folder = folder
        assert main(["init", str(folder), "--site", SITE, "--plain"]) == 0
        path = folder / "gateway.toml"
        path.write_text(path.read_text().replace("[serve]\n", f"[serve]\nport = 8885\n{lines}"))
        self.config = config.read(path)
        Store(self.config.store.path).close()
        listener = listen("127.0.0.1", 0)
        self.port: int = listener.getsockname()[1]
        self.condition = Condition(SITE)
        self._counter = Counter(
            self.config, listener, lambda: self.condition.told({"unsent": 2}, 0.0), patience_s=patience_s
        )
        self.token = self.config.serve.token_file.read_text().strip()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="api")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._staying.cancel)
        self._thread.join(timeout=20)
        assert not self._thread.is_alive(), "the API did not end"

    def _run(self) -> None:
        self._staying = self._loop.create_task(self._counter.stay())
        try:
            self._loop.run_until_complete(self._staying)
        except asyncio.CancelledError:
            pass
        finally:
            self._loop.close()

    def ask(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Ask a question with the token, unless other headers are given."""
        known = {"Authorization": f"Bearer {self.token}"} if headers is None else dict(headers)
        return httpx.request(
            method, f"http://127.0.0.1:{self.port}/v1{path}", json=body, headers=known, timeout=20, trust_env=False
        )
