"""A key is shown nowhere: in no repr, no log, no error, no traceback, whatever a service sends back."""

from __future__ import annotations

import logging
import pickle
import traceback

import pytest

from thermocline.agent.providers.find import find
from thermocline.agent.providers.http import Asking
from thermocline.core.errors import Error, Invalid
from thermocline.core.services import Service
from thermocline.embedders.openai import OpenAI as Embedder

from .serving import ASKED, KEY, Pauses, Planned, Protocol, Server

ECHO = b'{"error": {"message": "no such key: ' + KEY.encode() + b" and Bearer " + KEY.encode() + b'"}}'


def _everything(error: BaseException) -> str:
    """All that a careless report of an error would print, the variables of each frame included."""
    report = traceback.TracebackException.from_exception(error, capture_locals=True)
    return "".join([*report.format(), repr(error), repr(vars(error)), repr(pickle.dumps(error))])


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500])
def test_a_service_that_repeats_it_is_not_repeated(
    server: Server, protocol: Protocol, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    caplog.set_level(logging.DEBUG)
    server.answers = [Planned([ECHO], status)]
    time = Pauses()
    with pytest.raises(Error) as caught:
        protocol.make(server.url, clock=time.clock, pause=time.pause).complete(
            ASKED, timeout=20, max_tokens=9
        )
    assert KEY not in _everything(caught.value)
    assert caplog.text
    assert KEY not in caplog.text


def test_an_error_in_the_stream_that_repeats_it_is_not_repeated(
    server: Server, protocol: Protocol, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.answers = [Planned([protocol.error("invalid_request_error", f"no such key: {KEY}")])]
    with pytest.raises(Invalid, match=r"no such key: \[key\]") as caught:
        protocol.make(server.url).complete(ASKED, timeout=20, max_tokens=9)
    assert KEY not in _everything(caught.value) + caplog.text


@pytest.mark.parametrize(
    "plan", [Planned([b"data: nonsense\n\n"]), Planned(silent=True), Planned(broken=True)]
)
def test_a_failure_on_the_way_does_not_show_it(
    server: Server, protocol: Protocol, plan: Planned, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.answers = [plan]
    with pytest.raises(Error) as caught:
        protocol.make(server.url).complete(ASKED, timeout=0.2, max_tokens=9)
    assert KEY not in _everything(caught.value) + caplog.text


def test_an_answer_leaves_no_trace_of_it(
    server: Server, protocol: Protocol, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.answers = [Planned([protocol.stream(["1"])])]
    provider = protocol.make(server.url)
    provider.complete(ASKED, timeout=20, max_tokens=9)
    assert KEY in str(server.asked[0].headers)
    inside = [value for value in vars(provider).values() if isinstance(value, Asking | Service)]
    assert len(inside) == 2
    assert KEY not in caplog.text + repr(provider) + repr(vars(provider)) + "".join(map(str, inside))
    (asking,) = (value for value in inside if isinstance(value, Asking))
    assert KEY not in repr(vars(asking)) + repr(asking._http.headers) + repr(asking._http.auth)


@pytest.mark.parametrize("end", ["\n", "\r\n", " ", "\u200b", "é", "\x00"])
def test_a_key_that_no_header_takes_is_refused_in_other_words(protocol: Protocol, end: str) -> None:
    with pytest.raises(Invalid, match="characters that no key has") as caught:
        protocol.make("http://127.0.0.1:9", key=KEY + end)
    assert KEY not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    "url",
    [
        f"http://user:{KEY}@127.0.0.1:9/v1",
        f"http://{KEY}@127.0.0.1:9/v1",
        f"http://127.0.0.1:9/v1?key={KEY}",
        f"http://127.0.0.1:{KEY}/v1",
        f"ftp://127.0.0.1/{KEY}",
        f"http://127.0.0.1/{KEY}\n",
        KEY,
    ],
)
def test_an_address_with_a_key_in_it_is_refused_in_other_words(url: str) -> None:
    with pytest.raises(Invalid, match="not the address") as caught:
        find(f"local:{url}")
    assert KEY not in f"{caught.value} {caught.value.hint}"


def test_a_key_in_the_place_of_a_name_is_not_repeated() -> None:
    with pytest.raises(Invalid) as caught:
        find(KEY)
    assert KEY not in f"{caught.value} {caught.value.hint}"


def test_an_embedder_does_not_show_it_either(server: Server) -> None:
    server.answers = [Planned([ECHO], 400)]
    with pytest.raises(Invalid, match=r"no such key: \[key\]") as caught:
        Embedder("some-model", 8, Service(f"{server.url}/v1", KEY)).embed(["text"])
    assert KEY not in f"{caught.value} {caught.value.hint}"
