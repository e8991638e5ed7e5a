"""Services on a port of this machine that speak OpenAI's and Anthropic's protocols, as badly as wanted."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from thermocline.agent.providers.anthropic import Anthropic
from thermocline.agent.providers.base import Message, Provider
from thermocline.agent.providers.openai import OpenAI
from thermocline.core.protocols import Cancel
from thermocline.core.services import Service

KEY = "sk-test-0123456789-abcdefgh"
EVENTS = "text/event-stream"
ASKED = (Message("system", "Be brief."), Message("user", "How many?"))


@dataclass(frozen=True)
class Planned:
    """An answer. `pieces`: of its body, each sent on its own. `hangs`: behind them. `silent`: without a head.
    `broken`: without its end."""

    pieces: Sequence[bytes] = ()
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    hangs: bool = False
    silent: bool = False
    broken: bool = False


@dataclass(frozen=True)
class Asked:
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


class Server:
    """`answers`: in order, the last one for good."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answers: list[Planned] = []
        self.asked: list[Asked] = []
        self.over = threading.Event()
        self.hanging = threading.Event()


@contextmanager
def served() -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            headers = {name.lower(): value for name, value in self.headers.items()}
            told.asked.append(Asked(self.path, headers, body))
            plan = told.answers.pop(0) if len(told.answers) > 1 else told.answers[0]
            self.close_connection = True
            if plan.silent:
                self._hang()
                return
            self.send_response(plan.status)
            for name, value in ({"Content-Type": EVENTS} | plan.headers).items():
                self.send_header(name, value)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for piece in plan.pieces:
                self._chunk(piece)
            if plan.hangs:
                self._hang()
            elif not plan.broken:
                self._chunk(b"")

        def _chunk(self, piece: bytes) -> None:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))

        def _hang(self) -> None:
            told.hanging.set()
            told.over.wait(30)

        def log_message(self, *_: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that leaves is what some tests are about."""

    with Quiet(("127.0.0.1", 0), Handler) as server:
        told = Server(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield told
        finally:
            told.over.set()
            server.shutdown()
            thread.join()


@contextmanager
def cancelling(cancel: Cancel, when: threading.Event) -> Iterator[None]:
    """Cancels from another thread, once that has happened."""

    def later() -> None:
        if when.wait(20):
            cancel()

    thread = threading.Thread(target=later)
    thread.start()
    yield
    thread.join()


class Pauses:
    """Time that passes only while somebody pauses."""

    def __init__(self) -> None:
        self.now = 100.0
        self.taken: list[float] = []

    def clock(self) -> float:
        return self.now

    def pause(self, seconds: float, _: object) -> None:
        self.taken.append(seconds)
        self.now += seconds


@dataclass(frozen=True)
class Protocol:
    """`stream`: (pieces of text, why it ends) as bytes. `error`: (kind, message) as one event."""

    path: str
    make: Callable[..., Provider]
    stream: Callable[..., bytes]
    error: Callable[[str, str], bytes]
    length: str


def _openai(url: str, key: str | None = KEY, **options: Any) -> Provider:
    return OpenAI("some-model", Service(f"{url}/v1", key), **options)


def _anthropic(url: str, key: str | None = KEY, **options: Any) -> Provider:
    return Anthropic("some-model", Service(url, key, "ANTHROPIC_API_KEY"), **options)


def _openai_stream(pieces: Sequence[str], stopped: str | None = "stop", usage: bool = True) -> bytes:
    def chunk(choices: list[Any], **more: Any) -> bytes:
        return b"data: " + json.dumps({"choices": choices, **more}, ensure_ascii=False).encode() + b"\n\n"

    said = b": processing\n\n" + chunk([{"index": 0, "delta": {"role": "assistant", "content": None}}])
    for piece in pieces:
        said += chunk([{"index": 0, "delta": {"content": piece}, "finish_reason": None}], usage=None)
    if stopped is not None:
        said += chunk([{"index": 0, "delta": {}, "finish_reason": stopped}])
        if usage:
            said += chunk([], usage={"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17})
        said += b"data: [DONE]\n\n"
    return said


def _anthropic_stream(pieces: Sequence[str], stopped: str | None = "end_turn", usage: bool = True) -> bytes:
    def event(kind: str, **more: Any) -> bytes:
        data = json.dumps({"type": kind, **more}, ensure_ascii=False).encode()
        return b"event: " + kind.encode() + b"\ndata: " + data + b"\n\n"

    first = {"input_tokens": 9, "cache_read_input_tokens": 3, "output_tokens": 1} if usage else None
    said = event("message_start", message={"role": "assistant", "content": [], "usage": first})
    said += event("content_block_start", index=0, content_block={"type": "thinking", "thinking": ""})
    said += event("content_block_delta", index=0, delta={"type": "thinking_delta", "thinking": "Hm."})
    said += event("ping")
    for piece in pieces:
        said += event("content_block_delta", index=1, delta={"type": "text_delta", "text": piece})
    said += event("an_event_of_tomorrow", what=1)
    if stopped is not None:
        last = {"output_tokens": 5} if usage else None
        said += event("message_delta", delta={"stop_reason": stopped}, usage=last)
        said += event("message_stop")
    return said


def _openai_error(kind: str, message: str) -> bytes:
    code = {"overloaded_error": 503, "invalid_request_error": 400}[kind]
    return b"data: " + json.dumps({"error": {"code": code, "message": message}}).encode() + b"\n\n"


def _anthropic_error(kind: str, message: str) -> bytes:
    said = {"type": "error", "error": {"type": kind, "message": message}}
    return b"event: error\ndata: " + json.dumps(said).encode() + b"\n\n"


PROTOCOLS = {
    "openai": Protocol("/v1/chat/completions", _openai, _openai_stream, _openai_error, "length"),
    "anthropic": Protocol("/v1/messages", _anthropic, _anthropic_stream, _anthropic_error, "max_tokens"),
}
