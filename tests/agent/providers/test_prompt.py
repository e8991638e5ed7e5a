"""A prompt says what to do, what there is and what is asked; masked values and long ones are not in it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from thermocline.agent.providers.base import Message
from thermocline.agent.providers.prompt import (
    MOST_EXAMPLES,
    MOST_SAMPLES,
    MOST_TURNS,
    ColumnFacts,
    Example,
    TableFacts,
    Turn,
    prompt,
    question_of,
)
from thermocline.core.errors import Invalid

FENCE = "5f0c2a9be1d84c37"
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


def _user(tables: list[TableFacts], **options: Any) -> str:
    return prompt("how many?", tables, fence=FENCE, now=NOW, **options).messages[1].text


def _lines(tables: list[TableFacts], **options: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in _user(tables, **options).split("\n")[1:-2]]


def test_it_is_one_message_of_the_system_and_one_of_the_user() -> None:
    made = prompt("how many?", [], fence=FENCE, now=NOW, dialect="DuckDB's SQL.")
    assert [message.role for message in made.messages] == ["system", "user"]
    assert made.fence == FENCE
    system = made.messages[0].text
    for part in ('{"clarify"', '{"refuse"', f"<data {FENCE}>", "DuckDB's SQL.", "2026-11-22T10:00:00+00:00"):
        assert part in system


def test_the_same_facts_make_the_same_prompt() -> None:
    tables = [TableFacts("orders", (ColumnFacts("amount", "DOUBLE", samples=("1",)),))]
    assert _user(tables) == _user(tables)
    assert _user(tables) == (
        f"<data {FENCE}>\n"
        '{"table":"orders","columns":[{"name":"amount","type":"DOUBLE","samples":["1"]}]}\n'
        f"</data {FENCE}>\n"
        'Question: "how many?"'
    )


def test_a_masked_column_brings_no_value() -> None:
    secret = "alice@example.com"
    columns = (ColumnFacts("email", "VARCHAR", "how to write to them", (secret,), masked=True),)
    made = prompt("how many?", [TableFacts("users", columns)], fence=FENCE, now=NOW)
    assert secret not in "".join(message.text for message in made.messages)
    (table,) = _lines([TableFacts("users", columns)])
    assert table["columns"] == [
        {"name": "email", "type": "VARCHAR", "comment": "how to write to them", "values": "hidden"}
    ]


def test_values_are_few_and_short() -> None:
    samples = ("x" * 60, "x" * 61, *map(str, range(20)))
    columns = (ColumnFacts("a", "VARCHAR", "c" * 5000, samples), ColumnFacts("n" * 256, "VARCHAR"))
    tables = [TableFacts("t", columns, "c" * 5000), TableFacts("t" * 256, columns)]
    (table,) = _lines(tables)
    (column,) = table["columns"]
    assert len(table["comment"]) == len(column["comment"]) == 300
    assert len(column["samples"]) == MOST_SAMPLES
    assert column["samples"][:3] == ["x" * 60, {"begins": "x" * 60}, "0"]


def test_examples_and_the_last_turns_are_shown() -> None:
    examples = [Example(f"q{n}", f"SELECT {n}") for n in range(20)]
    turns = [Turn(f"t{n}", f"SELECT {n}", f"r{n}") for n in range(20)]
    lines = _lines([], examples=examples, turns=turns)
    assert lines[:MOST_EXAMPLES] == [
        {"verified question": f"q{n}", "sql": f"SELECT {n}"} for n in range(MOST_EXAMPLES)
    ]
    assert lines[MOST_EXAMPLES:] == [
        {"earlier question": f"t{n}", "sql": f"SELECT {n}", "reading": f"r{n}"}
        for n in range(20 - MOST_TURNS, 20)
    ]


def test_other_alphabets_stay_readable() -> None:
    assert '"Zürich, 東京, Москва, القاهرة"' in _user([TableFacts("Zürich, 東京, Москва, القاهرة", ())])


@pytest.mark.parametrize(
    "fence", ["", "short", "0123456789abcde", "0123456789abcdef>", "0123456789\nabcdef", "x" * 65]
)
def test_a_fence_that_could_be_guessed_or_broken_is_refused(fence: str) -> None:
    with pytest.raises(Invalid, match="a fence has"):
        prompt("how many?", [], fence=fence, now=NOW)


def test_a_question_is_found_again() -> None:
    made = prompt('of "tea"\nor not?', [], fence=FENCE, now=NOW)
    more = (*made.messages, Message("assistant", "no"), Message("user", "again"))
    assert question_of(more) == 'of "tea"\nor not?'
    assert question_of([Message("system", "s"), Message("user", "how many?")]) == "how many?"
    assert question_of([]) == ""
