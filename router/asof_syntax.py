"""AS OF in the text of a statement: every form people know, cut out before the statement is parsed.

    t FOR SYSTEM_TIME AS OF x   t FOR TIMESTAMP AS OF x  t FOR VERSION AS OF 3     SQL:2011, BigQuery, Trino
    t TIMESTAMP AS OF x         t VERSION AS OF 3        t SEQUENCE AS OF 1000     Delta
    t AT (TIMESTAMP => x)       t AT (VERSION => 3)      t AT (SEQUENCE => 1000)   DuckDB, Snowflake
    t AT (OFFSET => -60)        t AS OF TIMESTAMP x      t AS OF SEQUENCE 1000     Snowflake, Oracle

The clause may stand before the alias or behind it. The table gets a name of its own in its stead, so that one
table can be read at two points in one statement. Tokens decide, so strings, comments, ASOF joins and columns
called `version` are left alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlglot.tokenizer_core import Token, TokenType

from .syntax import Splice, spliced, tokens

_KINDS = {
    "SYSTEM_TIME": "TIMESTAMP",
    "SYSTEM_VERSION": "VERSION",
    "TIMESTAMP": "TIMESTAMP",
    "VERSION": "VERSION",
    "SEQUENCE": "SEQUENCE",
    "OFFSET": "OFFSET",
}
_TYPES = {"TIMESTAMP", "TIMESTAMPTZ", "DATE", "DATETIME", "TIMESTAMP_TZ", "TIMESTAMP_NTZ", "TIMESTAMP_LTZ"}
_BARE = {"CURRENT_TIMESTAMP", "CURRENT_DATE", "LOCALTIMESTAMP"}
_BEFORE_TABLE = {TokenType.FROM, TokenType.JOIN, TokenType.COMMA, TokenType.L_PAREN}
_STRINGS = {TokenType.STRING, TokenType.HEREDOC_STRING, TokenType.NATIONAL_STRING, TokenType.RAW_STRING}
_NAMES = {TokenType.VAR, TokenType.IDENTIFIER}


@dataclass(frozen=True, slots=True)
class Point:
    """An AS OF of one table. `expression`: as written; `positions`: which of the `?` it holds, from 0."""

    table: str
    kind: str
    expression: str
    positions: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Cut:
    """The text without its AS OF clauses; `points`: by the names, folded, that now stand for their tables."""

    text: str
    points: Mapping[str, Point]


def cut_points(sql: str, dialect: Any = None) -> Cut:
    """
    >>> cut = cut_points("from t AS a for system_time as of '2026-11-01' join u AT (VERSION => ?) on true")
    >>> cut.text
    'from t_as_of_1 AS a  join u_as_of_2 AS u  on true'
    >>> cut.points["u_as_of_2"]
    Point(table='u', kind='VERSION', expression='?', positions=(0,))
    """
    lowered = sql.lower()
    if "of" not in lowered and "=>" not in lowered:
        return Cut(sql, {})
    reader = _Reader(sql, tokens(sql, dialect))
    at = 0
    while at < len(reader.tokens):
        at = reader.clause(at) or at + 1
    return Cut(spliced(sql, reader.splices), reader.points)


class _Reader:
    def __init__(self, sql: str, all_tokens: list[Token]) -> None:
        self.sql = sql
        self.tokens = all_tokens
        self.splices: list[Splice] = []
        self.points: dict[str, Point] = {}
        self._taken = {token.text.lower() for token in all_tokens}

    def clause(self, at: int) -> int | None:
        """Cuts the clause that starts at a token; returns the index behind it, `None` if there is none."""
        head = self._head(at)
        if head is None:
            return None
        kind, first, closing = head
        last = self._expression(first)
        if last is None or (closing and not self._is(last, TokenType.R_PAREN)):
            return None
        end = last + closing
        named = self._table_before(at)
        if named is None:
            return None
        name, alias = named
        table = self.tokens[name]
        point = self._name(table.text)
        holders = [i for i, t in enumerate(self.tokens) if t.token_type == TokenType.PLACEHOLDER]
        positions = tuple(n for n, i in enumerate(holders) if first <= i < last)
        written = self.sql[table.start : table.end + 1]
        with_alias = "" if alias or self._alias_at(end) else f" AS {written}"
        self.points[point.lower()] = Point(table.text, kind, self._text(first, last), positions)
        self.splices += [
            Splice(table.start, table.end + 1, point + with_alias),
            Splice(self.tokens[at].start, self.tokens[end - 1].end + 1, ""),
        ]
        return end

    def _head(self, at: int) -> tuple[str, int, int] | None:
        """(kind, first token of the expression, 1 if a parenthesis closes behind it)."""
        words = [token.text.upper() for token in self.tokens[at : at + 4]]
        match words:
            case ["FOR", kind, "AS", "OF"] if kind in _KINDS:
                return _KINDS[kind], at + 4, 0
            case [kind, "AS", "OF", *_] if kind in _KINDS:
                return _KINDS[kind], at + 3, 0
            case ["AS", "OF", "SYSTEM", "TIME"]:
                return "TIMESTAMP", at + 4, 0
            case ["AS", "OF", "TIMESTAMP", _] if self._is(at + 3, *_STRINGS):
                return "TIMESTAMP", at + 3, 0
            case ["AS", "OF", kind, _] if kind in _KINDS:
                return _KINDS[kind], at + 3, 0
            case ["AT", "(", kind, "=>"] if kind in _KINDS:
                return _KINDS[kind], at + 4, 1
            case _:
                return None

    # -- what stands before and behind ------------------------------------------------------------

    def _table_before(self, at: int) -> tuple[int, bool] | None:
        """(index of the table's name, whether an alias follows it) of the relation that ends before `at`."""
        path = self._path(at - 1)
        if path is None:
            return None
        if self._is(path - 1, *_BEFORE_TABLE):
            return at - 1, False
        if path != at - 1:
            return None
        before = path - 2 if self._is(path - 1, TokenType.ALIAS) else path - 1
        outer = self._path(before)
        return None if outer is None or not self._is(outer - 1, *_BEFORE_TABLE) else (before, True)

    def _path(self, last: int) -> int | None:
        """Where the dotted name that ends at a token begins."""
        if not self._is_name(last):
            return None
        while self._is(last - 1, TokenType.DOT) and self._is_name(last - 2):
            last -= 2
        return last

    def _alias_at(self, at: int) -> bool:
        return self._is(at, TokenType.ALIAS) or self._is(at, *_NAMES)

    def _name(self, table: str) -> str:
        number = len(self.points) + 1
        base = "".join(c if c.isalnum() and c.isascii() else "_" for c in table)
        base = base if base[:1].isalpha() else f"t{base}"
        while f"{base}_as_of_{number}".lower() in self._taken:
            number += 1
        self._taken.add(f"{base}_as_of_{number}".lower())
        return f"{base}_as_of_{number}"

    # -- the expression ---------------------------------------------------------------------------

    def _expression(self, at: int) -> int | None:
        """The index behind `term [+|- term]...`, `None` if no constant expression starts here."""
        end = self._term(at)
        while end is not None and self._is(end, TokenType.PLUS, TokenType.DASH):
            end = self._term(end + 1)
        return end

    def _term(self, at: int) -> int | None:
        while self._is(at, TokenType.DASH):
            at += 1
        end = self._primary(at)
        while end is not None and self._is(end, TokenType.DCOLON):
            end += 2
        return end

    def _primary(self, at: int) -> int | None:
        if at >= len(self.tokens):
            return None
        token, word = self.tokens[at], self.tokens[at].text.upper()
        if token.token_type in (*_STRINGS, TokenType.NUMBER, TokenType.PLACEHOLDER):
            return at + 1
        if token.token_type in (TokenType.PARAMETER, TokenType.COLON):
            return at + 2
        if token.token_type == TokenType.L_PAREN:
            return self._closed(at)
        if word == "INTERVAL":
            amount = self._primary(at + 1)
            return None if amount is None else amount + self._is(amount, *_NAMES)
        if self._is(at + 1, TokenType.L_PAREN):
            return self._closed(at + 1)
        if word in _TYPES and self._is(at + 1, *_STRINGS):
            return at + 2
        return at + 1 if word in _BARE else None

    def _closed(self, at: int) -> int | None:
        """The index behind the parenthesis that closes the one at a token."""
        depth = 0
        for index in range(at, len(self.tokens)):
            depth += self._is(index, TokenType.L_PAREN) - self._is(index, TokenType.R_PAREN)
            if depth == 0:
                return index + 1
        return None

    def _text(self, first: int, behind: int) -> str:
        return self.sql[self.tokens[first].start : self.tokens[behind - 1].end + 1]

    def _is(self, at: int, *kinds: TokenType) -> bool:
        return 0 <= at < len(self.tokens) and self.tokens[at].token_type in kinds

    def _is_name(self, at: int) -> bool:
        """A name, or a keyword that serves as one: only what separates cannot."""
        if not 0 <= at < len(self.tokens):
            return False
        token = self.tokens[at]
        return token.token_type in _NAMES or (
            token.text.replace("_", "a").isalnum()
            and not token.text[:1].isdigit()
            and token.token_type not in (*_BEFORE_TABLE, *_STRINGS, TokenType.ALIAS, TokenType.SELECT)
        )
