"""A small real server of the Open Inference Protocol v2, which can also fail, stall and talk nonsense."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Answer = tuple[int, bytes]
Script = "Callable[[Mapping[str, Any]], Answer]"
METADATA = {
    "name": "digits",
    "versions": ["3"],
    "platform": "test",
    "inputs": [{"name": "image", "datatype": "FP32", "shape": [-1, 8, 8, 1]}],
    "outputs": [{"name": "probabilities", "datatype": "FP32", "shape": [-1, 10]}],
}


def brightest(asked: Mapping[str, Any]) -> Answer:
    """Answer as the protocol says: of each window, the number of its brightest row, quite sure."""
    tensor = asked["inputs"][0]
    windows = np.array(tensor["data"]).reshape(tensor["shape"])
    chances = np.full((len(windows), 10), 0.02)
    chances[np.arange(len(windows)), windows.sum(axis=(2, 3)).argmax(axis=1)] = 0.82
    output = {
        "name": "probabilities",
        "datatype": "FP32",
        "shape": list(chances.shape),
        "data": chances.ravel().tolist(),
    }
    told = {"model_name": "digits", "model_version": "3", "outputs": [output]}
    return 200, json.dumps(told).encode()


class Endpoint(ThreadingHTTPServer):
    """Listens on a free port of 127.0.0.1, for as long as it is entered.

    Args:
        script: what it answers to each question; may be changed at any time.
        metadata: what it says of its model.
    """

    daemon_threads = True

    def __init__(self, script: Callable[[Mapping[str, Any]], Answer] = brightest, metadata: object = METADATA) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script = script
        self.metadata = metadata
        self.questions: list[Mapping[str, Any]] = []
        self.tokens: set[str] = set()
        self.release = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def stalls(self, asked: Mapping[str, Any]) -> Answer:
        """Answer only when the test is over."""
        self.release.wait(30.0)
        return brightest(asked)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.release.set()
        self.shutdown()
        self.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: Endpoint
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._say(200, json.dumps(self.server.metadata).encode())

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.questions.append(asked)
        self.server.tokens.add(self.headers.get("Authorization", ""))
        self._say(*self.server.script(asked))

    def _say(self, code: int, body: bytes) -> None:
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's own name
        """Say nothing."""
