"""Answers on their way out: an Arrow stream piece by piece, or JSON at once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator

import pyarrow as pa
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from ..core.arrow_wire import ARROW, encode_answer
from ..core.errors import Invalid
from ..core.protocols import Cancel
from ..core.results import Result
from ..core.types import stored_type, type_name
from ..core.values import json_columns, to_json
from .bodies import JSON
from .context import Context, accepts
from .metrics import ERRORS, QUERIES, QUERIES_RUNNING


async def answer(
    request: Request, context: Context, database: str, query_id: str | None, ask: Callable[[Cancel], Result]
) -> Response:
    """What `ask` gives, as the client wants it. It is cancelled if the client leaves before the end."""
    key, cancel = context.running.start(context.mine(database), query_id)
    context.metrics.add(QUERIES, database)
    context.metrics.add(QUERIES_RUNNING)

    def done() -> None:
        context.running.finish(key)
        context.metrics.add(QUERIES_RUNNING, by=-1)

    try:
        if not accepts(request, ARROW):
            content = await context.work.run_for(request, cancel, lambda: _json(ask(cancel)))
            done()
            return Response(content, media_type=JSON)

        def begin() -> tuple[bytes, Iterator[bytes]]:
            pieces = encode_answer(ask(cancel), lambda error: context.metrics.add(ERRORS, error.kind))
            return next(pieces), pieces

        first, rest = await context.work.run_for(request, cancel, begin)
    except BaseException:
        done()
        raise
    return _ArrowResponse(context, cancel, first, rest, done)


class _ArrowResponse(StreamingResponse):
    """Cancels the query unless its answer was sent to the end."""

    def __init__(
        self, context: Context, cancel: Cancel, first: bytes, rest: Iterator[bytes], done: Callable[[], None]
    ) -> None:
        super().__init__(self._pieces(), media_type=ARROW)
        self._context = context
        self._cancel = cancel
        self._first = first
        self._rest = rest
        self._done = done
        self._sent = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            if not self._sent:
                self._cancel()
            self._done()

    async def _pieces(self) -> AsyncIterator[bytes]:
        yield self._first
        while (piece := await self._context.work.run(lambda: next(self._rest, None))) is not None:
            yield piece
        self._sent = True


def _json(result: Result) -> bytes:
    rows = [row for batch in result.batches() for row in zip(*json_columns(batch), strict=True)]
    return to_json(
        {
            "columns": result.columns,
            "types": [_type_name(field.type) for field in result.schema],
            "rows": rows,
            "certificate": result.certificate.to_dict(),
        }
    )


def _type_name(arrow: pa.DataType) -> str:
    """The column type, or Arrow's name for what only an answer can have, such as an interval."""
    try:
        return type_name(stored_type(arrow))
    except Invalid:
        return str(arrow).upper()
