"""`serve` from start to end: one line that says where, and a lake that is closed however it stops."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pyarrow as pa
import pytest

import thermocline
from thermocline.core.errors import Unavailable

PROGRAM = """
import sys, thermocline
from thermocline.server.run import serve
with thermocline.connect(sys.argv[1], background=False) as lake:
    serve(lake, port=0)
print("closed")
"""
TAKES_A_WHILE = "select count(*) from big a, big b, range(40) c where a.n * b.n + c.range = -1"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    program = [sys.executable, "-c", PROGRAM, str(tmp_path / "lake")]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def said(server: subprocess.Popen[str]) -> str:
    assert server.stdout is not None
    line = server.stdout.readline()
    assert line.startswith("Thermocline listens on http://127.0.0.1:")
    return line.split()[-1]


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_and_the_lake_is_closed(
    server: subprocess.Popen[str], tmp_path: Path, stop: signal.Signals
) -> None:
    with thermocline.connect(said(server)) as lake:
        lake.database("acme").append("t", [{"n": 1}])
    server.send_signal(stop)
    rest, _ = server.communicate(timeout=20)
    assert rest == "closed\n", "it says its address and nothing else"
    assert server.returncode == 0
    with thermocline.connect(tmp_path / "lake", background=False) as lake:
        assert lake.database("acme").sql("select n from t").rows() == [(1,)]


def test_a_request_in_flight_is_answered_before_it_stops(server: subprocess.Popen[str]) -> None:
    url = said(server)
    with thermocline.connect(url) as lake:
        shop = lake.database("acme")
        shop.append("big", pa.table({"n": range(3_000)}))
        answers: list[object] = []

        def ask() -> None:
            answers.append(shop.sql(TAKES_A_WHILE).rows())

        asking = threading.Thread(target=ask)
        asking.start()
        while "thermocline_queries_running 1" not in httpx.get(f"{url}/metrics", trust_env=False).text:
            assert asking.is_alive(), "it was answered before anyone could look"
        server.send_signal(signal.SIGTERM)
        asking.join()
    assert answers == [[(0,)]]
    assert server.communicate(timeout=20)[0] == "closed\n"


@pytest.mark.long
def test_a_query_without_end_is_cancelled_when_it_stops(server: subprocess.Popen[str]) -> None:
    url = said(server)
    with thermocline.connect(url) as lake:
        shop = lake.database("acme")
        shop.append("big", pa.table({"n": range(5_000)}))
        failures: list[Exception] = []

        def ask() -> None:
            try:
                shop.sql("select count(*) from big a, big b, big c where a.n + b.n + c.n = -1", params=None)
            except Unavailable as error:
                failures.append(error)

        asking = threading.Thread(target=ask)
        asking.start()
        while "thermocline_queries_running 1" not in httpx.get(f"{url}/metrics", trust_env=False).text:
            time.sleep(0.02)
        server.send_signal(signal.SIGTERM)
        asking.join(timeout=30)
    assert failures
    assert "closed" in server.communicate(timeout=30)[0]
