"""The key of a model's service, from a question to all that is left of it: it stands nowhere."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import thermocline
from thermocline.agent import modelled
from thermocline.core.answers import Answer
from thermocline.core.errors import Error

from ..agent.providers.serving import KEY, PROTOCOLS, Pauses, Planned, Server, served
from .conftest import NOW, customers

QUESTION = "which flurbs glimmer?"
ECHO = json.dumps({"error": {"message": f"no such key: {KEY} (Bearer {KEY})"}}).encode()
GOOD = json.dumps({"sql": "SELECT count(*) AS n FROM customers", "reading": f"with {KEY}", "confidence": 1})
WRONG = json.dumps({"sql": f'SELECT "{KEY}" FROM customers', "reading": "r", "confidence": 1})


def plans(name: str) -> dict[str, list[Planned]]:
    protocol = PROTOCOLS[name]
    return {
        **{str(status): [Planned([ECHO], status)] for status in (400, 401, 403, 429, 500, 503)},
        "error in the stream": [Planned([protocol.error("invalid_request_error", f"no such key: {KEY}")])],
        "no stream": [Planned([b"data: " + KEY.encode() + b"\n\n"])],
        "a page": [Planned([KEY.encode()], headers={"content-type": "text/html"})],
        "silent": [Planned(silent=True)],
        "broken": [Planned(broken=True)],
        "half": [Planned([protocol.stream([GOOD[:30]], None)])],
        "answer": [Planned([protocol.stream([GOOD])])],
        "in pieces": [Planned([protocol.stream([GOOD[at : at + 5] for at in range(0, len(GOOD), 5)])])],
        "repairs": [Planned([protocol.stream([WRONG])])],
        "nonsense": [Planned([protocol.stream([KEY])])],
    }


def outcome(ask: Callable[[str], Answer]) -> tuple[str, list[str]]:
    """Its kind, and all that a careless report of it would print."""
    try:
        answer = ask(QUESTION)
    except Error as error:
        report = traceback.TracebackException.from_exception(error, capture_locals=True)
        return error.kind, [*report.format(), repr(error), repr(vars(error))]
    return answer.kind, [repr(answer), str(answer.to_dict()), str(answer.to_wire())]


@pytest.fixture
def server() -> Iterator[Server]:
    with served() as made:
        yield made


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_it_stands_nowhere(
    tmp_path: Path,
    server: Server,
    protocol: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(modelled, "USUAL_TIMEOUT_S", 0.5)
    caplog.set_level(logging.DEBUG)
    for logger in ("httpx", "httpcore", "mcp", "asyncio"):
        caplog.set_level(logging.DEBUG, logger)
    time = Pauses()
    model = PROTOCOLS[protocol].make(server.url, clock=time.clock, pause=time.pause)
    told: list[str] = []
    outcomes = set()
    with thermocline.connect(tmp_path / "lake", clock=lambda: NOW, background=False, model=model) as lake:
        shop = lake.database("acme")
        shop.append("customers", customers())
        priya = lake.agent("priya", database="acme", tables=["customers"])
        for answers in plans(protocol).values():
            server.answers = answers
            for ask in (priya, lambda question: shop.ask(question, conversation="monday")):
                kind, said = outcome(ask)
                outcomes.add(kind)
                told += said
        told += map(str, (priya.log(), priya.turns(), vars(priya), vars(lake), vars(lake.models)))
        lake.audit.flush()
        told += map(str, lake.database("system").sql("SELECT * FROM audit").rows())
    assert {"answer", "refuse", "Denied", "Invalid", "Unavailable"} <= outcomes
    assert KEY in str(server.asked[0].headers), "it was sent"
    assert caplog.text
    assert KEY not in caplog.text
    assert not [text for text in told if KEY in text]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 5
    assert not [path for path in files if KEY.encode() in path.read_bytes()]
