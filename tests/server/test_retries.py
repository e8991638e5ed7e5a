"""A connection that breaks: what can be repeated is, once, and nothing happens twice."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pyarrow as pa
import pytest

from thermocline.core.errors import Unavailable
from thermocline.core.protocols import Database, Lakehouse
from thermocline.sdks.lakehouse.http import connect_http


class Wire:
    """Passes each connection on to the server, and breaks the first `breaks` of them after the request came
    through, before its reply goes back. So the server has done what the client does not know of."""

    def __init__(self, url: str, breaks: int) -> None:
        self.breaks = breaks
        self.connections = 0
        self._target = (urlsplit(url).hostname, urlsplit(url).port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def close(self) -> None:
        socket.create_connection(self._listening.getsockname()).close()
        self._thread.join()
        self._listening.close()

    def _accept(self) -> None:
        while True:
            client, _ = self._listening.accept()
            with client:
                request = _whole_request(client)
                if not request:
                    return
                self.connections += 1
                with socket.create_connection(self._target) as server:
                    server.sendall(request.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
                    reply = b""
                    while piece := server.recv(1 << 20):
                        reply += piece
                if self.connections > self.breaks:
                    client.sendall(reply)


def _whole_request(client: socket.socket) -> bytes:
    """Head and body; they may come in pieces. Nothing if the other side only closed."""
    client.settimeout(20)
    request = b""
    while b"\r\n\r\n" not in request:
        piece = client.recv(1 << 20)
        if not piece:
            return b""
        request += piece
    head, _, body = request.partition(b"\r\n\r\n")
    named = re.search(rb"(?i)content-length: *(\d+)", head)
    missing = int(named[1]) - len(body) if named else 0
    while missing > 0:
        piece = client.recv(missing)
        request += piece
        missing -= len(piece)
    return request


@contextmanager
def breaking(url: str, breaks: int) -> Iterator[tuple[Database, Wire]]:
    wire = Wire(url, breaks)
    try:
        with connect_http(wire.url) as lake:
            yield lake.database("acme"), wire
    finally:
        wire.close()


@pytest.mark.parametrize(
    "rows",
    [[{"n": 1}], [{"n": 1, "_id": "mine"}], pa.table({"n": [1]}), pa.table({"n": [1], "_id": [None]})],
    ids=["dicts", "own id", "arrow", "null id"],
)
def test_an_append_whose_reply_was_lost_is_one_event(lake: Lakehouse, url: str, rows: object) -> None:
    with breaking(url, 1) as (shop, wire):
        done = shop.append("t", rows)  # type: ignore[arg-type]
        assert (done.rows + done.duplicates, wire.connections) == (1, 2)
    assert lake.database("acme").sql("select count(*) from t").rows() == [(1,)]


def test_an_asynchronous_append_whose_reply_was_lost_is_one_event(lake: Lakehouse, url: str) -> None:
    with breaking(url, 1) as (shop, wire):

        async def write() -> None:
            await shop.append_async("t", [{"n": 1}])

        asyncio.run(write())
        assert wire.connections == 2
    assert lake.database("acme").sql("select count(*) from t").rows() == [(1,)]


def test_an_append_with_an_expected_version_whose_reply_was_lost_is_no_conflict(url: str) -> None:
    with breaking(url, 1) as (shop, _):
        assert shop.append("t", [{"n": 1}], stream="s", expected_version=0).version == 1
        assert shop.append_many({"t": [{"n": 2}], "u": [{"n": 3}]}).keys() == {"t", "u"}


def test_a_query_is_asked_again(lake: Lakehouse, url: str) -> None:
    lake.database("acme").append("t", [{"n": 1}])
    with breaking(url, 2) as (shop, wire):
        assert shop.sql("select n from t").rows() == [(1,)]
        assert wire.connections == 3


def test_an_insert_is_not_repeated(lake: Lakehouse, url: str) -> None:
    lake.database("acme").append("t", [{"n": 1}])
    with breaking(url, 1) as (shop, wire):
        with pytest.raises(Unavailable, match="broke"):
            shop.sql("insert into t values (2)")
        assert wire.connections == 1
    assert lake.database("acme").sql("select count(*) from t").rows() == [(2,)]


def test_after_three_attempts_it_is_unavailable(url: str) -> None:
    with breaking(url, 9) as (shop, wire):
        with pytest.raises(Unavailable, match="broke"):
            shop.tables()
        assert wire.connections == 3


def test_a_server_that_does_not_answer_in_time_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with connect_http(url, timeout=0.2) as lake, pytest.raises(Unavailable, match="in time"):
            lake.database("acme").append("t", [{"n": 1}])
