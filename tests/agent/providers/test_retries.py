"""What may pass is tried again, within the time there is; what won't is told at once."""

from __future__ import annotations

import pytest

from thermocline.core.errors import Denied, Error, Invalid, Unavailable

from .serving import ASKED, Pauses, Planned, Protocol, Server


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 529])
def test_a_service_that_recovers_is_not_noticed(server: Server, protocol: Protocol, status: int) -> None:
    good = Planned([protocol.stream(["SELECT 1"])])
    server.answers = [Planned([b"{}"], status), Planned([b"{}"], status), good]
    time = Pauses()
    provider = protocol.make(server.url, clock=time.clock, pause=time.pause)
    heard: list[str] = []
    assert provider.complete(ASKED, timeout=20, max_tokens=9, on_text=heard.append).text == "SELECT 1"
    assert heard == ["SELECT 1"]
    assert time.taken == [0.5, 1.0]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "0"}, 0.0),
        ({"Retry-After": "soon"}, 0.5),
    ],
)
def test_the_wish_of_a_service_is_honoured(
    server: Server, protocol: Protocol, headers: dict[str, str], expected: float
) -> None:
    server.answers = [Planned([], 429, headers), Planned([protocol.stream(["1"])])]
    time = Pauses()
    provider = protocol.make(server.url, clock=time.clock, pause=time.pause)
    assert provider.complete(ASKED, timeout=20, max_tokens=9).text == "1"
    assert time.taken == [expected]


def test_a_wish_beyond_the_time_there_is_ends_it(server: Server, protocol: Protocol) -> None:
    server.answers = [Planned([b"slow down"], 429, {"Retry-After": "30"})]
    time = Pauses()
    with pytest.raises(Unavailable, match="429: slow down"):
        protocol.make(server.url, clock=time.clock, pause=time.pause).complete(
            ASKED, timeout=20, max_tokens=9
        )
    assert time.taken == []


def test_it_gives_up_after_five_tries(server: Server, protocol: Protocol) -> None:
    server.answers = [Planned([b'{"error": {"message": "Loading model"}}'], 503)]
    time = Pauses()
    with pytest.raises(Unavailable, match="503: Loading model"):
        protocol.make(server.url, clock=time.clock, pause=time.pause).complete(
            ASKED, timeout=600, max_tokens=9
        )
    assert time.taken == [0.5, 1.0, 2.0, 4.0]
    assert len(server.asked) == 5


def test_it_gives_up_when_the_time_is_over(server: Server, protocol: Protocol) -> None:
    server.answers = [Planned([], 503)]
    time = Pauses()
    with pytest.raises(Unavailable):
        protocol.make(server.url, clock=time.clock, pause=time.pause).complete(
            ASKED, timeout=1.2, max_tokens=9
        )
    assert time.taken == [0.5]


def test_a_connection_that_breaks_is_made_again(server: Server, protocol: Protocol) -> None:
    half = Planned([protocol.stream(["SELECT"], None)], broken=True)
    server.answers = [half, Planned([protocol.stream(["SELECT 1"])])]
    time = Pauses()
    provider = protocol.make(server.url, clock=time.clock, pause=time.pause)
    assert provider.complete(ASKED, timeout=20, max_tokens=9).text == "SELECT 1"
    assert time.taken == [0.5]


def test_nothing_is_said_twice_to_a_listener(server: Server, protocol: Protocol) -> None:
    half = Planned([protocol.stream(["SELECT"], None)], broken=True)
    server.answers = [half, Planned([protocol.stream(["SELECT 1"])])]
    heard: list[str] = []
    with pytest.raises(Unavailable):
        protocol.make(server.url).complete(ASKED, timeout=20, max_tokens=9, on_text=heard.append)
    assert heard == ["SELECT"]


def test_an_overload_in_the_stream_is_tried_again(server: Server, protocol: Protocol) -> None:
    server.answers = [
        Planned([protocol.error("overloaded_error", "Overloaded")]),
        Planned([protocol.stream(["SELECT 1"])]),
    ]
    time = Pauses()
    provider = protocol.make(server.url, clock=time.clock, pause=time.pause)
    assert provider.complete(ASKED, timeout=20, max_tokens=9).text == "SELECT 1"
    assert time.taken == [0.5]


def test_an_error_in_the_stream_that_stays_is_told(server: Server, protocol: Protocol) -> None:
    server.answers = [Planned([protocol.error("invalid_request_error", "prompt is too long")])]
    with pytest.raises(Invalid, match="prompt is too long"):
        protocol.make(server.url).complete(ASKED, timeout=20, max_tokens=9)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("status", "body", "kind", "match"),
    [
        (400, b'{"error": {"message": "unknown parameter"}}', Invalid, "unknown parameter"),
        (401, b'{"error": {"message": "bad key"}}', Denied, "refuses the key"),
        (403, b"", Denied, "refuses the key"),
        (402, b"", Denied, "quota"),
        (404, b'{"error": "model not found"}', Invalid, "model not found"),
        (413, b"<html>too large</html>", Invalid, "too large"),
        (429, b'{"error": {"code": "insufficient_quota", "message": "You exceeded"}}', Denied, "quota"),
        (302, b"", Invalid, "302"),
    ],
)
def test_what_will_not_pass_is_told_at_once(
    server: Server, protocol: Protocol, status: int, body: bytes, kind: type[Error], match: str
) -> None:
    server.answers = [Planned([body] if body else [], status, {"Location": "http://127.0.0.1:9/"})]
    with pytest.raises(kind, match=match) as caught:
        protocol.make(server.url).complete(ASKED, timeout=20, max_tokens=9)
    assert type(caught.value) is kind
    assert caught.value.hint
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "garbage",
    [
        b"data: nonsense\n\n",
        b"data: []\n\n",
        b"data: 7\n\n",
        b'data: {"choices": 2}\n\n',
        b'data: {"choices": [{"delta": {"content": 5}}], "type": "message_start"}\n\n',
        b'data: {"choices": [], "usage": {"prompt_tokens": "x"}, "type": "content_block_delta"}\n\n',
        b"data: " + b"[" * 100_000 + b"\n\n",
    ],
)
def test_garbage_is_no_answer(server: Server, protocol: Protocol, garbage: bytes) -> None:
    server.answers = [Planned([garbage])]
    with pytest.raises(Invalid, match="something else"):
        protocol.make(server.url).complete(ASKED, timeout=20, max_tokens=9)


def test_a_page_is_no_answer(server: Server, protocol: Protocol) -> None:
    server.answers = [Planned([b"<html>It works!</html>"], headers={"Content-Type": "text/html"})]
    with pytest.raises(Invalid, match="something else") as caught:
        protocol.make(server.url).complete(ASKED, timeout=20, max_tokens=9)
    assert "address" in caught.value.hint


def test_a_stream_without_end_is_cut(server: Server, protocol: Protocol) -> None:
    server.answers = [Planned([b"x" * 1_000_000] * 20)]
    with pytest.raises(Invalid, match="more than"):
        protocol.make(server.url).complete(ASKED, timeout=20, max_tokens=9)


def test_a_service_that_is_not_there_is_unavailable(protocol: Protocol) -> None:
    time = Pauses()
    with pytest.raises(Unavailable, match="does not answer"):
        protocol.make("http://127.0.0.1:9", clock=time.clock, pause=time.pause).complete(
            ASKED, timeout=20, max_tokens=9
        )
    assert len(time.taken) == 4
