"""What requests carry: rows in several content types, questions in JSON, files."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from starlette.requests import Request

from ..core.arrow_wire import ARROW, decode_rows
from ..core.errors import Invalid
from ..core.protocols import Rows
from ..core.wire import TAGGED, load
from .errors import Refused
from .work import Work

JSON = "application/json"
NDJSON = ("application/x-ndjson", "application/ndjson", "application/jsonl")
CLOUDEVENT = "application/cloudevents+json"
CLOUDEVENTS = "application/cloudevents-batch+json"
FILE = "application/octet-stream"
_PIECE = 1 << 20
ROW_TYPES = (JSON, *NDJSON, CLOUDEVENT, CLOUDEVENTS, ARROW, TAGGED)


async def read_body(request: Request, most: int) -> bytes:
    """The whole body. Raises `Invalid` (413) if it is longer than `most` bytes."""
    if int(request.headers.get("content-length", 0)) > most:
        raise _too_large(most)
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > most:
            raise _too_large(most)
        pieces.append(piece)
    return b"".join(pieces)


def content_type(request: Request, *allowed: str) -> str:
    """Raises `Invalid` (415) for another one: a form of a foreign web page can send only such."""
    found = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if found not in allowed:
        shown = f"the content type {found}" if found else "a body without content type"
        raise Refused(415, Invalid(f"{shown} is not taken here", hint=f"send {' or '.join(allowed)}"))
    return found


def rows_of(body: bytes, kind: str, headers: Mapping[str, str]) -> Rows:
    """The rows of a body of content type `kind`. Raises `Invalid` with line and column."""
    if kind == ARROW:
        return decode_rows(body)
    if kind in NDJSON:
        return _lines(body)
    value = load(body, tagged=kind == TAGGED)
    if kind == JSON and "ce-specversion" in headers:
        return [_from_headers(headers, value)]
    if kind == CLOUDEVENT:
        value = [value]
    return _rows([value] if isinstance(value, dict) else value)


def batches_of(body: bytes, kind: str) -> dict[str, Rows]:
    """Table -> rows; as a list, or as `{"arrow": base64 of an Arrow stream}`."""
    value = load(body, tagged=kind == TAGGED)
    if not isinstance(value, dict):
        raise Invalid("the body is no object", hint='send {"orders": [rows], "stock": [rows]}')
    return {table: _batch(table, rows) for table, rows in value.items()}


async def save_body(request: Request, work: Work, path: Path) -> None:
    """The body as a file, written in large pieces away from the event loop."""
    with path.open("wb") as file:
        held = bytearray()
        async for piece in request.stream():
            held += piece
            if len(held) >= _PIECE:
                await work.run(partial(file.write, bytes(held)))
                held.clear()
        await work.run(partial(file.write, bytes(held)))


def _rows(value: Any) -> Rows:
    if not isinstance(value, list):
        raise Invalid(f"the body is {type(value).__name__}, not rows", hint="send one object or a list")
    return value


def _lines(body: bytes) -> Rows:
    rows = []
    for number, line in enumerate(body.split(b"\n"), start=1):
        if line.strip():
            try:
                rows.append(load(line))
            except Invalid as problem:
                message = problem.message.replace("line 1,", f"line {number},")
                raise Invalid(message, hint="send one JSON object on each line") from None
    return rows


def _from_headers(headers: Mapping[str, str], data: Any) -> dict[str, Any]:
    """A CloudEvent in HTTP's binary mode: attributes in headers, data in the body."""
    attributes = {name[3:]: value for name, value in headers.items() if name.startswith("ce-")}
    return {**attributes, "datacontenttype": JSON, "data": data}


def _batch(table: str, value: Any) -> Rows:
    match value:
        case list():
            return value
        case {"arrow": str(encoded), **rest} if not rest:
            try:
                return decode_rows(base64.b64decode(encoded, validate=True))
            except binascii.Error:
                raise Invalid(f"the rows of `{table}` are not base64", hint="encode the bytes") from None
    raise Invalid(f"`{table}` has no list of rows", hint='send [rows], or {"arrow": "<base64>"}')


def _too_large(most: int) -> Refused:
    return Refused(
        413,
        Invalid(f"the body is larger than {most} bytes", hint="send it in parts, or as a file to import"),
        Connection="close",
    )
