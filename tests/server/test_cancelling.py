"""A query ends when nobody wants it any more: cancelled, its client gone, or the server stopping."""

from __future__ import annotations

import re
import threading
import time

import httpx
import pyarrow as pa
import pytest

from thermocline.core.arrow_wire import ARROW
from thermocline.core.protocols import Lakehouse

from ..serving import serving

SLOW = {"sql": "select count(*) from big a, big b, big c where a.n + b.n + c.n = -1"}
LONG = {"sql": "select a.n, repeat('x', 1000) as x from big a, big b"}


@pytest.fixture(autouse=True)
def big(lake: Lakehouse) -> None:
    lake.database("acme").append("big", pa.table({"n": range(5_000)}))


def running(http: httpx.Client) -> int:
    (found,) = re.findall(r"^thermocline_queries_running (\d+)$", http.get("/metrics").text, re.MULTILINE)
    return int(found)


def wait_until_running(http: httpx.Client, expected: int) -> None:
    deadline = time.monotonic() + 10
    while running(http) != expected:
        assert time.monotonic() < deadline, f"{running(http)} queries are running, not {expected}"
        time.sleep(0.02)


def test_another_request_cancels_a_query(http: httpx.Client) -> None:
    replies: list[httpx.Response] = []
    asking = threading.Thread(
        target=lambda: replies.append(http.post("/v1/acme/sql", json=SLOW | {"id": "q1"}, timeout=30))
    )
    asking.start()
    wait_until_running(http, 1)
    assert http.post("/v1/other/sql/q1/cancel").status_code == 204, "the query of another tenant goes on"
    assert running(http) == 1
    assert http.post("/v1/acme/sql/q1/cancel").status_code == 204
    asking.join()
    assert replies[0].status_code == 503
    assert "cancel" in replies[0].json()["error"]["message"]
    assert running(http) == 0


def test_a_cancel_that_overtakes_its_query_counts(http: httpx.Client) -> None:
    assert http.post("/v1/acme/sql/q2/cancel").status_code == 204
    reply = http.post("/v1/acme/sql", json=SLOW | {"id": "q2"}, timeout=30)
    assert reply.status_code == 503
    again = http.post("/v1/acme/sql", json={"sql": "select 1", "id": "q2"})
    assert again.status_code == 200, "it counts once"


@pytest.mark.parametrize("accept", ["application/json", ARROW])
def test_a_client_that_leaves_cancels_its_query(http: httpx.Client, accept: str) -> None:
    with pytest.raises(httpx.ReadTimeout):
        http.post("/v1/acme/sql", json=SLOW, headers={"Accept": accept}, timeout=0.3)
    wait_until_running(http, 0)


def test_a_client_that_leaves_in_the_middle_of_an_answer_ends_it(http: httpx.Client) -> None:
    with http.stream("POST", "/v1/acme/sql", json=LONG, headers={"Accept": ARROW}) as reply:
        assert reply.status_code == 200
        pieces = reply.iter_bytes()
        assert next(pieces)
        assert running(http) == 1
    wait_until_running(http, 0)


def test_a_client_that_leaves_ends_what_computes_the_next_rows(lake: Lakehouse) -> None:
    sql = f"select n from big union all {SLOW['sql']}"
    with serving(lake) as url:
        with httpx.Client(base_url=url, trust_env=False, timeout=30) as http:
            with http.stream("POST", "/v1/acme/sql", json={"sql": sql}, headers={"Accept": ARROW}) as reply:
                pieces = reply.iter_bytes()
                assert next(pieces)
                time.sleep(0.3)
            wait_until_running(http, 0)
        left = time.monotonic()
    assert time.monotonic() - left < 5, "the server waits for no thread that still computes"


def test_slow_queries_do_not_hold_up_the_server(http: httpx.Client, url: str) -> None:
    def ask() -> None:
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{url}/v1/acme/sql", json=SLOW, timeout=2, trust_env=False)

    asking = [threading.Thread(target=ask) for _ in range(4)]
    for thread in asking:
        thread.start()
    wait_until_running(http, 4)
    started = time.monotonic()
    assert http.get("/health").status_code == 200
    assert http.get("/v1/acme/tables").json() == {"tables": ["big"]}
    assert time.monotonic() - started < 1.5
    for thread in asking:
        thread.join()
    wait_until_running(http, 0)
