"""A service that speaks OpenAI's protocol, here on a port of this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest

from thermocline.core.errors import Denied, Error, Invalid, Unavailable
from thermocline.core.services import Service
from thermocline.embedders.hashing import Hashing
from thermocline.embedders.openai import AT_A_TIME, OpenAI

SIZE = 16


class Served:
    """`status`: of its answers. `asked`: the bodies and keys of requests. `length`: of its vectors."""

    def __init__(self) -> None:
        self.status = 200
        self.length = SIZE
        self.asked: list[tuple[dict[str, Any], str | None]] = []
        self.body: bytes | None = None

    def answer(self, body: dict[str, Any]) -> bytes:
        vectors = 3 * Hashing(self.length).embed(body["input"])
        data = [{"index": n, "embedding": vector.tolist()} for n, vector in enumerate(vectors)]
        return json.dumps({"object": "list", "model": body["model"], "data": data[::-1]}).encode()


@pytest.fixture
def served() -> Iterator[tuple[Served, Service]]:
    told = Served()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            told.asked.append((body, self.headers["Authorization"]))
            known = self.path == "/v1/embeddings"
            answer = told.body or (told.answer(body) if known and told.status == 200 else b"{}")
            self.send_response(told.status if known else 404)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield told, Service(f"http://127.0.0.1:{server.server_address[1]}/v1", "secret")
        server.shutdown()
        thread.join()


def test_texts_are_sent_in_batches_and_vectors_come_back_in_order(served: tuple[Served, Service]) -> None:
    told, service = served
    texts = [f"text number {n}" for n in range(AT_A_TIME + 5)]
    found = OpenAI("some-model", SIZE, service).embed(texts)
    np.testing.assert_allclose(found, Hashing(SIZE).embed(texts), atol=1e-6)
    assert [len(body["input"]) for body, _ in told.asked] == [AT_A_TIME, 5]
    assert {body["model"] for body, _ in told.asked} == {"some-model"}
    assert {body["dimensions"] for body, _ in told.asked} == {SIZE}
    assert {key for _, key in told.asked} == {"Bearer secret"}


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (429, Unavailable),
        (500, Unavailable),
        (503, Unavailable),
        (401, Denied),
        (403, Denied),
        (400, Invalid),
    ],
)
def test_what_may_work_later_is_told_apart_from_what_will_not(
    served: tuple[Served, Service], status: int, error: type[Error]
) -> None:
    told, service = served
    told.status = status
    with pytest.raises(error):
        OpenAI("some-model", SIZE, service).embed(["text"])


def test_a_model_of_another_length_is_refused(served: tuple[Served, Service]) -> None:
    told, service = served
    told.length = 8
    with pytest.raises(Invalid, match="8 numbers, not 16"):
        OpenAI("some-model", SIZE, service).embed(["text"])


@pytest.mark.parametrize("body", [b"nonsense", b"[]", b'{"data": [{"index": 0}]}'])
def test_an_answer_that_is_none_is_unavailable(served: tuple[Served, Service], body: bytes) -> None:
    told, service = served
    told.body = body
    with pytest.raises(Unavailable, match="something else"):
        OpenAI("some-model", SIZE, service).embed(["text"])


def test_a_service_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="does not answer"):
        OpenAI("some-model", SIZE, Service("http://127.0.0.1:9/v1")).embed(["text"])
