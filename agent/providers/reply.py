"""What a model's text says, read strictly: one JSON object of a known shape, or one bare SQL statement.

Models wrap what they say: thoughts in front of it and a code fence around it are taken off. Nothing else is
guessed at; what can't be read goes back with the reason.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn, TypeAlias

from sqlglot.errors import TokenError
from sqlglot.tokenizer_core import Token, TokenType

from ...router.dollars import duckdb_tokens

MOST_OPTIONS = 8

_THOUGHTS = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_FENCED = re.compile(r"^```[a-zA-Z]*[ \t\r]*\n(.*?)^```[ \t\r]*$", re.DOTALL | re.MULTILINE)
_STATEMENT = re.compile(r"(SELECT|WITH|FROM)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Statement:
    """`confidence`: `None` if the model didn't say."""

    sql: str
    reading: str = ""
    assumptions: tuple[str, ...] = ()
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Clarify:
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refuse:
    reason: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """`problem`: for the model, in words of ours."""

    problem: str


Reply: TypeAlias = Statement | Clarify | Refuse | Unreadable


class _WrongShapeError(Exception):
    pass


def read(text: str) -> Reply:
    """
    >>> read('```json\\n{"sql": "SELECT 1;", "reading": "one", "assumptions": [], "confidence": 1}\\n```')
    Statement(sql='SELECT 1', reading='one', assumptions=(), confidence=1.0)
    >>> read("SELECT 1; SELECT 2")
    Unreadable(problem='it holds several statements, and one is wanted')
    """
    try:
        bare = _unwrapped(text)
        if bare.startswith("{"):
            return _object(_json(bare))
        if _STATEMENT.match(bare):
            return Statement(_one_statement(bare))
        return _wrong("it is neither one JSON object nor one SELECT statement")
    except _WrongShapeError as error:
        return Unreadable(str(error))


def _unwrapped(text: str) -> str:
    text = _THOUGHTS.sub("", text).strip()
    if text.startswith("{"):
        return text
    fenced = _FENCED.findall(text)
    if len(fenced) > 1:
        _wrong("it holds several blocks, and one is wanted")
    return fenced[0].strip() if fenced else text


def _json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text, object_pairs_hook=_without_doubles, parse_constant=lambda _: _wrong("NaN"))
    except (ValueError, RecursionError):
        _wrong("it is not valid JSON, or something stands behind the object")
    return dict(found)


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        _wrong("a key stands in it twice")
    return dict(pairs)


def _object(found: dict[str, Any]) -> Reply:
    match found:
        case {"sql": str(sql), **rest} if set(rest) <= {"reading", "assumptions", "confidence"}:
            return Statement(
                _one_statement(sql),
                _text(rest.get("reading", "")),
                _texts(rest.get("assumptions", [])),
                _share(rest.get("confidence")),
            )
        case {"clarify": options} if len(found) == 1:
            return Clarify(_options(_texts(options)))
        case {"refuse": str(reason)} if len(found) == 1 and reason.strip():
            return Refuse(reason.strip())
    return _wrong("the object has none of the three shapes")


def _one_statement(sql: str) -> str:
    """Without the semicolon at its end."""
    try:
        tokens = duckdb_tokens(sql)
    except TokenError:
        _wrong("a quote or a comment in the statement is left open")
    while tokens and tokens[-1].token_type == TokenType.SEMICOLON:
        sql = sql[: tokens.pop().start]
    if not tokens:
        _wrong("the statement is empty")
    if any(_ends_a_statement(token) for token in tokens):
        _wrong("it holds several statements, and one is wanted")
    return sql.strip()


def _ends_a_statement(token: Token) -> bool:
    return bool(token.token_type == TokenType.SEMICOLON)


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else _wrong("a text in it is none")


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(_text, value)) if isinstance(value, list) else _wrong("a list of texts in it is none")


def _options(texts: tuple[str, ...]) -> tuple[str, ...]:
    if not 1 <= len(texts) <= MOST_OPTIONS or not all(texts):
        _wrong(f'"clarify" holds 1 to {MOST_OPTIONS} texts')
    return texts


def _share(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        _wrong('"confidence" is a number from 0 to 1')
    return float(value)


def _wrong(problem: str) -> NoReturn:
    raise _WrongShapeError(problem)
