"""How a database is spread over shards: chosen when it is created, changed by splitting one."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from ..core.wire import TAGGED, load
from .bodies import JSON, content_type, read_body
from .context import Context, reply
from .models import NewDatabase, Shards, checked


def shard_routes(context: Context) -> APIRouter:
    router = APIRouter(tags=["shards"])
    work = context.work

    @router.put("/v1/{db}", response_model=Shards)
    async def create(db: str, request: Request) -> Response:
        """Creates a database with shards of one's choice; nothing happens if it has the same."""
        kind = content_type(request, JSON, TAGGED)
        body = await read_body(request, context.settings.body_bytes)
        wanted = checked(NewDatabase, load(body, tagged=kind == TAGGED))
        made = await work.run(lambda: context.lake.create_database(db, **wanted.model_dump()))
        context.used.add(db)
        return reply(request, await work.run(lambda: made.shard_map().to_dict()))

    @router.get("/v1/{db}/shards", response_model=Shards)
    async def shards(db: str, request: Request) -> Response:
        """The shards of a database and what part of its rows each takes."""
        database = context.database(db)
        return reply(request, await work.run(lambda: database.shard_map().to_dict()))

    @router.post("/v1/{db}/shards/{shard}/split", response_model=Shards)
    async def split(db: str, shard: str, request: Request) -> Response:
        """Parts a shard in two while appends go on."""
        database = context.database(db)
        return reply(request, await work.run(lambda: database.split(shard).to_dict()))

    return router
