"""Events coming in: one table, several at once, a whole file."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from ..core.arrow_wire import ARROW
from ..core.errors import Error
from ..core.protocols import Progress
from ..core.results import Appended, Imported
from ..core.wire import TAGGED
from . import bodies
from .bodies import FILE, JSON, ROW_TYPES, batches_of, content_type, read_body, rows_of, save_body
from .context import Context, reply, reply_to_work
from .metrics import APPENDED, DUPLICATES
from .openapi import body

_ROW = {"product": "tea", "revenue": 4.5, "_time": "2026-11-01T10:00:00Z"}
_EVENT = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "/shop",
    "type": "sold",
    "subject": "cart-7",
    "data": {"product": "tea", "revenue": 4.5},
}
_ROW_EXAMPLES: Mapping[str, Any] = {
    JSON: [_ROW],
    bodies.NDJSON[0]: '{"product": "tea"}\n{"product": "milk"}\n',
    bodies.CLOUDEVENT: _EVENT,
    bodies.CLOUDEVENTS: [_EVENT],
    ARROW: None,
    TAGGED: [{"price": {"$decimal": "4.50"}}],
}


def append_routes(context: Context) -> APIRouter:
    router = APIRouter(tags=["append"])
    work, most = context.work, context.settings.body_bytes

    def count(database: str, appended: Mapping[str, Appended]) -> None:
        for table, result in appended.items():
            context.metrics.add(APPENDED, database, table, by=result.rows)
            context.metrics.add(DUPLICATES, database, table, by=result.duplicates)

    @router.post("/v1/{db}/tables/{table}/append", response_model=Appended, openapi_extra=body(_ROW_EXAMPLES))
    async def append(
        db: str,
        table: str,
        request: Request,
        stream: str | None = None,
        expected_version: int | None = None,
        event_time: str | None = None,
    ) -> Response:
        """Appends rows to a table. Durable and visible when it answers; a repeated `_id` is one event."""
        kind = content_type(request, *ROW_TYPES)
        content = await read_body(request, most)
        database = context.database(db)

        def act() -> Appended:
            rows = rows_of(content, kind, request.headers)
            return database.append(
                table, rows, stream=stream, expected_version=expected_version, event_time=event_time
            )

        appended = await work.run(act)
        count(db, {table: appended})
        return reply(request, asdict(appended))

    @router.post(
        "/v1/{db}/append",
        response_model=dict[str, Appended],
        openapi_extra=body({JSON: {"orders": [{"order": 1}], "stock": [{"sku": "tea", "change": -1}]}}),
    )
    async def append_many(db: str, request: Request) -> Response:
        """Appends to several tables, to all of them or to none. Table -> rows."""
        kind = content_type(request, JSON, TAGGED)
        content = await read_body(request, most)
        database = context.database(db)
        appended = await work.run(lambda: database.append_many(batches_of(content, kind)))
        count(db, appended)
        return reply(request, {name: asdict(result) for name, result in appended.items()})

    @router.post("/v1/{db}/import/{table}", response_model=Imported, openapi_extra=body({FILE: None}))
    async def import_file(
        db: str,
        table: str,
        request: Request,
        filename: str = "file",
        event_time: str | None = None,
        id: str | None = None,
        on_error: str = "stop",
    ) -> Response:
        """Imports a CSV, NDJSON, JSON, Parquet or Arrow file, or a table of a SQLite file, gzipped or not,
        sent as the body.

        Malformed records stop it, or with `on_error=quarantine` are kept aside in a file of the lake.
        """
        return await imported(db, table, request, filename, event_time, id, on_error)

    @router.post("/v1/{db}/import", response_model=Imported, openapi_extra=body({FILE: None}))
    async def import_tables(
        db: str,
        request: Request,
        table: Annotated[list[str] | None, Query()] = None,
        filename: str = "file",
        event_time: str | None = None,
        id: str | None = None,
        on_error: str = "stop",
    ) -> Response:
        """Imports all tables of a SQLite file, or some (`?table=a&table=b`), with the keys they declare."""
        return await imported(db, table, request, filename, event_time, id, on_error)

    async def imported(
        db: str,
        table: str | list[str] | None,
        request: Request,
        filename: str,
        event_time: str | None,
        id: str | None,
        on_error: str,
    ) -> Response:
        content_type(request, FILE)
        database = context.database(db)
        folder = Path(tempfile.mkdtemp(prefix="thermocline-import-"))
        path = folder / (Path(filename.replace("\\", "/")).name or "file")
        try:
            await save_body(request, work, path)
        except BaseException:
            shutil.rmtree(folder)
            raise

        def act(progress: Progress) -> Imported:
            try:
                done = database.import_file(
                    path, table, event_time=event_time, id=id, on_error=on_error, progress=progress
                )
            except Error as error:
                raise type(error)(error.message.replace(f"{folder}/", ""), hint=error.hint) from error
            finally:
                shutil.rmtree(folder)
            for part in done.parts or (done,):
                context.metrics.add(APPENDED, db, part.table, by=part.rows)
            return done

        return await reply_to_work(request, context, act)

    return router
