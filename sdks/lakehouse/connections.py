"""Transports for many requests at once: each request has a connection to itself, kept for the next one.

httpx's own pool looks at every connection for every request: 64 at once were measured at 14 ms each.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable, Iterator

import httpx

KEEP_ALIVE_S = 30.0
"""Shorter than the server's, or a request could meet a connection that is just being closed."""

_ONE = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=KEEP_ALIVE_S)


class Connections(httpx.BaseTransport):
    def __init__(self, url: httpx.URL) -> None:
        self._verify = _verify(url)
        self._idle: list[httpx.HTTPTransport] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = httpx.HTTPTransport(verify=self._verify, limits=_ONE)
        try:
            response = connection.handle_request(request)
        except BaseException:
            connection.close()
            raise
        assert isinstance(response.stream, httpx.SyncByteStream)
        response.stream = _Stream(response.stream, lambda: self._idle.append(connection))
        return response

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()


class AsyncConnections(httpx.AsyncBaseTransport):
    def __init__(self, url: httpx.URL) -> None:
        self._verify = _verify(url)
        self._idle: list[httpx.AsyncHTTPTransport] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        connection = (
            self._idle.pop() if self._idle else httpx.AsyncHTTPTransport(verify=self._verify, limits=_ONE)
        )
        try:
            response = await connection.handle_async_request(request)
        except BaseException:
            await connection.aclose()
            raise
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _AsyncStream(response.stream, lambda: self._idle.append(connection))
        return response

    async def aclose(self) -> None:
        while self._idle:
            await self._idle.pop().aclose()


class _Stream(httpx.SyncByteStream):
    """A body whose end gives the connection back."""

    def __init__(self, body: httpx.SyncByteStream, give_back: Callable[[], None]) -> None:
        self._body = body
        self._give_back = give_back

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def close(self) -> None:
        self._body.close()
        self._give_back()


class _AsyncStream(httpx.AsyncByteStream):
    def __init__(self, body: httpx.AsyncByteStream, give_back: Callable[[], None]) -> None:
        self._body = body
        self._give_back = give_back

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._body.__aiter__()

    async def aclose(self) -> None:
        await self._body.aclose()
        self._give_back()


def _verify(url: httpx.URL) -> ssl.SSLContext | bool:
    """Made once: reading the machine's certificates takes longer than a request."""
    return httpx.create_ssl_context() if url.scheme == "https" else False
