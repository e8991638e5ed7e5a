"""What every request passes before its route: who calls, by which name, and how long it took.

A web page may send requests to a server on its reader's own machine, by a name that it has pointed there or
from its own origin. So a loopback server answers to loopback names alone, and no server to other origins.
"""

from __future__ import annotations

import hmac
import time
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..core.errors import Denied
from .errors import error_response
from .metrics import ERRORS, REQUESTS, Metrics

OPEN_PATHS = frozenset({"/health"})


class Doorkeeper:
    """Refuses wrong hosts, origins and keys."""

    def __init__(
        self, app: ASGIApp, api_key: str | None, hosts: tuple[str, ...] | None, metrics: Metrics
    ) -> None:
        self._app = app
        self._api_key = api_key
        self._hosts = hosts
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            problem = self._problem(headers, scope["path"])
            if problem is not None:
                status, error = problem
                self._metrics.add(ERRORS, error.kind)
                known = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
                await error_response(error, status, known)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _problem(self, headers: Headers, path: str) -> tuple[int, Denied] | None:
        host = _without_port(headers.get("host", ""))
        if self._hosts is not None and host not in self._hosts:
            hint = f"call it {' or '.join(self._hosts)}"
            return 403, Denied(f"this server is not called {host!r}", hint=hint)
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != headers.get("host"):
            return 403, Denied("a web page of another origin calls", hint="call from a page of this server")
        key = self._api_key
        if key is not None and path not in OPEN_PATHS and not _shows(headers, key):
            return 401, Denied(
                "the API key is missing or wrong",
                hint="send `Authorization: Bearer <key>`, or connect(api_key=...)",
            )
        return None


class Stopwatch:
    """Counts requests and measures how long each takes, streamed answers to their end."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500
        started = time.perf_counter()

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            self._metrics.add(REQUESTS, scope["method"], route, str(status))
            self._metrics.observe(route, seconds=time.perf_counter() - started)


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower()


def _shows(headers: Headers, key: str) -> bool:
    scheme, _, shown = headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(
        shown.strip().encode("latin-1"),
        key.encode(),  # headers are bytes, read as Latin-1
    )
