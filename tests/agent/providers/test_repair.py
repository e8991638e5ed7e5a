"""A statement that fails goes back with what is wrong, three times at most, in one time and one budget."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from thermocline.agent.providers.base import Completion, Message
from thermocline.agent.providers.budget import Budget, Ledger, Limits, Metered
from thermocline.agent.providers.prompt import ColumnFacts, TableFacts, prompt
from thermocline.agent.providers.repair import Attempt, Proposal, StructuredError, propose
from thermocline.agent.providers.scripted import Scene, Scripted
from thermocline.core.errors import Denied, Unavailable

from .serving import PROTOCOLS, Planned, Server

FENCE = "5f0c2a9be1d84c37"
PROMPT = prompt(
    "revenue by region",
    [TableFacts("orders", (ColumnFacts("amount", "DOUBLE"),))],
    fence=FENCE,
    now=datetime(2026, 11, 22, tzinfo=UTC),
)
GOOD = '{"sql": "SELECT good", "reading": "r", "assumptions": ["a"], "confidence": 0.75}'
BAD = '{"sql": "SELECT bad"}'
WRONG = StructuredError(
    "unknown_column", "no column `bad`: 'alice@example.com'", ("bad",), ("good", "better")
)


def _check(sql: str) -> StructuredError | None:
    return WRONG if "bad" in sql else None


def _proposed(
    *answers: str, check: Callable[[str], StructuredError | None] = _check
) -> tuple[Proposal, Scripted]:
    provider = Scripted([Scene(None, answers)])
    return propose(provider, PROMPT, check, timeout=60), provider


def test_a_statement_that_passes_is_proposed() -> None:
    found, provider = _proposed(GOOD)
    assert (found.sql, found.reading, found.assumptions, found.confidence) == (
        "SELECT good",
        "r",
        ("a",),
        0.75,
    )
    assert (found.clarify, found.refusal) == ((), None)
    assert (found.provider, found.model) == ("scripted", "script")
    assert provider.asked == [PROMPT.messages]
    (attempt,) = found.attempts
    assert (attempt.reply, attempt.sql, attempt.error) == (GOOD, "SELECT good", None)
    assert found.usage.requests == 1
    assert found.usage.output_tokens == attempt.output_tokens > 0
    assert found.usage.input_tokens == attempt.input_tokens > 0


def test_a_repair_names_what_is_wrong_and_quotes_no_value() -> None:
    found, provider = _proposed(BAD, GOOD)
    assert found.sql == "SELECT good"
    assert [attempt.error for attempt in found.attempts] == [WRONG, None]
    said, repair = provider.asked[1][len(PROMPT.messages) :]
    assert said == Message("assistant", BAD)
    assert repair.role == "user"
    assert "names a column that there is not" in repair.text
    assert "alice@example.com" not in repair.text
    opening, line, closing = repair.text.split("\n")[1:4]
    assert (opening, closing) == (f"<data {FENCE}>", f"</data {FENCE}>")
    assert json.loads(line) == {"identifiers": ["bad"], "candidates": ["good", "better"]}


def test_an_error_without_names_has_no_block() -> None:
    _, provider = _proposed(BAD, GOOD, check=lambda sql: StructuredError("?", "m") if "bad" in sql else None)
    repair = provider.asked[1][-1].text
    assert "it is not accepted" in repair
    assert "<data" not in repair


def test_a_reply_that_can_not_be_read_is_repaired_as_well() -> None:
    found, provider = _proposed("I would rather talk about the weather.", "", GOOD)
    assert found.sql == "SELECT good"
    assert [attempt.error.kind for attempt in found.attempts if attempt.error] == ["shape", "shape"]
    assert "neither one JSON object nor one SELECT statement" in provider.asked[1][-1].text
    # No service takes an empty text.
    assert all(message.text for message in provider.asked[2])


def test_a_reply_that_is_cut_off_is_repaired() -> None:
    provider = Scripted([Scene(None, (GOOD[:-9] + "x" * 300, GOOD))])
    found = propose(provider, PROMPT, _check, timeout=60, max_tokens=60)
    assert found.sql == "SELECT good"
    assert "cut off" in provider.asked[1][-1].text


def test_after_three_repairs_it_refuses_with_what_was_tried() -> None:
    found, provider = _proposed(BAD, BAD, "what?", BAD, GOOD)
    assert len(provider.asked) == len(found.attempts) == 4
    assert found.sql is None
    assert found.refusal is not None
    assert "4 attempts" in found.refusal
    assert found.refusal.count("no column `bad`") == 3
    assert [attempt.sql for attempt in found.attempts] == ["SELECT bad", "SELECT bad", None, "SELECT bad"]


@pytest.mark.parametrize("before", [(), (BAD,)])
def test_a_model_may_clarify_or_refuse(before: tuple[str, ...]) -> None:
    found, _ = _proposed(*before, '{"clarify": ["by order", "by delivery"]}')
    assert (found.sql, found.clarify, found.refusal) == (None, ("by order", "by delivery"), None)
    found, _ = _proposed(*before, '{"refuse": "there is no such table"}')
    assert (found.sql, found.clarify, found.refusal) == (None, (), "there is no such table")


def test_what_goes_back_of_a_reply_is_bounded() -> None:
    provider = Scripted([Scene(None, ("x" * 100_000, GOOD))])
    propose(provider, PROMPT, _check, timeout=60, max_tokens=10**6)
    assert len(provider.asked[1][-2].text) < 10_000


def test_pieces_and_attempts_are_told_in_order() -> None:
    told: list[str | Attempt] = []
    provider = Scripted([Scene(None, (BAD, GOOD))])
    found = propose(provider, PROMPT, _check, timeout=60, on_text=told.append, on_attempt=told.append)
    texts = [""]
    for one in told:
        if isinstance(one, str):
            texts[-1] += one
        else:
            assert one.reply == texts[-1]
            texts.append("")
    assert texts == [BAD, GOOD, ""]
    assert [one for one in told if isinstance(one, Attempt)] == list(found.attempts)


class _Slow(Scripted):
    """Each answer takes four seconds of a clock that it moves."""

    now = 0.0

    def complete(self, messages: Sequence[Message], *, timeout: float, **options: Any) -> Completion:
        self.left = timeout
        self.now += 4
        return super().complete(messages, timeout=timeout, **options)


def test_the_time_is_one_for_all_attempts() -> None:
    provider = _Slow([Scene(None, (BAD, BAD, BAD, GOOD))])
    with pytest.raises(Unavailable, match="within 10 s, after 3 attempts; the last one: no column"):
        propose(provider, PROMPT, _check, timeout=10, clock=lambda: provider.now)
    assert provider.left == 2


def test_the_budget_is_one_for_all_attempts() -> None:
    ledger = Ledger(lambda: datetime(2026, 11, 22, tzinfo=UTC))
    account = ledger.question("analyst", Budget(question=Limits(requests=2)))
    provider = Scripted([Scene(None, (BAD, BAD, GOOD))])
    with pytest.raises(Denied, match="the budget of this question: 1 requests more than 2 exceed 2"):
        propose(Metered(provider, account), PROMPT, _check, timeout=60)
    assert len(provider.asked) == 2
    assert ledger.spent("analyst").requests == 2


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_real_service_is_repaired_over_the_wire(server: Server, protocol: str) -> None:
    speaks = PROTOCOLS[protocol]
    server.answers = [
        Planned([speaks.stream([BAD[:5], BAD[5:]])]),
        Planned([], 429, {"Retry-After": "0"}),
        Planned([speaks.stream(["```json\n", GOOD, "\n```"])]),
    ]
    found = propose(speaks.make(server.url), PROMPT, _check, timeout=60)
    assert found.sql == "SELECT good"
    assert (found.usage.requests, found.usage.input_tokens, found.usage.output_tokens) == (2, 24, 10)
    roles = [message["role"] for message in server.asked[-1].body["messages"]]
    assert roles == (["system"] if protocol == "openai" else []) + ["user", "assistant", "user"]


@pytest.mark.parametrize(("protocol", "reason"), [("openai", "content_filter"), ("anthropic", "refusal")])
def test_a_model_that_declines_is_a_refusal(server: Server, protocol: str, reason: str) -> None:
    server.answers = [Planned([PROTOCOLS[protocol].stream(["SELECT"], reason)])]
    found = propose(PROTOCOLS[protocol].make(server.url), PROMPT, _check, timeout=60)
    assert found.refusal == "the model declined to answer"
