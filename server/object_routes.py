"""Durable objects over HTTP: one route carries every call, to classes that this server offers and no others.

POST /v1/objects/shop:Cart/call  {"name": "cart-7", "method": "add", "args": ["tea"]}  ->  {"value": 1}
"""

from __future__ import annotations

import builtins
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response

from ..core.errors import Error, Invalid, NotFound, nearest
from ..core.objects import ObjectId, class_ref, named_id
from ..core.wire import TAGGED, load
from .bodies import JSON, content_type, read_body
from .context import Context, reply
from .models import ObjectAnswer, ObjectList, ObjectMessage, ObjectShown, checked


def object_routes(context: Context, classes: Sequence[type]) -> APIRouter:
    router = APIRouter(tags=["objects"])
    work = context.work
    offered = {class_ref(kind): kind for kind in classes}

    def known(ref: str) -> type:
        if ref not in offered:
            hint = nearest(ref, offered) if offered else "thermocline serve --objects module"
            raise NotFound(f"this server offers no class {ref}", hint=hint)
        return offered[ref]

    @router.post("/v1/objects/{ref}/call", response_model=ObjectAnswer)
    async def call(ref: str, request: Request) -> Response:
        """Calls a method of an object, by its name or id; `operation` makes the call happen once.

        What the method raises is in `raised`, by type and arguments.
        """
        kind = known(ref)
        body_kind = content_type(request, JSON, TAGGED)
        body = await read_body(request, context.settings.body_bytes)
        message = checked(ObjectMessage, load(body, tagged=body_kind == TAGGED))
        return reply(request, await work.run(lambda: _call(context, kind, message)))

    @router.get("/v1/objects", response_model=ObjectList)
    async def objects(request: Request) -> Response:
        """Every object that has stored something, of the classes that are offered here."""

        def look() -> list[Mapping[str, Any]]:
            return [facts.to_dict() for kind in classes for facts in context.lake.objects().list(kind)]

        return reply(request, {"objects": await work.run(look)})

    @router.get("/v1/objects/{ref}/{id}/facts", response_model=ObjectShown)
    async def facts(ref: str, id: str, request: Request) -> Response:
        """What is kept of one object."""
        known(ref)
        identity = _identity(ref, None, id)
        return reply(request, await work.run(lambda: context.lake.objects().inspect(identity).to_dict()))

    @router.get("/v1/objects/{ref}/{id}", response_class=Response)
    async def export(ref: str, id: str, bookmark: str | None = None) -> Response:
        """An object's private storage as a SQLite file, now or at a bookmark."""
        known(ref)
        identity = _identity(ref, None, id)

        def read() -> bytes:
            with tempfile.TemporaryDirectory() as folder:
                file = context.lake.objects().export(identity, Path(folder) / "object.sqlite", bookmark)
                return file.read_bytes()

        return Response(await work.run(read), media_type="application/vnd.sqlite3")

    @router.delete("/v1/objects/{ref}/{id}", status_code=204, response_class=Response)
    async def delete(ref: str, id: str) -> Response:
        """Removes an object with its history and its alarms."""
        known(ref)
        await work.run(lambda: context.lake.objects().delete(_identity(ref, None, id)))
        return Response(status_code=204)

    return router


def _call(context: Context, kind: type, message: ObjectMessage) -> dict[str, Any]:
    stub = context.lake.objects().reach(_identity(class_ref(kind), message.name, message.id))
    try:
        method = getattr(stub, message.method)
    except AttributeError as problem:
        raise NotFound(str(problem), hint="a public method of the class") from problem
    if message.operation is not None:
        method = method.once(message.operation)
    try:
        return {"value": method(*message.args, **message.kwargs)}
    except Error:
        raise
    except Exception as raised:  # noqa: BLE001 - the object's own error goes to its caller, not to our log
        return {"raised": {"type": _type_name(type(raised)), "args": [_plain(arg) for arg in raised.args]}}


def _type_name(kind: type) -> str:
    return kind.__name__ if getattr(builtins, kind.__name__, None) is kind else class_ref(kind)


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | float | bool | None) else repr(value)


def _identity(ref: str, name: str | None, id: str | None) -> ObjectId:
    if name is not None:
        return named_id(ref, name)
    try:
        digest = bytes.fromhex(id or "")
    except ValueError:
        digest = b""
    if len(digest) != 16:
        raise Invalid(f"not an object's id: {id!r}", hint="32 hex digits, or give its name")
    return ObjectId(ref, None, digest)
