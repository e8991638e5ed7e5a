"""Answers as JSON for whoever has no Arrow: exact digits, the types, the certificate."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import httpx
import pytest

from thermocline.core.protocols import Lakehouse


@pytest.fixture(autouse=True)
def rows(lake: Lakehouse) -> None:
    lake.database("acme").append(
        "t", [{"n": 2**53 + 1, "d": Decimal("1.10"), "b": b"\x00\xff", "x": float("nan"), "_stream": "s"}, {}]
    )


def test_an_answer_has_columns_types_rows_and_certificate(http: httpx.Client) -> None:
    reply = http.post(
        "/v1/acme/sql", json={"sql": "select n, d, b, x from t where _seq <= ? order by _seq", "params": [99]}
    )
    assert reply.headers["Content-Type"] == "application/json"
    answer = json.loads(reply.text, parse_float=Decimal)
    assert answer["columns"] == ["n", "d", "b", "x"]
    assert answer["types"] == ["BIGINT", "DECIMAL(38,2)", "BLOB", "DOUBLE"]
    assert answer["rows"] == [[2**53 + 1, Decimal("1.10"), "AP8=", None], [None] * 4]
    assert answer["certificate"]["complete"] is True
    assert answer["certificate"]["tables"]["t"]["shards"]["shard-0"]["hot"]["rows"] == 2


@pytest.mark.parametrize(
    ("sql", "type", "value"),
    [
        ("select timestamptz '2026-11-01 10:00:00.5+02'", "TIMESTAMPTZ", "2026-11-01T08:00:00.5Z"),
        ("select interval 26 hours", None, "PT26H"),
        ("select {'a': [1, null]}", None, {"a": [1, None]}),
        ("select map {'k': 1}", None, {"k": 1}),
        ("select 340282366920938463463374607431768211455::uhugeint", None, None),
        ("select json '[1, 12345678901234567890]'", None, None),
    ],
)
def test_values_that_only_an_answer_has_are_shown(
    http: httpx.Client, sql: str, type: str | None, value: Any
) -> None:
    reply = http.post("/v1/acme/sql", json={"sql": sql})
    assert reply.status_code == 200, reply.text
    if type is not None:
        assert reply.json()["types"] == [type]
    if value is not None:
        assert reply.json()["rows"] == [[value]]


def test_a_stream_of_events_is_json_too(http: httpx.Client) -> None:
    found = http.get("/v1/acme/streams/s").json()
    assert (found["stream"], found["version"]) == ("s", 1)
    (event,) = found["events"]
    assert (event["n"], event["b"], event["_position"]) == (2**53 + 1, "AP8=", 1)
    assert event["_time"].endswith("Z")


def test_the_other_looks_are_json(http: httpx.Client) -> None:
    assert http.get("/v1/databases").json() == {"databases": ["acme"]}
    assert http.get("/v1/acme/tables").json() == {"tables": ["t"]}
    assert http.get("/v1/acme/tables/t/schema").json()["fields"][0] == {"name": "n", "type": "BIGINT"}
    assert http.get("/v1/acme/tiers").json()["rows"][0][:4] == ["t", "shard-0", "hot", 2]
    bookmark = http.get("/v1/acme/bookmark").json()["bookmark"]
    sql = {"sql": "select count(*) from t", "as_of": bookmark}
    assert http.post("/v1/acme/sql", json=sql).json()["rows"] == [[2]]
    assert "t" in http.post("/v1/acme/explain", json={"sql": "select * from t"}).json()["plan"]


def test_the_steps_answer_at_once_or_line_by_line(http: httpx.Client) -> None:
    assert http.post("/v1/acme/flush", params={"table": "t"}).json()["rows"] == 2
    lines = http.post("/v1/acme/archive", headers={"Accept": "application/x-ndjson"}).text.splitlines()
    assert "progress" in json.loads(lines[0])
    assert json.loads(lines[-1])["result"]["rows"] == 2
    assert http.post("/v1/acme/compact").json()["rows"] == 0
    assert http.post("/v1/acme/expire").status_code == 200
    assert http.post("/v1/acme/verify").json()["rows"] == 2


def test_an_error_of_a_step_is_its_last_line(http: httpx.Client) -> None:
    lines = http.post(
        "/v1/acme/flush", params={"table": "nothing"}, headers={"Accept": "application/x-ndjson"}
    ).text.splitlines()
    assert json.loads(lines[-1])["error"]["kind"] == "NotFound"
