"""What the routes share, and how they reply."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from ..core.errors import Error
from ..core.protocols import Database, Lakehouse, Progress
from ..core.values import to_json
from ..core.wire import TAGGED, dump, error_body
from .bodies import JSON, NDJSON
from .callers import CALLER
from .metrics import ERRORS, Metrics
from .settings import Settings
from .work import Running, Work


@dataclass
class Context:
    lake: Lakehouse
    settings: Settings
    metrics: Metrics
    work: Work
    running: Running = field(default_factory=Running)
    used: set[str] = field(default_factory=set)
    """Databases that were asked for since the start."""

    def database(self, name: str) -> Database:
        """As whoever calls has it."""
        who = CALLER.get()
        database = self.lake.database(
            name, principal=who.principal, settings=dict(who.settings), door=who.door
        )
        self.used.add(name)
        return database

    def mine(self, name: str) -> str:
        """A database as whoever calls has it: their queries are theirs to cancel."""
        return f"{CALLER.get().principal or ''}/{name}"

    def databases(self) -> list[str]:
        """Those in which something is granted to whoever calls."""
        names = self.lake.databases()
        if CALLER.get().principal is None:
            return names
        return [name for name in names if self.database(name).tables()]


def accepts(request: Request, kind: str) -> bool:
    return kind in request.headers.get("accept", "")


def reply(request: Request, value: Any) -> Response:
    """JSON, tagged if the client asks for that."""
    if accepts(request, TAGGED):
        return Response(dump(value), media_type=TAGGED)
    return Response(to_json(value), media_type=JSON)


async def reply_to_work(request: Request, context: Context, act: Callable[[Progress], Any]) -> Response:
    """The result of long work; to a client that takes lines, its steps before that.

    {"progress": [step, done, total]}    any number of times
    {}                                   now and then, if nothing is new
    {"result": {...}}                    or {"error": {...}}: the last one

    The work goes on if the client leaves.
    """
    if not accepts(request, NDJSON[0]):
        return reply(request, asdict(await context.work.run(lambda: act(_ignore))))
    loop = asyncio.get_running_loop()
    news: asyncio.Queue[Any] = asyncio.Queue()

    def say(line: Any) -> None:
        loop.call_soon_threadsafe(news.put_nowait, line)

    def work() -> None:
        try:
            say({"result": asdict(act(lambda *step: say({"progress": step})))})
        except Error as error:
            context.metrics.add(ERRORS, error.kind)
            say(error_body(error))
        finally:
            say(None)

    async def lines() -> AsyncIterator[bytes]:
        working = asyncio.ensure_future(context.work.run(work))
        while True:
            try:
                line = await asyncio.wait_for(news.get(), context.settings.heartbeat_s)
            except TimeoutError:
                line = {}
            if line is None:
                break
            yield dump(line) + b"\n"
        await working

    return StreamingResponse(lines(), media_type=NDJSON[0])


def _ignore(_step: str, _done: int, _total: int | None) -> None:
    pass
