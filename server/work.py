"""Calls into the lake, which block, kept away from the event loop: a bounded pool of threads.

A query is cancelled when its client goes away, when another request asks for it, and at shutdown.
"""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeAlias, TypeVar

from starlette.requests import Request

from ..core.protocols import Cancel

T = TypeVar("T")
Key: TypeAlias = tuple[str, str | int]
_MOST_EARLY = 1_000


class Work:
    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="thermocline-http")

    async def run(self, call: Callable[[], T]) -> T:
        # A thread of the pool has a context of its own, in which nobody in particular calls.
        whose = copy_context()
        return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: whose.run(call))

    async def run_for(self, request: Request, cancel: Cancel, call: Callable[[], T]) -> T:
        """`call`, cancelled if the client goes away. The body of `request` must have been read."""
        working = asyncio.ensure_future(self.run(call))
        leaving = asyncio.ensure_future(_left(request))
        try:
            await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            if not working.done():
                cancel()
        return await working

    def close(self) -> None:
        self._pool.shutdown()


class Running:
    """The queries being answered, by the id that their client gave them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cancels: dict[Key, Cancel] = {}
        self._early: OrderedDict[Key, Cancel] = OrderedDict()
        self._nameless = itertools.count()

    def start(self, database: str, query_id: str | None) -> tuple[Key, Cancel]:
        with self._lock:
            key: Key = (database, next(self._nameless) if query_id is None else query_id)
            cancel = self._early.pop(key, None) or Cancel()
            self._cancels[key] = cancel
            return key, cancel

    def finish(self, key: Key) -> None:
        with self._lock:
            self._cancels.pop(key, None)

    def cancel(self, database: str, query_id: str) -> None:
        """Cancels the query, also if this request has overtaken it."""
        key: Key = (database, query_id)
        with self._lock:
            cancel = self._cancels.get(key)
            if cancel is None:
                cancel = self._early[key] = Cancel()
                while len(self._early) > _MOST_EARLY:
                    self._early.popitem(last=False)
        cancel()

    def cancel_all(self) -> None:
        with self._lock:
            cancels = list(self._cancels.values())
        for cancel in cancels:
            cancel()


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
