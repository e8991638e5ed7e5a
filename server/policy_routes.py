"""The policy of the lake as a file, for its owner."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from ..core.errors import Invalid
from .bodies import content_type, read_body
from .context import Context, accepts, reply
from .models import AppliedPolicy, PolicyFile

YAML = "application/yaml"


def policy_routes(context: Context) -> APIRouter:
    router = APIRouter(tags=["policy"])
    lake, work = context.lake, context.work

    @router.get("/v1/policy", response_model=PolicyFile)
    async def policy(request: Request) -> Response:
        """Grants, masks, filters, schemas, roles and limits; with `Accept: application/yaml` as a file."""
        text = await work.run(lake.policy_text)
        if accepts(request, YAML):
            return Response(text, media_type=YAML)
        return reply(request, {"policy": text})

    @router.put("/v1/policy", response_model=AppliedPolicy)
    async def apply(request: Request, check: bool = False) -> Response:
        """Puts a file in the place of all but tokens. `check`: only tells what the lake does not have."""
        content_type(request, YAML, "text/yaml", "application/x-yaml")
        body = await read_body(request, context.settings.body_bytes)
        try:
            text = body.decode()
        except UnicodeDecodeError as error:
            raise Invalid(f"the body is no text: {error}", hint="send YAML in UTF-8") from None
        if check:
            problems = await work.run(lambda: lake.check_policy(f"{text}\n"))
            return reply(request, {"version": None, "problems": problems})
        version = await work.run(lambda: lake.apply_policy(f"{text}\n"))
        return reply(request, {"version": version, "problems": []})

    return router
