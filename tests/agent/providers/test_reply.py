"""What a model says is read strictly; wrappings are taken off, nothing is guessed at."""

from __future__ import annotations

import json

import pytest

from thermocline.agent.providers.reply import Clarify, Refuse, Statement, Unreadable, read

FULL = '{"sql": "SELECT 1", "reading": "one", "assumptions": ["it is"], "confidence": 0.5}'
STATEMENT = Statement("SELECT 1", "one", ("it is",), 0.5)


@pytest.mark.parametrize(
    "text",
    [
        FULL,
        f"\n {FULL} \n",
        f"```json\n{FULL}\n```",
        f"```\n{FULL}\n```",
        f"```JSON  \r\n{FULL}\r\n```\r\n",
        f"Here it is:\n\n```json\n{FULL}\n```\nHope it helps!",
        f'<think>Maybe ```sql\nSELECT 2\n``` or {{"sql": "SELECT 3"}}?</think>\n{FULL}',
        FULL.replace("SELECT 1", " SELECT 1 ; ;\\n"),
    ],
)
def test_wrappings_are_taken_off(text: str) -> None:
    assert read(text) == STATEMENT


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ("SELECT 1", "SELECT 1"),
        ("```sql\nselect 1;\n```", "select 1"),
        ("WITH a AS (SELECT 1) FROM a", "WITH a AS (SELECT 1) FROM a"),
        ("FROM t SELECT ';', $$;$$, \";\" -- ;", "FROM t SELECT ';', $$;$$, \";\" -- ;"),
        ("SELECT 1 /* ; */ ;", "SELECT 1 /* ; */"),
    ],
)
def test_a_bare_statement_will_do(text: str, sql: str) -> None:
    assert read(text) == Statement(sql)


def test_other_answers_have_their_own_shapes() -> None:
    assert read('{"clarify": ["by order date", " by delivery date "]}') == Clarify(
        ("by order date", "by delivery date")
    )
    assert read('{"refuse": "there is no table on weather"}') == Refuse("there is no table on weather")


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"sql": None},
        {"sql": ["SELECT 1"]},
        {"sql": ""},
        {"sql": " ; "},
        {"sql": "-- nothing"},
        {"sql": "SELECT 1; DROP TABLE t"},
        {"sql": "SELECT 'open"},
        {"sql": "SELECT 1", "refuse": "no"},
        {"sql": "SELECT 1", "clarify": ["a"]},
        {"sql": "SELECT 1", "tool": "shell"},
        {"sql": "SELECT 1", "reading": 5},
        {"sql": "SELECT 1", "assumptions": "one"},
        {"sql": "SELECT 1", "assumptions": [1]},
        {"sql": "SELECT 1", "confidence": "high"},
        {"sql": "SELECT 1", "confidence": 1.5},
        {"sql": "SELECT 1", "confidence": True},
        {"clarify": []},
        {"clarify": "which?"},
        {"clarify": ["a", ""]},
        {"clarify": ["a"] * 9},
        {"refuse": " "},
        {"refuse": ["no"]},
    ],
)
def test_another_shape_is_refused(said: dict[str, object]) -> None:
    found = read(json.dumps(said))
    assert isinstance(found, Unreadable)
    assert found.problem


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I can't do that.",
        "Selecting is hard",
        "[]",
        '"SELECT 1"',
        FULL + FULL,
        FULL + " Hope it helps!",
        FULL[:-1],
        '{"sql": "SELECT 1", "sql": "SELECT 2"}',
        '{"sql": "SELECT 1", "confidence": NaN}',
        f"```json\n{FULL}\n```\nor\n```json\n{FULL}\n```",
        "DELETE FROM t",
        "SELECT 1; SELECT 2",
        '{"a":' * 100_000,
    ],
)
def test_what_can_not_be_read_is_no_answer(text: str) -> None:
    assert isinstance(read(text), Unreadable)
