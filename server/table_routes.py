"""What there is: databases, tables, columns, tiers, streams; and a point to come back to."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from ..core.arrow_wire import ARROW
from ..core.types import type_name
from .answers import answer
from .context import Context, reply
from .models import Answer, Bookmark, Columns, Databases, Events, TableKeys, Tables
from .openapi import arrow_too


def table_routes(context: Context) -> APIRouter:
    router = APIRouter(tags=["look"])
    work = context.work

    @router.get("/v1/databases", response_model=Databases)
    async def databases(request: Request) -> Response:
        """The databases (tenants) of the lake."""
        return reply(request, {"databases": await work.run(context.databases)})

    @router.get("/v1/{db}/tables", response_model=Tables)
    async def tables(db: str, request: Request) -> Response:
        """The tables of a database."""
        return reply(request, {"tables": await work.run(context.database(db).tables)})

    @router.get("/v1/{db}/tables/{table}/schema", response_model=Columns)
    async def schema(db: str, table: str, request: Request, as_of: str | None = None) -> Response:
        """The payload columns of a table, now or at a point in the past."""
        database = context.database(db)
        found = await work.run(lambda: database.schema(table, as_of=as_of))
        return reply(request, {"fields": [{"name": f.name, "type": type_name(f.type)} for f in found]})

    @router.get("/v1/{db}/tables/{table}/keys", response_model=TableKeys)
    async def keys(db: str, table: str, request: Request) -> Response:
        """What is told of a table's keys; nothing enforces them."""
        database = context.database(db)
        found = await work.run(lambda: database.keys(table))
        return reply(request, found.to_dict())

    @router.get("/v1/{db}/tiers", response_model=Answer, responses=arrow_too(ARROW))
    async def tiers(db: str, request: Request, table: str | None = None) -> Response:
        """Rows, files, bytes and spans of each tier of one table, or of all."""
        database = context.database(db)
        return await answer(request, context, db, None, lambda _cancel: database.tiers(table))

    @router.get("/v1/{db}/streams/{name:path}", response_model=Events)
    async def stream(
        db: str,
        name: str,
        request: Request,
        after: int = 0,
        limit: int | None = None,
        backwards: bool = False,
    ) -> Response:
        """The version of a stream and its events in order; `limit=0` gives the version alone."""
        found = context.database(db).stream(name)

        def act() -> dict[str, Any]:
            events = found.read(after=after, limit=limit, backwards=backwards) if limit != 0 else []
            return {"stream": name, "version": found.version, "events": events}

        return reply(request, await work.run(act))

    @router.get("/v1/{db}/bookmark", response_model=Bookmark)
    async def bookmark(db: str, request: Request) -> Response:
        """The present as a point that `as_of` can name later."""
        return reply(request, {"bookmark": await work.run(context.database(db).bookmark)})

    return router
