"""The OpenAPI document: bodies that routes read by themselves, examples, errors and the key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from .models import ErrorBody

_ROWS: Mapping[str, Any] = {
    "anyOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}}],
    "description": "one row, or a list of rows",
}
_BINARY: Mapping[str, Any] = {"type": "string", "format": "binary"}


def body(examples: Mapping[str, Any]) -> dict[str, Any]:
    """A request body in several content types: type -> example, `None` for binary ones."""
    content: dict[str, dict[str, Any]] = {}
    for kind, example in examples.items():
        if example is None:
            content[kind] = {"schema": dict(_BINARY)}
        elif isinstance(example, str):
            content[kind] = {"schema": {"type": "string"}, "example": example}
        else:
            content[kind] = {"schema": dict(_ROWS), "example": example}
    return {"requestBody": {"required": True, "content": content}}


def model_body(model: type[BaseModel]) -> dict[str, Any]:
    """A request body in JSON of that model."""
    schema = model.model_json_schema()
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def arrow_too(kind: str) -> dict[int | str, dict[str, Any]]:
    """The answer is also given as an Arrow stream."""
    return {200: {"content": {kind: {"schema": dict(_BINARY)}}}}


def describe(app: FastAPI, *, key_needed: bool) -> dict[str, Any]:
    """The document of all routes, each with the error body that it can answer."""
    document: dict[str, Any] = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    components = document.setdefault("components", {}).setdefault("schemas", {})
    error = ErrorBody.model_json_schema(ref_template="#/components/schemas/{model}")
    components |= error.pop("$defs")
    components["ErrorBody"] = error
    for unused in ("HTTPValidationError", "ValidationError"):
        components.pop(unused, None)
    for path, operations in document["paths"].items():
        for operation in operations.values():
            responses = operation["responses"]
            responses.pop("422", None)
            if path != "/health":
                responses["default"] = {
                    "description": "An error; its kind decides the status, its hint says what to do.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorBody"}}},
                }
    if key_needed:
        document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"key": []}]
        document["paths"]["/health"]["get"]["security"] = []
    return document
