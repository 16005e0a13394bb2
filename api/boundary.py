"""What every request passes on its way in and out: its identity, its size, its headers, its measure."""

import logging
from time import perf_counter

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.metrics import UNMATCHED, Metrics
from api.problems import problem
from matchmaker.domain.rules import new_id

# OWASP's list for answers that no browser is meant to render.
SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}

_logger = logging.getLogger("matchmaker.api")


class _TooLarge(Exception):
    pass


class _Disconnected(Exception):
    pass


class Boundary:
    """
    Middleware around the whole application.

    A body is read to its end before anything else happens, so that no thread waits for a slow sender and one that is
    too large is refused whatever it says of its length.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, body_limit: int) -> None:
        self._app = app
        self._metrics = metrics
        self._body_limit = body_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = perf_counter()
        answer = _Answer(send, str(new_id()))
        try:
            body = await _read(scope, receive, self._body_limit)
            await self._app(scope, _Replay(body, receive), answer)
        except _Disconnected:
            return
        except _TooLarge:
            refusal = problem(Request(scope), 413, "api.too_large", {"limit": f"{self._body_limit:,}"})
            await refusal(scope, receive, answer)
        except Exception:
            _logger.exception("request %s failed: %s %s", answer.request_id, scope["method"], scope["path"])
            if answer.status:
                raise
            failure = problem(Request(scope), 500, "api.internal", {"request": answer.request_id})
            await failure(scope, receive, answer)
        route = getattr(scope.get("route"), "path", UNMATCHED)
        self._metrics.answered(scope["method"], route, answer.status, perf_counter() - started)


class _Answer:
    """Sends an answer with the headers every answer has. ``status`` is 0 until it has begun."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self.request_id = request_id
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-Id"] = self.request_id
            for name, value in SECURITY.items():
                headers[name] = value
        await self._send(message)


class _Replay:
    """Hands on a body that was read already, and then whatever comes after it."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}


async def _read(scope: Scope, receive: Receive, limit: int) -> bytes:
    """The whole body, of ``limit`` bytes at most."""
    stated = Headers(scope=scope).get("content-length", "")
    if stated.isdigit() and int(stated) > limit:
        raise _TooLarge
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Disconnected
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > limit:
            raise _TooLarge
    return bytes(body)
