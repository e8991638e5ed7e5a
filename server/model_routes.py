"""The semantic model of a database: as it is, a draft of one, and another one in its place."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from .bodies import content_type, read_body
from .context import Context, reply
from .models import ModelText, ModelVersion

YAML = "application/yaml"


def model_routes(context: Context) -> APIRouter:
    router = APIRouter(tags=["query"])
    work = context.work

    @router.get("/v1/{db}/model", response_model=ModelText)
    async def model(db: str, request: Request, draft: bool = False) -> Response:
        """The semantic model in force; with `draft`, one to begin with."""
        database = context.database(db)
        if draft:
            return reply(request, {"version": 0, "text": await work.run(database.model_draft)})
        version, text = await work.run(database.model) or (0, None)
        return reply(request, {"version": version, "text": text})

    @router.put("/v1/{db}/model", response_model=ModelVersion)
    async def apply(db: str, request: Request, check: bool = False) -> Response:
        """Puts a model into force; the old versions stay. `check`: only tells what is wrong, line by line."""
        content_type(request, YAML, "text/yaml", "application/x-yaml")
        database = context.database(db)
        text = (await read_body(request, context.settings.body_bytes)).decode(errors="replace")
        if check:
            await work.run(lambda: database.check_model(text))
            return reply(request, {"version": None})
        return reply(request, {"version": await work.run(lambda: database.apply_model(text))})

    return router
