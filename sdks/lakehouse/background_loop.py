"""One event loop in a thread of its own, with one asynchronous client on it.

An asynchronous client belongs to the loop it was first used on, while a lake may be used from several, one
after another. So the client stays on a loop that lasts as long as the lake, and callers wait for it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import httpx

T = TypeVar("T")


class BackgroundLoop:
    """Starts with its first use."""

    def __init__(self, make_client: Callable[[], httpx.AsyncClient]) -> None:
        self._make_client = make_client
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._client: httpx.AsyncClient | None = None

    async def run(self, call: Callable[[httpx.AsyncClient], Coroutine[Any, Any, T]]) -> T:
        loop, client = self._started()
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(call(client), loop))

    def close(self) -> None:
        with self._lock:
            loop, thread, client = self._loop, self._thread, self._client
            self._loop = self._thread = self._client = None
        if loop is None or thread is None or client is None:
            return
        asyncio.run_coroutine_threadsafe(client.aclose(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

    def _started(self) -> tuple[asyncio.AbstractEventLoop, httpx.AsyncClient]:
        with self._lock:
            if self._loop is None or self._client is None:
                self._loop = asyncio.new_event_loop()
                self._client = self._make_client()
                self._thread = threading.Thread(
                    target=self._loop.run_forever, name="thermocline-http", daemon=True
                )
                self._thread.start()
            return self._loop, self._client
