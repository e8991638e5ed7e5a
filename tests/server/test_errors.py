"""Each kind of error has its status; the body says what happened and what to do."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from thermocline.core.errors import KINDS, Error
from thermocline.core.protocols import Lakehouse
from thermocline.sdks.lakehouse.http import connect_http

from ..serving import serving

STATUS = {
    "Invalid": 400, "Denied": 403, "TooManyRows": 403, "NotFound": 404, "Conflict": 409, "Fenced": 421,
    "Unavailable": 503, "Overloaded": 503, "Corrupt": 500,
}  # fmt: skip


class Failing:
    """A lake that fails with whatever it is told to."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def has_tokens(self) -> bool:
        return False

    def databases(self) -> list[str]:
        raise self.error


@pytest.mark.parametrize("kind", KINDS.values())
def test_each_kind_has_its_status_and_arrives_as_itself(kind: type[Error]) -> None:
    with serving(Failing(kind("it broke", hint="mend it"))) as url:  # type: ignore[arg-type]
        reply = httpx.get(f"{url}/v1/databases", trust_env=False)
        assert reply.status_code == STATUS[kind.__name__]
        assert reply.json() == {
            "error": {
                "kind": kind.__name__, "message": "it broke", "hint": "mend it", "retryable": kind.retryable
            }
        }  # fmt: skip
        assert ("Retry-After" in reply.headers) == kind.retryable
        with connect_http(url) as lake, pytest.raises(kind, match="it broke") as caught:
            lake.databases()
    assert type(caught.value) is kind
    assert caught.value.hint == "mend it"


def test_a_failure_that_nobody_foresaw_shows_nothing_of_the_inside() -> None:
    with serving(Failing(RuntimeError("/secret/path"))) as url:  # type: ignore[arg-type]
        reply = httpx.get(f"{url}/v1/databases", trust_env=False)
    assert reply.status_code == 500
    assert reply.json()["error"]["kind"] == "Unavailable"
    assert "secret" not in reply.text


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "text"),
    [
        ("GET", "/nowhere", None, 404, "route"),
        ("GET", "/v1/acme/sql", None, 405, "Method"),
        ("POST", "/v1/1st/flush", None, 400, "database name"),
        ("POST", "/v1/acme/flush?up_to=soon", None, 400, "up_to"),
        ("GET", "/v1/acme/streams/s?limit=many", None, 400, "limit"),
        ("POST", "/v1/acme/sql", {}, 400, "`sql`"),
        ("POST", "/v1/acme/sql", {"sql": 5}, 400, "`sql`"),
        ("POST", "/v1/acme/sql", {"sql": "select 1", "parms": []}, 400, "`parms`"),
        ("POST", "/v1/acme/sql", {"sql": "select 1", "params": "tea"}, 400, "`params`"),
        ("POST", "/v1/acme/sql", {"sql": "select 1", "as_of": True}, 400, "`as_of`"),
        ("POST", "/v1/acme/sql", {"sql": "select 1", "timeout": "long"}, 400, "`timeout`"),
        ("POST", "/v1/acme/sql", ["select 1"], 400, "body"),
        ("POST", "/v1/acme/explain", {"sql": "select 1", "analyze": "yes"}, 400, "`analyze`"),
        ("POST", "/v1/acme/sql", {"sql": "select * from nothing"}, 404, "nothing"),
        ("GET", "/v1/acme/tables/nothing/schema", None, 404, "nothing"),
    ],
)
def test_a_wrong_request_says_what_is_wrong(
    http: httpx.Client, method: str, path: str, body: Any, status: int, text: str
) -> None:
    reply = http.request(method, path, json=body) if body is not None else http.request(method, path)
    assert reply.status_code == status
    error = reply.json()["error"]
    assert text in error["message"]
    assert error["hint"]


def test_a_reply_of_something_else_is_unavailable(lake: Lakehouse) -> None:
    with serving(lake) as url, connect_http(f"{url}/elsewhere") as client, pytest.raises(Error):
        client.databases()


def test_nobody_there_is_unavailable_with_the_address() -> None:
    with connect_http("http://127.0.0.1:9") as lake, pytest.raises(Error, match=r"127\.0\.0\.1:9") as caught:
        lake.databases()
    assert caught.value.kind == "Unavailable"
    assert "thermocline serve" in caught.value.hint


@pytest.mark.parametrize("url", ["http://", "ftp://host", "host:8380", "http://host:port"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(Error) as caught:
        connect_http(url)
    assert caught.value.kind == "Invalid"


def test_a_closed_client_is_unavailable(url: str) -> None:
    lake = connect_http(url)
    lake.close()
    lake.close()
    with pytest.raises(Error, match="closed"):
        lake.databases()
