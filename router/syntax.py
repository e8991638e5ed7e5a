"""The text of one statement, its tree as DuckDB's own parser sees it, and where in the text things stand.

Checks and rewrites work on the tree of the very parser that runs the statement, so there is no second
opinion of what the text means. Nodes carry their place in the text: rules do not print the tree again, they
splice the text, and all that they leave alone stays as it was written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlglot.errors import TokenError
from sqlglot.tokenizer_core import Token, TokenType

from ..core.errors import Invalid
from .dollars import duckdb_tokens
from .engine import Engine

Node = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Splice:
    """`text` in place of the characters from `start` up to `end`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Source:
    """One SELECT: its text, its tree and the identifiers of its parameters.

    `removed`: what stands in the text for the parser's sake only, and goes before the statement runs.
    """

    text: str
    tree: Node
    parameters: tuple[str, ...] = ()
    removed: tuple[Splice, ...] = ()

    @cached_property
    def tokens(self) -> list[Token]:
        return tokens(self.text)

    @cached_property
    def _characters(self) -> list[int] | None:
        """Byte offset -> character offset, `None` where they agree."""
        if self.text.isascii():
            return None
        offsets: list[int] = []
        for at, character in enumerate(self.text):
            offsets += [at] * len(character.encode())
        return [*offsets, len(self.text)]

    def start(self, node: Node) -> int | None:
        """The character at which a node begins, `None` if DuckDB made it up."""
        at = node.get("query_location")
        if at is None:
            return None
        return int(at) if self._characters is None else self._characters[at]

    def span(self, node: Node) -> tuple[int, int]:
        """The characters that a node takes, first and behind the last; it is one that stands in the text."""
        first = int(node["query_location"])
        last = first + int(node["query_location_length"])
        if self._characters is None:
            return first, last
        return self._characters[first], self._characters[last]

    def token_at(self, character: int) -> int:
        """The index of the first token that starts at `character` or behind it."""
        for index, token in enumerate(self.tokens):
            if token.start >= character:
                return index
        return len(self.tokens)


def parse(text: str, engine: Engine) -> Source:
    """Raises `Invalid` for what is not exactly one SELECT (or VALUES, FROM, DESCRIBE, SUMMARIZE)."""
    filled, removed = _fill_pivots(text)
    reply = engine.parse(filled)
    if reply["error"]:
        raise _parse_problem(reply, text)
    statements = reply["statements"]
    if len(statements) != 1:
        raise Invalid("one statement at a time", hint="send them one after another")
    parameters = tuple(str(p["key"]) for p in statements[0].get("named_param_map", ()))
    return Source(filled, statements[0]["node"], parameters, removed)


def tokens(text: str, dialect: Any = None) -> list[Token]:
    """Raises `Invalid` where a string or a comment does not end."""
    try:
        return duckdb_tokens(text) if dialect is None else list(dialect.tokenize(text))
    except TokenError as error:
        raise Invalid(f"not SQL: {error}", hint="a string or a quoted name is not closed") from None


def spliced(text: str, splices: Iterable[Splice]) -> str:
    """The text with all replacements made; they may touch but not overlap.

    >>> spliced("select a from t", [Splice(14, 15, "u"), Splice(7, 8, "b")])
    'select b from u'
    """
    parts, at = [], 0
    for splice in sorted(splices, key=lambda s: (s.start, s.end)):
        parts += [text[at : splice.start], splice.text]
        at = splice.end
    return "".join([*parts, text[at:]])


def children(node: Any) -> Iterator[Any]:
    """The nodes directly below a node or a list."""
    values: Iterable[Any] = node.values() if isinstance(node, dict) else node
    for value in values:
        if isinstance(value, dict | list):
            yield value


ALLOWED = (
    "allowed are SELECT, INSERT INTO, CREATE TABLE, ALTER TABLE, CREATE INDEX, DROP TABLE, SHOW TABLES,"
    " DESCRIBE, EXPLAIN, CREATE, REFRESH and DROP MATERIALIZED VIEW, and of policies GRANT, REVOKE,"
    " ALTER ROLE, CREATE MASKING POLICY, CREATE ROW ACCESS POLICY, CREATE VIRTUAL SCHEMA, SHOW GRANTS"
)

_PIVOT_END = {TokenType.USING, TokenType.GROUP_BY, TokenType.ORDER_BY, TokenType.LIMIT, TokenType.SEMICOLON}
_OPENING = {TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE}
_CLOSING = {TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE}
_FILL = " IN (0)"


def _fill_pivots(text: str) -> tuple[str, tuple[Splice, ...]]:
    """Gives `PIVOT t ON k` a list of values: without one DuckDB finds them while it runs, but makes no tree.

    Returns the text to parse and the splices that take the lists out again.
    """
    if "pivot" not in text.lower():
        return text, ()
    places: list[int] = []
    all_tokens = tokens(text)
    for index, token in enumerate(all_tokens):
        if token.text.upper() in ("PIVOT", "PIVOT_WIDER") and token.token_type != TokenType.IDENTIFIER:
            places += _unlisted(all_tokens, index)
    filled, removed = text, []
    for number, place in enumerate(sorted(places)):
        shifted = place + number * len(_FILL)
        filled = filled[:shifted] + _FILL + filled[shifted:]
        removed.append(Splice(shifted, shifted + len(_FILL), ""))
    return filled, tuple(removed)


def _unlisted(all_tokens: list[Token], pivot: int) -> list[int]:
    """Where the expressions of `PIVOT ... ON a, b` end that name no values."""
    places, depth, began, listed = [], 0, False, False
    last = all_tokens[pivot]
    for token in all_tokens[pivot + 1 :]:
        kind = token.token_type
        ends = depth == 0 and (kind in _PIVOT_END or kind in _CLOSING)
        if began and (ends or (depth == 0 and kind == TokenType.COMMA)):
            if not listed:
                places.append(last.end + 1)
            listed = False
        if ends:
            return places
        if depth == 0 and kind == TokenType.ON:
            began = True
        if depth == 0 and kind == TokenType.IN:
            listed = True
        depth += (kind in _OPENING) - (kind in _CLOSING)
        last = token
    return [*places, last.end + 1] if began and not listed else places


def _parse_problem(reply: Node, text: str) -> Invalid:
    message = reply["error_message"]
    if reply["error_type"] == "parser":
        return Invalid(f"not SQL: {message}{_near(reply, text)}", hint="check the statement at that place")
    if "Only SELECT" in message:
        return Invalid("this statement is not allowed", hint=ALLOWED)
    return Invalid(message, hint="write the statement another way")


def _near(reply: Node, text: str) -> str:
    if "position" not in reply:
        return ""
    before = text.encode()[: int(reply["position"])].decode(errors="ignore")
    return f" (line {before.count(chr(10)) + 1}, column {len(before) - before.rfind(chr(10))})"
