"""The page at /docs: the OpenAPI document as plain HTML, readable without scripts and without a network."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Mapping
from typing import Any

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid #ccc; }
h3 code { font-size: 1rem; } b { color: #06c; }
pre { background: #f4f6f8; padding: .75rem; overflow-x: auto; }
table { border-collapse: collapse; } td, th { padding: .1rem 1rem .1rem 0; text-align: left; }
"""


def page(document: Mapping[str, Any]) -> str:
    """HTML of an OpenAPI document."""
    info = document["info"]
    return "\n".join(
        [
            "<!doctype html><html lang=en><meta charset=utf-8>",
            f"<title>{html.escape(info['title'])}</title><style>{_STYLE}</style>",
            f"<h1>{html.escape(info['title'])} {html.escape(info['version'])}</h1>",
            _prose(info.get("description", "")),
            '<p>For programs: <a href="/openapi.json">/openapi.json</a>.</p>',
            *_groups(document),
            "</html>",
        ]
    )


def _groups(document: Mapping[str, Any]) -> Iterator[str]:
    group = None
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            tag = operation.get("tags", ["other"])[0]
            if tag != group:
                group = tag
                yield f"<h2>{html.escape(tag)}</h2>"
            yield f"<h3><b>{method.upper()}</b> <code>{html.escape(path)}</code></h3>"
            yield from _operation(operation, document)


def _operation(operation: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[str]:
    yield _prose(operation.get("description", ""))
    if parameters := [p for p in operation.get("parameters", []) if p["in"] == "query"]:
        names = (f"<tr><td><code>{html.escape(p['name'])}</code><td>{_kind(p['schema'])}" for p in parameters)
        yield f"<table><tr><th>parameter<th>{''.join(names)}</table>"
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        yield _example("Send", kind, content, document)
    for kind, content in operation["responses"].get("200", {}).get("content", {}).items():
        yield _example("Get", kind, content, document)


def _example(verb: str, kind: str, content: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    title = f"<p>{verb} <code>{html.escape(kind)}</code></p>"
    example = content.get("example")
    if example is None:
        schema = _resolve(content.get("schema", {}), document)
        example = next(iter(schema.get("examples", [])), None)
    if example is None:
        return title
    text = example if isinstance(example, str) else json.dumps(example, indent=2, ensure_ascii=False)
    return f"{title}<pre>{html.escape(text)}</pre>"


def _resolve(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in schema:
        return schema
    found: Mapping[str, Any] = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return found


def _kind(schema: Mapping[str, Any]) -> str:
    kinds = [schema, *schema.get("anyOf", [])]
    return html.escape(" or ".join(k["type"] for k in kinds if k.get("type", "null") != "null"))


def _prose(text: str) -> str:
    return "".join(f"<p>{html.escape(part)}</p>" for part in text.split("\n\n") if part.strip())
