"""What every request passes before its route: who calls, by which name, and how long it took.

A web page may send requests to a server on its reader's own machine, by a name that it has pointed there or
from its own origin. So a loopback server answers to loopback names alone, and no server to other origins.
"""

from __future__ import annotations

import re
import time
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..core.errors import Denied, Error
from ..core.protocols import Lakehouse
from .callers import CALLER, read_caller
from .errors import STATUS, error_response
from .metrics import ERRORS, REQUESTS, Metrics
from .work import Work

OPEN_PATHS = frozenset({"/health"})

_OF_PRINCIPALS = re.compile(r"^/(docs|openapi\.json|v1/databases|v1/(?!objects/)[^/]+/.+)$")
"""Paths that somebody other than the owner may call: those of a database, which knows what they may do."""


class Doorkeeper:
    """Refuses wrong hosts, origins and keys, and notes who calls."""

    def __init__(
        self,
        app: ASGIApp,
        lake: Lakehouse,
        work: Work,
        api_key: str | None,
        hosts: tuple[str, ...] | None,
        metrics: Metrics,
    ) -> None:
        self._app = app
        self._lake = lake
        self._work = work
        self._api_key = api_key
        self._hosts = hosts
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            problem = self._problem(headers) or await self._unknown(headers, scope["path"])
            if problem is not None:
                status, error = problem
                self._metrics.add(ERRORS, error.kind)
                known = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
                await error_response(error, status, known)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _unknown(self, headers: Headers, path: str) -> tuple[int, Error] | None:
        """Finds out who calls, and notes it; what is wrong with that."""
        if path in OPEN_PATHS:
            return None
        try:
            who = await self._work.run(lambda: read_caller(headers, self._api_key, self._lake))
        except Error as error:
            return (401 if isinstance(error, Denied) else STATUS[error.kind]), error
        if who.principal is not None and not _OF_PRINCIPALS.match(path):
            return 403, Denied(f"`{who.principal}` may not call {path}", hint="the owner can")
        CALLER.set(who)
        return None

    def _problem(self, headers: Headers) -> tuple[int, Error] | None:
        host = _without_port(headers.get("host", ""))
        if self._hosts is not None and host not in self._hosts:
            hint = f"call it {' or '.join(self._hosts)}"
            return 403, Denied(f"this server is not called {host!r}", hint=hint)
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != headers.get("host"):
            return 403, Denied("a web page of another origin calls", hint="call from a page of this server")
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
