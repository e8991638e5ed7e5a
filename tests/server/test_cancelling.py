"""A query ends when nobody wants it any more: cancelled, its client gone, or the server stopping."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator

import httpx
import pyarrow as pa
import pytest

from thermocline.core.arrow_wire import ARROW
from thermocline.core.certificate import Certificate
from thermocline.core.protocols import Cancel, Lakehouse
from thermocline.core.results import Result

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


class Stalling:
    """A lake whose answers have one batch, and then none until they are cancelled."""

    def __init__(self) -> None:
        self.cancelled = threading.Event()

    def database(self, _name: str, **_caller: object) -> Stalling:
        return self

    def has_tokens(self) -> bool:
        return False

    def sql(self, _sql: str, _params: None, *, cancel: Cancel, **_options: object) -> Result:
        cancel.watch(self.cancelled.set)

        def batches() -> Iterator[pa.RecordBatch]:
            yield pa.record_batch({"n": [1]})
            self.cancelled.wait(30)

        return Result(
            pa.RecordBatchReader.from_batches(pa.schema([("n", pa.int64())]), batches()), Certificate()
        )


def test_a_client_that_leaves_cancels_what_computes_the_next_rows() -> None:
    lake = Stalling()
    with serving(lake) as url:  # type: ignore[arg-type]
        headers = {"Accept": ARROW}
        with httpx.stream("POST", f"{url}/v1/acme/sql", json=LONG, headers=headers, trust_env=False) as reply:
            pieces = reply.iter_bytes()
            assert next(pieces)
            assert not lake.cancelled.wait(0.2)
        assert lake.cancelled.wait(5)


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
