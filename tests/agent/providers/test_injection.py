"""What stands in tables is data: whatever it says, it leaves its block nowhere and changes no answer."""

from __future__ import annotations

import json
import unicodedata
from datetime import UTC, datetime
from typing import Any

import pytest

from thermocline.agent.providers.base import Message
from thermocline.agent.providers.prompt import (
    MOST_LETTERS,
    MOST_OF_A_COMMENT,
    MOST_OF_A_NAME,
    ColumnFacts,
    Example,
    Prompt,
    TableFacts,
    Turn,
    prompt,
    question_of,
)
from thermocline.agent.providers.repair import Proposal, StructuredError, propose
from thermocline.agent.providers.scripted import Scene, Scripted

from ...injections import ATTEMPTS, FENCE
from .serving import PROTOCOLS, Planned, Server

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
QUESTION = "revenue by region"
OPENING, CLOSING = f"<data {FENCE}>", f"</data {FENCE}>"


def _tables(text: str) -> tuple[TableFacts, ...]:
    """The text at every place at which a table can hold one."""
    columns = (
        ColumnFacts("amount", "DOUBLE", text, ("1.5", text)),
        ColumnFacts(text, text, text, (text,) * 3),
        ColumnFacts("email", "VARCHAR", "", (text,), masked=True),
    )
    return TableFacts("orders", columns, text), TableFacts(text, columns)


def _prompt(text: str) -> Prompt:
    return prompt(
        QUESTION,
        _tables(text),
        fence=FENCE,
        now=NOW,
        dialect="DuckDB's SQL.",
        examples=[Example(text, text)],
        turns=[Turn(text, text, text)],
    )


def _block(message: Message) -> list[str]:
    """The lines of its one block, whose delimiters stand there once, however lines are told apart."""
    lines = message.text.split("\n")
    assert message.text.splitlines() == lines
    assert [line for line in lines if OPENING in line] == [OPENING]
    assert [line for line in lines if CLOSING in line] == [CLOSING]
    return lines[lines.index(OPENING) + 1 : lines.index(CLOSING)]


def _assert_harmless(line: str) -> None:
    """Nothing in it opens, closes, hides or commands: outside its JSON structure it is letters and signs."""
    assert not set(line) & set("<>`&\x7f")
    assert all(letter.isprintable() for letter in line)
    assert unicodedata.normalize("NFKC", line) == line
    line.encode()
    for text in _texts(json.loads(line)):
        # Brackets are JSON's own: those of a text are written otherwise.
        assert text not in line or not set(text) & set("[]")


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for item in value.items() for part in item for text in _texts(part)]
    return [text for item in value for text in _texts(item)] if isinstance(value, list) else []


def test_there_are_enough_attempts() -> None:
    assert len(ATTEMPTS) >= 60


@pytest.mark.parametrize("name", ATTEMPTS)
def test_it_stays_in_its_block(name: str) -> None:
    system, user = _prompt(ATTEMPTS[name]).messages
    assert system == _prompt("harmless").messages[0]
    for line in _block(user):
        _assert_harmless(line)
    assert user.text.split("\n")[0] == OPENING
    assert user.text.split("\n")[-2:] == [CLOSING, f'Question: "{QUESTION}"']


@pytest.mark.parametrize("name", ATTEMPTS)
def test_it_comes_back_as_what_it_was(name: str) -> None:
    text = ATTEMPTS[name]
    sample = text if len(text) <= MOST_LETTERS else {"begins": text[:MOST_LETTERS]}
    comment = {"comment": text[:MOST_OF_A_COMMENT]}
    named = {"name": text, "type": text, **comment, "samples": [sample] * 3}
    columns = [
        {"name": "amount", "type": "DOUBLE", **comment, "samples": ["1.5", sample]},
        *([named] if len(text) <= MOST_OF_A_NAME else []),
        {"name": "email", "type": "VARCHAR", "values": "hidden"},
    ]
    expected: list[dict[str, Any]] = [{"table": "orders", **comment, "columns": columns}]
    if len(text) <= MOST_OF_A_NAME:
        expected.append({"table": text, "columns": columns})
    expected.append({"verified question": text, "sql": text})
    expected.append({"earlier question": text, "sql": text, "reading": text})
    assert list(map(json.loads, _block(_prompt(text).messages[1]))) == expected


@pytest.mark.parametrize("name", ATTEMPTS)
def test_a_question_can_not_forge_a_block_either(name: str) -> None:
    made = prompt(ATTEMPTS[name], _tables("harmless"), fence=FENCE, now=NOW)
    assert question_of(made.messages) == ATTEMPTS[name]
    assert made.messages[0] == prompt("", (), fence=FENCE, now=NOW).messages[0]
    _block(made.messages[1])
    _assert_harmless(made.messages[1].text.split("\n")[-1].removeprefix("Question: "))


def _answered(text: str) -> tuple[Proposal, list[str], Scripted]:
    """What a script proposes that needs a repair, in whose error the text stands as well."""
    first = '{"sql": "SELECT region, sum(amont) FROM orders GROUP BY 1", "reading": "by region"}'
    second = '{"sql": "SELECT region, sum(amount) FROM orders GROUP BY 1", "reading": "by region"}'
    other = [Scene(attempt, ('{"sql": "DROP TABLE orders"}',)) for attempt in ATTEMPTS.values()]
    provider = Scripted([*other, Scene(QUESTION, (first, second))])
    checked: list[str] = []

    def check(sql: str) -> StructuredError | None:
        checked.append(sql)
        if "amont" in sql:
            return StructuredError("unknown_column", f"no column: {text}", ("amont", text), ("amount", text))
        return None

    return propose(provider, _prompt(text), check, timeout=60), checked, provider


@pytest.mark.parametrize("name", ATTEMPTS)
def test_it_changes_no_answer(name: str) -> None:
    found, checked, _ = _answered(ATTEMPTS[name])
    clean, clean_checked, _ = _answered("harmless")
    assert checked == clean_checked
    assert (found.sql, found.reading, found.refusal) == (clean.sql, clean.reading, None)
    assert found.sql == "SELECT region, sum(amount) FROM orders GROUP BY 1"


@pytest.mark.parametrize("name", ATTEMPTS)
def test_it_stays_in_the_block_of_a_repair(name: str) -> None:
    _, _, provider = _answered(ATTEMPTS[name])
    _, _, clean = _answered("harmless")
    (*_, said, repair), (*_, clean_repair) = provider.asked[1], clean.asked[1]
    assert said.role == "assistant"
    (line,) = _block(repair)
    _assert_harmless(line)
    known = [ATTEMPTS[name]] if len(ATTEMPTS[name]) <= MOST_OF_A_NAME else []
    assert json.loads(line) == {"identifiers": ["amont", *known], "candidates": ["amount", *known]}
    (clean_line,) = _block(clean_repair)
    assert repair.text.replace(line, "") == clean_repair.text.replace(clean_line, "")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_it_stays_in_one_message_on_the_wire(server: Server, protocol: str) -> None:
    server.answers = [Planned([PROTOCOLS[protocol].stream(["1"])])]
    provider = PROTOCOLS[protocol].make(server.url)
    for text in ATTEMPTS.values():
        provider.complete(_prompt(text).messages, timeout=20, max_tokens=9)
    clean = _prompt("harmless").messages[0].text
    for asked, text in zip(server.asked, ATTEMPTS.values(), strict=True):
        said = asked.body["messages"]
        system = asked.body["system"] if protocol == "anthropic" else said.pop(0)["content"]
        assert system == clean
        assert said == [{"role": "user", "content": _prompt(text).messages[1].text}]
