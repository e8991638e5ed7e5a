"""Reads what a server sends piece by piece: answers as Arrow, and the steps of long work as lines."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pyarrow as pa

from ...core.arrow_wire import decode_answer
from ...core.errors import Unavailable
from ...core.protocols import Progress
from ...core.results import Result
from ...core.wire import error_of, load
from .transport import Request, Transport

LINES = "application/x-ndjson"


def read_answer(transport: Transport, request: Request, *, stream: bool, done: Callable[[], None]) -> Result:
    """The answer; with `stream` its batches arrive as they are read. `done` is called at the end of it."""
    with ExitStack() as open_things:
        open_things.callback(done)
        response = open_things.enter_context(transport.open(request))
        answer = decode_answer(io.BufferedReader(_Body(response), 1 << 20))
        if not stream:
            return Result(answer.arrow(), answer.certificate)
        batches = _closing(answer, open_things.pop_all())
        return Result(pa.RecordBatchReader.from_batches(answer.schema, batches), answer.certificate)


def follow(transport: Transport, request: Request, progress: Progress | None) -> Any:
    """The result of long work, whose steps go to `progress` meanwhile. Raises its error."""
    with transport.open(request) as response:
        for line in response.iter_lines():
            match load(line.encode(), tagged=True):
                case {"result": result}:
                    return result
                case {"error": _} as failure:
                    raise error_of(failure)
                case {"progress": [step, done, total]} if progress is not None:
                    progress(step, done, total)
    raise Unavailable("the server stopped before the work was done", hint="ask again: it continues")


def _closing(answer: Result, open_things: ExitStack) -> Iterator[pa.RecordBatch]:
    with open_things:
        yield from answer.batches()


class _Body(io.RawIOBase):
    """The body of a reply as a file."""

    def __init__(self, response: httpx.Response) -> None:
        self._pieces = response.iter_bytes()
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count
