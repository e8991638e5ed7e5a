"""An answer comes in whole, however its bytes are cut, in both protocols."""

from __future__ import annotations

import pytest

from thermocline.agent.providers.base import Completion
from thermocline.core.errors import Unavailable

from .serving import ASKED, KEY, PROTOCOLS, Planned, Protocol, Server

PIECES = ["SELECT ", "'Zoë — 東京 🌊", "'\u2028", " \x85 AS\n", "\r\n\x1e x"]
TEXT = "".join(PIECES)


def _cut(said: bytes, size: int) -> list[bytes]:
    return [said[at : at + size] for at in range(0, len(said), size)]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 100_000])
def test_bytes_may_be_cut_anywhere(server: Server, protocol: Protocol, size: int) -> None:
    server.answers = [Planned(_cut(protocol.stream(PIECES), size))]
    heard: list[str] = []
    done = protocol.make(server.url).complete(ASKED, timeout=20, max_tokens=50, on_text=heard.append)
    assert done == Completion(TEXT, 12, 5, "end")
    assert heard == PIECES


@pytest.mark.parametrize("end", [b"\r\n", b"\r"])
def test_lines_may_end_otherwise(server: Server, protocol: Protocol, end: bytes) -> None:
    said = protocol.stream(["SELECT ", "1"]).replace(b"\n", end)
    server.answers = [Planned(_cut(b"\xef\xbb\xbf" + said + b":\n", 5))]
    assert protocol.make(server.url).complete(ASKED, timeout=20, max_tokens=50).text == "SELECT 1"


def test_what_is_asked_for_is_what_openai_documents(server: Server) -> None:
    protocol = PROTOCOLS["openai"]
    server.answers = [Planned([protocol.stream(["1"])])]
    protocol.make(server.url).complete(ASKED, timeout=20, max_tokens=50)
    protocol.make(server.url, key=None, local=True).complete(ASKED, timeout=20, max_tokens=50)
    hosted, local = server.asked
    assert hosted.path == protocol.path
    assert hosted.headers["authorization"] == f"Bearer {KEY}"
    assert hosted.body == {
        "model": "some-model",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "How many?"}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": 50,
    }
    assert local.body == hosted.body | {"temperature": 0}
    assert "authorization" not in local.headers


def test_what_is_asked_for_is_what_anthropic_documents(server: Server) -> None:
    protocol = PROTOCOLS["anthropic"]
    server.answers = [Planned([protocol.stream(["1"])])]
    protocol.make(server.url).complete(ASKED, timeout=20, max_tokens=50)
    (asked,) = server.asked
    assert asked.path == protocol.path
    assert asked.headers["x-api-key"] == KEY
    assert asked.headers["anthropic-version"] == "2023-06-01"
    assert asked.body == {
        "model": "some-model",
        "system": "Be brief.",
        "messages": [{"role": "user", "content": "How many?"}],
        "max_tokens": 50,
        "stream": True,
    }


def test_a_cut_off_answer_says_so(server: Server, protocol: Protocol) -> None:
    server.answers = [Planned([protocol.stream(["SELECT"], protocol.length)])]
    assert protocol.make(server.url).complete(ASKED, timeout=20, max_tokens=1).stopped == "length"


@pytest.mark.parametrize(("name", "reason"), [("openai", "content_filter"), ("anthropic", "refusal")])
def test_a_model_that_declines_says_so(server: Server, name: str, reason: str) -> None:
    server.answers = [Planned([PROTOCOLS[name].stream([], reason)])]
    assert PROTOCOLS[name].make(server.url).complete(ASKED, timeout=20, max_tokens=9).stopped == "refused"


def test_tokens_are_estimated_where_a_service_does_not_count(server: Server, protocol: Protocol) -> None:
    server.answers = [Planned([protocol.stream(["SELECT 1"], usage=False)])]
    done = protocol.make(server.url).complete(ASKED, timeout=20, max_tokens=50)
    assert (done.input_tokens, done.output_tokens) == (6, 3)


def test_a_stream_may_end_without_its_last_event(server: Server, protocol: Protocol) -> None:
    said = protocol.stream(["SELECT 1"])
    last = said.rstrip().rfind(b"\n\n") + 2
    server.answers = [Planned([said[:last]])]
    assert protocol.make(server.url).complete(ASKED, timeout=20, max_tokens=50).text == "SELECT 1"


def test_half_an_answer_is_none(server: Server, protocol: Protocol) -> None:
    server.answers = [Planned([protocol.stream(["SELECT", " 1"], None)])]
    heard: list[str] = []
    with pytest.raises(Unavailable, match="broke off"):
        protocol.make(server.url).complete(ASKED, timeout=20, max_tokens=50, on_text=heard.append)
    assert heard == ["SELECT", " 1"]
    assert len(server.asked) == 1


def test_an_error_of_the_listener_is_its_own(server: Server, protocol: Protocol) -> None:
    server.answers = [Planned([protocol.stream(["SELECT 1"])])]

    def fail(_: str) -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        protocol.make(server.url).complete(ASKED, timeout=20, max_tokens=50, on_text=fail)
