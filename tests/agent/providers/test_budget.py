"""A budget holds for a question and a day, for questions that run at once and answers that break off too."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from thermocline.agent.providers.base import Completion, Message
from thermocline.agent.providers.budget import (
    Budget,
    Ledger,
    Limits,
    Metered,
    PassingDays,
    Prices,
    Spent,
    exceeded,
)
from thermocline.agent.providers.scripted import Scene, Scripted
from thermocline.core.errors import Denied, Unavailable

from .serving import ASKED, Planned, Protocol, Server

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
QUESTION = (Message("user", "x" * 30),)
SCRIPT = Scripted([Scene(None, ("y" * 60,))])
"""10 tokens in, 20 out."""


def _ask(ledger: Ledger, budget: Budget, agent: str = "a", max_tokens: int = 100) -> None:
    Metered(SCRIPT, ledger.question(agent, budget)).complete(QUESTION, timeout=1, max_tokens=max_tokens)


@pytest.mark.parametrize(
    ("limits", "spent", "more", "allowed"),
    [
        (Limits(), Spent(9, 9_999, 9.0), Spent(1, 9_999, 9.0), True),
        (Limits(requests=3), Spent(2), Spent(1), True),
        (Limits(requests=3), Spent(3), Spent(1), False),
        (Limits(tokens=100), Spent(1, 60), Spent(1, 40), True),
        (Limits(tokens=100), Spent(1, 60), Spent(1, 41), False),
        (Limits(cost=1.0), Spent(1, 1, 0.5), Spent(1, 1, 0.5), True),
        (Limits(cost=1.0), Spent(1, 1, 0.5), Spent(1, 1, 0.51), False),
        (Limits(requests=0), Spent(), Spent(1), False),
    ],
)
def test_a_limit_may_be_reached_and_not_exceeded(
    limits: Limits, spent: Spent, more: Spent, allowed: bool
) -> None:
    assert (exceeded(limits, spent, more) is None) is allowed


def test_what_was_used_counts_and_not_what_could_have_been() -> None:
    ledger = Ledger(lambda: NOON)
    _ask(ledger, Budget(prices=Prices(input=2, output=10)), max_tokens=1000)
    assert ledger.spent("a") == Spent(1, 30, (10 * 2 + 20 * 10) / 1_000_000)


def test_a_request_that_could_exceed_a_limit_is_not_made() -> None:
    ledger = Ledger(lambda: NOON)
    budget = Budget(question=Limits(tokens=100))
    asked = len(SCRIPT.asked)
    with pytest.raises(Denied, match="110 tokens more than 0 exceed 100") as caught:
        _ask(ledger, budget, max_tokens=100)
    assert caught.value.hint
    assert len(SCRIPT.asked) == asked
    _ask(ledger, budget, max_tokens=90)


def test_the_cost_is_limited_by_the_prices() -> None:
    budget = Budget(question=Limits(cost=0.001), prices=Prices(input=10, output=10))
    _ask(Ledger(lambda: NOON), budget, max_tokens=90)
    with pytest.raises(Denied, match="of cost"):
        _ask(Ledger(lambda: NOON), budget, max_tokens=91)


def test_a_day_ends_at_midnight_and_is_each_agents_own() -> None:
    now = [NOON]
    ledger = Ledger(lambda: now[0])
    budget = Budget(day=Limits(requests=1))
    _ask(ledger, budget)
    with pytest.raises(Denied, match="the budget of `a` for today") as caught:
        _ask(ledger, budget)
    assert "midnight UTC" in caught.value.hint
    _ask(ledger, budget, agent="b")
    now[0] = NOON + timedelta(hours=11, minutes=59)
    with pytest.raises(Denied):
        _ask(ledger, budget)
    now[0] = NOON + timedelta(hours=12)
    _ask(ledger, budget)


def test_a_day_outlasts_its_ledger() -> None:
    days = PassingDays()
    budget = Budget(day=Limits(requests=1))
    _ask(Ledger(lambda: NOON, days), budget)
    assert days.spent("a", "2026-11-22") == Spent(1, 30, 0.0)
    with pytest.raises(Denied):
        _ask(Ledger(lambda: NOON, days), budget)


def test_questions_at_once_can_not_exceed_it_together() -> None:
    both, ledger = threading.Barrier(2, timeout=20), Ledger(lambda: NOON)
    budget = Budget(day=Limits(tokens=210))

    class Waiting(Scripted):
        def complete(self, messages: Sequence[Message], **options: Any) -> Completion:
            both.wait()
            return super().complete(messages, **options)

    def ask() -> bool:
        provider = Waiting([Scene(None, ("y" * 60,))])
        try:
            Metered(provider, ledger.question("a", budget)).complete(QUESTION, timeout=1, max_tokens=100)
        except Denied:
            both.wait()
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(lambda _: ask(), range(2))) == [False, True]
    assert ledger.spent("a").tokens == 30


def test_what_is_set_aside_comes_back_when_a_request_fails() -> None:
    ledger = Ledger(lambda: NOON)
    budget = Budget(day=Limits(tokens=120))
    account = ledger.question("a", budget)
    for _ in range(3):
        with pytest.raises(ConnectionError):
            Metered(_Failing([]), account).complete(QUESTION, timeout=1, max_tokens=100)
    assert ledger.spent("a") == Spent(3, 0, 0.0)
    _ask(ledger, budget)


class _Failing(Scripted):
    def complete(self, *_: Any, **__: Any) -> Completion:
        raise ConnectionError


def test_an_answer_that_breaks_off_is_paid_for_and_not_asked_for_again(
    server: Server, protocol: Protocol
) -> None:
    server.answers = [Planned([protocol.stream(["x" * 300], None)], broken=True)]
    ledger = Ledger(lambda: NOON)
    provider = Metered(protocol.make(server.url), ledger.question("a", Budget()))
    with pytest.raises(Unavailable):
        provider.complete(ASKED, timeout=20, max_tokens=1000)
    assert len(server.asked) == 1
    assert ledger.spent("a") == Spent(1, 106, 0.0)


def test_it_is_told_apart_by_nothing_else(server: Server, protocol: Protocol) -> None:
    server.answers = [Planned([protocol.stream(["SELECT", " 1"])])]
    plain = protocol.make(server.url)
    heard: list[str] = []
    metered = Metered(plain, Ledger(lambda: NOON).question("a", Budget()))
    assert (metered.name, metered.model) == (plain.name, plain.model)
    assert metered.complete(ASKED, timeout=20, max_tokens=9, on_text=heard.append).text == "SELECT 1"
    assert heard == ["SELECT", " 1"]
