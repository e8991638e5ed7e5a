"""Sends requests and brings back replies or errors: addresses, keys, retries and time-outs live here.

A request that can be repeated without harm is repeated when the connection fails; any other only when it
cannot have arrived.
"""

from __future__ import annotations

import asyncio
import copy
import ipaddress
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx

from ...core.access import PRINCIPAL_HEADER, SETTINGS_HEADER, caller
from ...core.errors import Error, Invalid, Unavailable
from ...core.wire import TAGGED, dump, error_of, load
from .background_loop import BackgroundLoop
from .connections import AsyncConnections, Connections

_PAUSES_S = (0.05, 0.2)
"""Before the second and the third attempt."""
_CONNECT_S = 5.0

Content = bytes | Callable[[], Iterable[bytes]]


@dataclass(frozen=True)
class Request:
    """`repeatable`: sent twice, it does what it does once. `patience_s`: the longest silence; `None`: any."""

    method: str
    path: str
    params: Mapping[str, Any] = field(default_factory=dict)
    content: Content = b""
    content_type: str = TAGGED
    accept: str = TAGGED
    repeatable: bool = True
    patience_s: float | None = 60.0


class Transport:
    def __init__(self, url: str, *, api_key: str | None, timeout: float) -> None:
        self._url = _base_url(url)
        self.timeout = timeout
        settings: dict[str, Any] = {
            "base_url": self._url,
            "headers": {"Authorization": f"Bearer {api_key}".encode()} if api_key else {},
            # A proxy that the environment names can't reach what is on this machine.
            "trust_env": not _is_loopback(self._url.host),
        }
        self._closed = False
        self._headers: dict[str, str] = {}
        self._client = httpx.Client(transport=Connections(self._url), **settings)
        self._loop = BackgroundLoop(
            lambda: httpx.AsyncClient(transport=AsyncConnections(self._url), **settings)
        )

    def calling_as(self, principal: str | None, settings: Mapping[str, str] | None) -> Transport:
        """The same connections, for calls as somebody else."""
        who = caller(principal, settings, "http")
        if who.principal is None:
            return self
        other = copy.copy(self)
        other._headers = {
            PRINCIPAL_HEADER: quote(who.principal),
            SETTINGS_HEADER: quote(dump(dict(who.settings)).decode()),
        }
        return other

    def close(self) -> None:
        """Further calls raise `Unavailable`; a second close does nothing."""
        self._closed = True
        self._client.close()
        self._loop.close()

    def send(self, request: Request) -> Any:
        """The JSON value of the reply. Raises the server's error."""
        return _value(self._sent(request))

    async def send_async(self, request: Request) -> Any:
        """The same from any event loop."""
        failures = 0
        while True:
            try:
                return _value(await self._loop.run(lambda client: client.send(self._build(request))))
            except httpx.TransportError as problem:
                failures += 1
                await asyncio.sleep(self._pause_s(request, problem, failures))

    @contextmanager
    def open(self, request: Request) -> Iterator[httpx.Response]:
        """The reply, its body unread. Raises the server's error; failures while reading are `Unavailable`."""
        response = self._sent(request, stream=True)
        try:
            if response.is_error:
                response.read()
                raise _error(response)
            yield response
        except httpx.TransportError as problem:
            raise self._unavailable(problem) from problem
        finally:
            response.close()

    def _sent(self, request: Request, *, stream: bool = False) -> httpx.Response:
        failures = 0
        while True:
            try:
                return self._client.send(self._build(request), stream=stream)
            except httpx.TransportError as problem:
                failures += 1
                time.sleep(self._pause_s(request, problem, failures))

    def _build(self, request: Request) -> httpx.Request:
        if self._closed:
            raise Unavailable("this lake is closed", hint="connect again")
        content = request.content if isinstance(request.content, bytes) else request.content()
        return self._client.build_request(
            request.method,
            request.path,
            params={name: value for name, value in request.params.items() if value is not None},
            content=content,
            headers={"Content-Type": request.content_type, "Accept": request.accept, **self._headers},
            timeout=httpx.Timeout(request.patience_s, connect=min(_CONNECT_S, self.timeout)),
        )

    def _pause_s(self, request: Request, problem: httpx.TransportError, failures: int) -> float:
        """How long to wait before the next attempt. Raises `Unavailable` if there is to be none."""
        if failures > len(_PAUSES_S) or not _may_repeat(request, problem):
            raise self._unavailable(problem) from problem
        return _PAUSES_S[failures - 1]

    def _unavailable(self, problem: httpx.TransportError) -> Unavailable:
        if isinstance(problem, httpx.ConnectError | httpx.ConnectTimeout):
            return Unavailable(
                f"no lake answers at {self._url}: {problem}",
                hint="check the address, and that `thermocline serve` runs there",
            )
        if isinstance(problem, httpx.TimeoutException):
            return Unavailable(
                f"{self._url} did not answer in time", hint="try again, or give a longer timeout"
            )
        return Unavailable(f"the connection to {self._url} broke: {problem}", hint="try again")


def segment(name: str) -> str:
    """A name as one segment of a path; `..` would be taken for the parent."""
    return quote(name, safe="").replace(".", "%2E")


def _base_url(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as problem:
        raise Invalid(f"not an address: {url}: {problem}", hint="write it as http://host:8380") from None
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise Invalid(f"not an address: {url}", hint="write it as http://host:8380")
    return parsed


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _may_repeat(request: Request, problem: httpx.TransportError) -> bool:
    if isinstance(problem, httpx.ConnectError | httpx.ConnectTimeout):
        return True
    return request.repeatable and not isinstance(problem, httpx.TimeoutException)


def _value(response: httpx.Response) -> Any:
    if response.is_error:
        raise _error(response)
    if response.status_code == httpx.codes.NO_CONTENT:
        return None
    return load(response.content, tagged=response.headers.get("Content-Type") == TAGGED)


def _error(response: httpx.Response) -> Error:
    try:
        body = load(response.content)
    except Invalid:
        body = None
    return error_of(body)
