"""What holds callers to their bounds: whoever has no token learns nothing, and no body is longer than it need be."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers
from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES: Final = 64 * 1024
"""Of a body: sixty-four settings take a tenth of it."""
MEDIA_TYPE: Final = "application/problem+json"


def problem(status: int, title: str, detail: str = "", problems: dict[str, str] | None = None) -> JSONResponse:
    """Say why not."""
    body = {"title": title, "status": status, "detail": detail, "problems": problems or {}}
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return JSONResponse(body, status, headers=headers, media_type=MEDIA_TYPE)


class Guard:
    """Stands before the whole API.

    Args:
        app: what is guarded.
        token: whoever shows it may ask everything.
        free: paths that are open to all, such as the description.
    """

    def __init__(self, app: ASGIApp, token: str, free: frozenset[str]) -> None:
        self._app = app
        self._token = token.encode()
        self._free = free

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a caller through, or say why not."""
        if scope["type"] != "http":
            return
        headers = Headers(scope=scope)
        if scope["path"] not in self._free and not self._knows(headers.get("authorization", "")):
            answer = problem(401, "no token", "send `Authorization: Bearer TOKEN`; the token is in `serve.token_file`")
            await answer(scope, receive, send)
            return
        body = await _taken(receive)
        if body is None:
            await problem(413, "too long", f"a body has at most {MOST_BYTES} bytes")(scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), send)

    def _knows(self, authorization: str) -> bool:
        scheme, _, token = authorization.partition(" ")
        return scheme.lower() == "bearer" and secrets.compare_digest(token.strip().encode(), self._token)


async def _taken(receive: Receive) -> bytes | None:
    """Read a body; None where it is too long, or its sender went away."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        if len(body) > MOST_BYTES:
            return None
        if not message.get("more_body", False):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Give the body once, then what comes after it."""
    told = False

    async def replayed() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed
