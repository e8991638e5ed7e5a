"""The OpenAPI document is right and complete, and the page shows all of it without a network."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute
from openapi_spec_validator import validate

from thermocline.core.protocols import Lakehouse
from thermocline.server.app import create_app

OPERATIONS = {
    ("delete", "/v1/objects/{ref}/{id}"),
    ("delete", "/v1/{db}/agents/{agent}/memories/{name}"),
    ("get", "/health"),
    ("get", "/metrics"),
    ("get", "/v1/databases"),
    ("get", "/v1/policy"),
    ("get", "/v1/top"),
    ("get", "/v1/objects"),
    ("get", "/v1/objects/{ref}/{id}"),
    ("get", "/v1/objects/{ref}/{id}/facts"),
    ("get", "/v1/{db}/agents/{agent}/log"),
    ("get", "/v1/{db}/agents/{agent}/memories/{name}"),
    ("get", "/v1/{db}/agents/{agent}/turns"),
    ("get", "/v1/{db}/bookmark"),
    ("get", "/v1/{db}/model"),
    ("get", "/v1/{db}/shards"),
    ("get", "/v1/{db}/streams/{name}"),
    ("get", "/v1/{db}/tables"),
    ("get", "/v1/{db}/tables/{table}/keys"),
    ("get", "/v1/{db}/tables/{table}/schema"),
    ("get", "/v1/{db}/tiers"),
    ("post", "/v1/objects/{ref}/call"),
    ("post", "/v1/{db}/agents/{agent}/ask"),
    ("post", "/v1/{db}/agents/{agent}/corrections"),
    ("post", "/v1/{db}/agents/{agent}/verified"),
    ("post", "/v1/{db}/append"),
    ("post", "/v1/{db}/archive"),
    ("post", "/v1/{db}/ask"),
    ("post", "/v1/{db}/compact"),
    ("post", "/v1/{db}/embed"),
    ("post", "/v1/{db}/expire"),
    ("post", "/v1/{db}/explain"),
    ("post", "/v1/{db}/flush"),
    ("post", "/v1/{db}/import"),
    ("post", "/v1/{db}/import/{table}"),
    ("post", "/v1/{db}/search"),
    ("post", "/v1/{db}/shards/{shard}/split"),
    ("post", "/v1/{db}/sql"),
    ("post", "/v1/{db}/sql/{id}/cancel"),
    ("post", "/v1/{db}/tables/{table}/append"),
    ("post", "/v1/{db}/verify"),
    ("put", "/v1/policy"),
    ("put", "/v1/{db}"),
    ("put", "/v1/{db}/agents/{agent}"),
    ("put", "/v1/{db}/agents/{agent}/memories/{name}"),
    ("put", "/v1/{db}/model"),
}


@pytest.fixture
def document(http: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = http.get("/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method, path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def test_it_is_valid_openapi(document: dict[str, Any]) -> None:
    validate(document)


def test_it_has_every_route(document: dict[str, Any]) -> None:
    assert set(operations(document)) == OPERATIONS


def test_every_operation_is_described_and_can_fail(document: dict[str, Any]) -> None:
    for (_, path), operation in operations(document).items():
        assert operation["description"].strip().endswith(".")
        if path != "/health":
            assert operation["responses"]["default"]["content"]["application/json"]["schema"] == {
                "$ref": "#/components/schemas/ErrorBody"
            }


def test_every_body_has_an_example_that_works(http: httpx.Client, document: dict[str, Any]) -> None:
    http.post("/v1/acme/tables/sales/append", json=[{"product": "milk", "revenue": 1.9}])
    meaning = "meaning float[64] generated always as (embed('hashing', body))"
    reviews = f"create table reviews (body varchar, stars bigint, {meaning})"
    assert http.post("/v1/acme/sql", json={"sql": reviews}).status_code == 200
    assert http.put("/v1/acme/agents/priya", json={"tables": ["sales"]}).status_code == 200
    for (method, path), operation in sorted(operations(document).items()):
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            example = content.get("example") or next(iter(content["schema"].get("examples", [])), None)
            if example is None:
                assert content["schema"]["format"] == "binary"
                continue
            target = path.format(db="acme", table=f"t{abs(hash(kind))}", agent="priya", name="unit")
            send = {"content": example} if isinstance(example, str) else {"json": example}
            reply = http.request(method, target, headers={"Content-Type": kind}, **send)
            assert reply.is_success or "future" in reply.text or "before" in reply.text, (
                kind,
                reply.text,
            )


def test_the_key_is_described_where_there_is_one(lake: Lakehouse) -> None:
    assert "security" not in create_app(lake).openapi()
    document = create_app(lake, api_key="k").openapi()
    assert document["security"] == [{"key": []}]
    assert document["paths"]["/health"]["get"]["security"] == []


def test_the_page_shows_every_route_and_loads_nothing(http: httpx.Client, document: dict[str, Any]) -> None:
    page = http.get("/docs").text
    for method, path in OPERATIONS:
        assert f"<h3><b>{method.upper()}</b> <code>{path}</code></h3>" in page
    assert not re.search(r"<script|<link|src=|url\(|https?://", page)
    assert document["info"]["version"] in page


def test_no_route_is_hidden_but_the_documents(lake: Lakehouse) -> None:
    app = create_app(lake)
    hidden = {
        route.path for route in app.routes if isinstance(route, APIRoute) and not route.include_in_schema
    }
    assert hidden == {"/docs"}
