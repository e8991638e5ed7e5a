"""A question put to services that stream, in both protocols: what comes, breaks off, is too long or stops."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import thermocline
from thermocline.agent.providers.budget import Budget, Limits, Spent
from thermocline.core.errors import Denied, Unavailable

from ..agent.providers.serving import PROTOCOLS, Planned, Protocol, Server, served
from .conftest import NOW, customers

QUESTION = "which flurbs glimmer?"
GOOD = json.dumps({"sql": "SELECT count(*) AS n FROM customers", "reading": "customers", "confidence": 0.8})
PIECES = [GOOD[at : at + 7] for at in range(0, len(GOOD), 7)]


@pytest.fixture
def server() -> Iterator[Server]:
    with served() as made:
        yield made


@pytest.fixture(params=PROTOCOLS)
def protocol(request: pytest.FixtureRequest) -> Protocol:
    return PROTOCOLS[request.param]


def opened(path: Path, server: Server, protocol: Protocol, **options: Any) -> Any:
    model = protocol.make(server.url)
    lake = thermocline.connect(path / "lake", clock=lambda: NOW, background=False, model=model, **options)
    lake.database("acme").append("customers", customers())
    return lake


def test_an_answer_comes_piece_by_piece_and_its_tokens_are_counted(
    tmp_path: Path, server: Server, protocol: Protocol
) -> None:
    server.answers = [Planned([bytes([byte]) for byte in protocol.stream(PIECES)])]
    with opened(tmp_path, server, protocol) as lake:
        answer = lake.database("acme").ask(QUESTION)
        assert (answer.kind, answer.data.rows()) == ("answer", [(9,)])
        assert lake.models.ledger.spent("owner") == Spent(1, 17, 0.0), "as the service says"


def test_an_answer_that_breaks_off_is_asked_for_again_and_paid_for(
    tmp_path: Path, server: Server, protocol: Protocol
) -> None:
    half = Planned([protocol.stream(PIECES[:3], None)])
    server.answers = [half, half, Planned([protocol.stream(PIECES)])]
    with opened(tmp_path, server, protocol) as lake:
        assert lake.database("acme").ask(QUESTION).data.rows() == [(9,)]
        spent = lake.models.ledger.spent("owner")
    assert spent.requests == len(server.asked) == 3
    assert spent.tokens > 100, "what was asked, three times"
    assert server.asked[0].body == server.asked[2].body


def test_one_that_always_breaks_off_is_given_up(tmp_path: Path, server: Server, protocol: Protocol) -> None:
    server.answers = [Planned([protocol.stream(PIECES[:3], None)])]
    with opened(tmp_path, server, protocol) as lake, pytest.raises(Unavailable, match="broke off") as caught:
        lake.database("acme").ask(QUESTION)
    assert caught.value.kind == "Unavailable"
    assert len(server.asked) == 4


def test_one_that_breaks_off_is_not_asked_for_beyond_the_budget(
    tmp_path: Path, server: Server, protocol: Protocol
) -> None:
    server.answers = [Planned([protocol.stream(PIECES[:3], None)])]
    budget = Budget(question=Limits(requests=2))
    with opened(tmp_path, server, protocol, budget=budget) as lake, pytest.raises(Denied, match="budget"):
        lake.database("acme").ask(QUESTION)
    assert len(server.asked) == 2


def test_one_that_is_too_long_is_told_so(tmp_path: Path, server: Server, protocol: Protocol) -> None:
    long = Planned([protocol.stream(PIECES[:4], protocol.length)])
    server.answers = [long, Planned([protocol.stream(PIECES)])]
    with opened(tmp_path, server, protocol) as lake:
        assert lake.database("acme").ask(QUESTION).data.rows() == [(9,)]
    assert "it is cut off, as it is too long" in json.dumps(server.asked[1].body)


def test_one_that_stops_between_two_pieces_is_left_in_time(
    tmp_path: Path, server: Server, protocol: Protocol
) -> None:
    server.answers = [Planned([protocol.stream(PIECES[:3], None)], hangs=True)]
    began = time.monotonic()
    with opened(tmp_path, server, protocol) as lake, pytest.raises(Unavailable, match=r"within 0\.5 s"):
        lake.database("acme").ask(QUESTION, timeout=0.5)
    assert time.monotonic() - began < 10
    assert len(server.asked) == 1
