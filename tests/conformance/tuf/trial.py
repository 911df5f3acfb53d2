"""A trial: a forged repository on the web, and a node's client with a folder and a clock, which may be moved on."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import unquote

from tuf.api.metadata import Metadata

from node.values import TimeQuality
from tools.attacks.forge import Forge
from tools.conformance.__main__ import main
from tools.conformance.client import Client

if TYPE_CHECKING:
    from pathlib import Path

NOW_MS: Final = 1_800_000_000_000
DAY_MS: Final = 86_400_000
ONLINE: Final = ("snapshot", "timestamp")
ALL: Final = ("root", "targets", *ONLINE)
BELOW_ROOT: Final = ("targets", *ONLINE)


class Web:
    """A server of one repository at a time, on this machine alone."""

    def __init__(self) -> None:
        self.forge = Forge(NOW_MS)
        self.fetched: list[str] = []
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                data = web.answer(self.path)
                if data is None:
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, path: str) -> bytes | None:
        """Return metadata by their name as it is asked for, or a target by the digest in its name."""
        _, kind, rest = path.split("/", 2)
        if kind == "metadata":
            return self.forge.named(rest)
        target = unquote(rest)
        self.fetched.append(target)
        return self.forge.files.get(target.rpartition("/")[2].partition(".")[0])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Clock:
    """A machine's clock, some days on."""

    def __init__(self, days: float) -> None:
        self._wall_ms = NOW_MS + round(days * DAY_MS)
        self._monotonic_s = 0.0

    def wall_ms(self) -> int:
        return self._wall_ms

    def monotonic_s(self) -> float:
        self._monotonic_s += 0.001
        return self._monotonic_s

    def quality(self) -> TimeQuality:
        return TimeQuality.SYNCED


class Trial:
    """A repository, and a client that has begun at its first root.

    Attributes:
        forge: the repository.
        kind: the client; a control tries one that forgets a check.
    """

    kind: type[Client] = Client

    def __init__(self, folder: Path, web: Web) -> None:
        self.forge = web.forge = Forge(NOW_MS)
        self._web, self._folder = web, folder
        self._web.fetched.clear()
        self.metadata = folder / "metadata"
        self._targets = folder / "targets"
        for each in (self.metadata, self._targets):
            each.mkdir()
        self.begin(self.forge.served["1.root.json"])

    def begin(self, root: bytes) -> None:
        """Give the client its first root."""
        (self._folder / "1.root.json").write_bytes(root)
        assert self._run("init", str(self._folder / "1.root.json"))

    def refresh(self, days: float = 0.0) -> bool:
        """Have the client bring its metadata up to date, so many days on; returns whether it believed all of them."""
        self.forge.asked.clear()
        return self._run("--metadata-url", f"{self._web.url}/metadata/", "refresh", days=days)

    def download(self, *names: str) -> bool:
        """Have the client fetch targets; returns whether it has them all."""
        self.forge.asked.clear()
        named = [each for name in names for each in ("--target-name", name)]
        places = ("--target-base-url", f"{self._web.url}/targets/", "--target-dir", str(self._targets))
        return self._run("--metadata-url", f"{self._web.url}/metadata/", *named, *places, "download")

    def _run(self, *words: str, days: float = 0.0) -> bool:
        return main(["--metadata-dir", str(self.metadata), *words], _Clock(days), self.kind) == 0

    @property
    def believed(self) -> dict[str, int]:
        """The versions that the client believes, by role; a delegated one has the name that the client gives it."""
        found = self.metadata.glob("*.json")
        return {path.stem: Metadata[Any].from_file(str(path)).signed.version for path in found}

    @property
    def files(self) -> list[bytes]:
        """What the client has fetched and kept."""
        return [path.read_bytes() for path in sorted(self._targets.iterdir())]

    @property
    def fetched(self) -> list[str]:
        """The files that were asked for."""
        return self._web.fetched
