"""Moving events down the tiers, and checking them."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from ..core.results import Moved, Report
from .context import Context, reply_to_work


def step_routes(context: Context) -> APIRouter:
    """Each route gives its steps as lines to `Accept: application/x-ndjson`, else the result at once."""
    router = APIRouter(tags=["tiers"])

    @router.post("/v1/{db}/flush", response_model=Moved)
    async def flush(
        db: str, request: Request, table: str | None = None, up_to: int | None = None
    ) -> Response:
        """Hot to warm: everything, or everything up to and including a sequence."""
        database = context.database(db)
        return await reply_to_work(
            request, context, lambda progress: database.flush(table, up_to=up_to, progress=progress)
        )

    @router.post("/v1/{db}/compact", response_model=Moved)
    async def compact(db: str, request: Request, table: str | None = None) -> Response:
        """Small warm segments become large ones."""
        database = context.database(db)
        return await reply_to_work(
            request, context, lambda progress: database.compact(table, progress=progress)
        )

    @router.post("/v1/{db}/embed", response_model=Moved)
    async def embed(db: str, request: Request, table: str | None = None) -> Response:
        """Vectors that are still missing are computed now."""
        database = context.database(db)
        return await reply_to_work(
            request, context, lambda progress: database.embed(table, progress=progress)
        )

    @router.post("/v1/{db}/archive", response_model=Moved)
    async def archive(
        db: str, request: Request, table: str | None = None, up_to: int | None = None
    ) -> Response:
        """Down to cold (Iceberg): everything, or everything up to and including a sequence."""
        database = context.database(db)
        return await reply_to_work(
            request, context, lambda progress: database.archive(table, up_to=up_to, progress=progress)
        )

    @router.post("/v1/{db}/expire", response_model=Moved)
    async def expire(db: str, request: Request, table: str | None = None) -> Response:
        """Removes what retention, TTL and the history window no longer keep."""
        database = context.database(db)
        return await reply_to_work(
            request, context, lambda progress: database.expire(table, progress=progress)
        )

    @router.post("/v1/{db}/verify", response_model=Report)
    async def verify(db: str, request: Request) -> Response:
        """Reads everything and checks it. A damaged or missing file answers `Corrupt`."""
        database = context.database(db)
        return await reply_to_work(request, context, lambda progress: database.verify(progress=progress))

    return router
