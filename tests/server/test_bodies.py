"""Rows come in as JSON, NDJSON, CloudEvents and Arrow; what is malformed says where."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pyarrow as pa
import pytest

from thermocline.core.arrow_wire import ARROW, encode_rows
from thermocline.core.protocols import Lakehouse
from thermocline.server.settings import Settings

from ..serving import serving

ROUTE = "/v1/acme/tables/sales/append"
EVENT = {"specversion": "1.0", "id": "e-1", "source": "/shop", "type": "sold", "subject": "cart-7"}


def post(http: httpx.Client, content: bytes, kind: str, route: str = ROUTE, **headers: str) -> httpx.Response:
    return http.post(route, content=content, headers={"Content-Type": kind, **headers})


def rows(lake: Lakehouse, columns: str = "n") -> list[tuple[Any, ...]]:
    return lake.database("acme").sql(f"select {columns} from sales order by _seq").rows()


@pytest.mark.parametrize(
    ("kind", "content", "expected"),
    [
        ("application/json", b'{"n": 1}', [(1,)]),
        ("application/json", b'[{"n": 1}, {"n": 2}]', [(1,), (2,)]),
        ("application/json; charset=utf-8", b'[{"n": 9007199254740993}]', [(2**53 + 1,)]),
        ("application/x-ndjson", b'{"n": 1}\n\n{"n": 2}\n', [(1,), (2,)]),
        ("application/jsonl", b'{"n": 1}', [(1,)]),
        (ARROW, encode_rows(pa.table({"n": [1, 2]})), [(1,), (2,)]),
        ("application/vnd.thermocline+json", b'[{"n": {"$bytes": "AP8="}}]', [(b"\x00\xff",)]),
    ],
)
def test_rows_come_in_many_content_types(
    lake: Lakehouse, http: httpx.Client, kind: str, content: bytes, expected: list[tuple[Any, ...]]
) -> None:
    reply = post(http, content, kind)
    assert reply.status_code == 200, reply.text
    assert reply.json()["rows"] == len(expected)
    assert rows(lake) == expected


def test_the_options_of_an_append_are_parameters(lake: Lakehouse, http: httpx.Client) -> None:
    options = "?stream=cart-7&expected_version=0&event_time=at"
    reply = post(http, b'{"n": 1, "at": "2026-01-02"}', "application/json", ROUTE + options)
    assert reply.json()["version"] == 1
    assert rows(lake, "_stream, _position, _time::date::text") == [("cart-7", 1, "2026-01-02")]


@pytest.mark.parametrize("many", [False, True])
def test_structured_cloudevents(lake: Lakehouse, http: httpx.Client, many: bool) -> None:
    event = EVENT | {"data": {"n": 1}}
    kind = "application/cloudevents-batch+json" if many else "application/cloudevents+json"
    assert post(http, json.dumps([event] if many else event).encode(), kind).status_code == 200
    assert rows(lake, "n, _id, _type, _source, _stream") == [(1, "e-1", "sold", "/shop", "cart-7")]


def test_binary_cloudevents_have_their_attributes_in_headers(lake: Lakehouse, http: httpx.Client) -> None:
    headers = {f"ce-{name}": value for name, value in EVENT.items()}
    assert post(http, b'{"n": 1}', "application/json", **headers).status_code == 200
    assert rows(lake, "n, _id, _type, _stream") == [(1, "e-1", "sold", "cart-7")]


def test_a_retried_body_is_one_event(lake: Lakehouse, http: httpx.Client) -> None:
    for expected in (1, 0):
        assert post(http, b'{"_id": "a", "n": 1}', "application/json").json()["rows"] == expected
    assert rows(lake) == [(1,)]


def test_several_tables_at_once(lake: Lakehouse, http: httpx.Client) -> None:
    arrow = base64.b64encode(encode_rows(pa.table({"n": [2, 3]}))).decode()
    reply = http.post("/v1/acme/append", json={"orders": [{"order": 1}], "sales": {"arrow": arrow}})
    assert {table: done["rows"] for table, done in reply.json().items()} == {"orders": 1, "sales": 2}
    assert rows(lake) == [(2,), (3,)]


@pytest.mark.parametrize(
    ("kind", "content", "status", "text"),
    [
        ("application/json", b'{"n": 1,\n "m": }', 400, "line 2, column 7"),
        ("application/json", b"", 400, "line 1"),
        ("application/json", b"5", 400, "not rows"),
        ("application/json", b"[5]", 400, "row 1"),
        ("application/json", b'{"n": NaN}', 400, "line 1"),
        ("application/x-ndjson", b'{"n": 1}\n{"n": 2\n', 400, "line 2, column 8"),
        ("application/cloudevents+json", b'{"specversion": "1.0"}', 400, "`id`"),
        (ARROW, b"not arrow", 400, "no end"),
        (ARROW, encode_rows(pa.table({"n": [1]}))[:-8], 400, "cut short"),
        ("text/plain", b'{"n": 1}', 415, "text/plain"),
        ("application/x-www-form-urlencoded", b"n=1", 415, "application/json"),
        ("", b'{"n": 1}', 415, "without content type"),
    ],
)
def test_what_is_malformed_says_why(
    lake: Lakehouse, http: httpx.Client, kind: str, content: bytes, status: int, text: str
) -> None:
    reply = post(http, content, kind)
    assert reply.status_code == status
    error = reply.json()["error"]
    assert error["kind"] == "Invalid"
    assert text in error["message"] + error["hint"]
    assert lake.database("acme").tables() == []


@pytest.mark.parametrize(
    "body", [[], {"t": {"n": 1}}, {"t": {"arrow": "?"}}, {"t": {"arrow": "AAAA"}}], ids=str
)
def test_several_tables_that_are_malformed_say_why(http: httpx.Client, body: Any) -> None:
    reply = http.post("/v1/acme/append", json=body)
    assert (reply.status_code, reply.json()["error"]["kind"]) == (400, "Invalid")


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_large_is_refused(lake: Lakehouse, chunked: bool) -> None:
    content = b'{"n": "' + b"x" * 2_000 + b'"}'
    with serving(lake, settings=Settings(body_bytes=1_000)) as url:
        reply = httpx.post(
            url + ROUTE,
            content=iter([content]) if chunked else content,
            headers={"Content-Type": "application/json"},
            trust_env=False,
        )
    assert reply.status_code == 413
    assert reply.json()["error"]["kind"] == "Invalid"
    assert "1000 bytes" in reply.json()["error"]["message"]
    assert lake.databases() == []


def test_a_file_is_imported_under_its_own_name(lake: Lakehouse, http: httpx.Client) -> None:
    options = {"filename": "../../sales.csv", "id": "n"}
    kind = {"Content-Type": "application/octet-stream"}
    reply = http.post("/v1/acme/import/sales", params=options, content=b"n,k\n1,a\n2,b\n", headers=kind)
    assert reply.json()["rows"] == 2
    assert rows(lake, "n, k, _id") == [(1, "a", "1"), (2, "b", "2")]
    reply = http.post("/v1/acme/import/sales", params=options, content=b"n\n1,2,3\n", headers=kind)
    assert reply.status_code == 400
    assert "sales.csv" in reply.json()["error"]["message"]
    assert "thermocline-import" not in reply.text
