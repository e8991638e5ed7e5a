"""The kinds of statement that are allowed, and the heads of those that are no SELECT.

SELECT is DuckDB's to parse. Of the others only the head is read here, token by token, and what follows it is
a SELECT again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from sqlglot.tokenizer_core import Token, TokenType

from ..core.errors import Invalid
from .syntax import ALLOWED, tokens


@dataclass(frozen=True, slots=True)
class Query:
    text: str


@dataclass(frozen=True, slots=True)
class Explain:
    query: Query
    analyze: bool


@dataclass(frozen=True, slots=True)
class Insert:
    """`columns`: as listed, `None` for all in order. `by_name`: the query's own names decide."""

    table: str
    columns: tuple[str, ...] | None
    query: Query
    by_name: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """`type`: as written. `embed`: (model, text) of one that is computed, the text as written."""

    name: str
    type: str
    embed: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class CreateTable:
    """`columns`: none if there is a query, whose columns they are then."""

    table: str
    columns: tuple[Column, ...]
    query: Query | None
    if_not_exists: bool
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AlterTable:
    """Another computed column, or one in the place of another: `new`."""

    table: str
    column: Column
    new: bool


@dataclass(frozen=True, slots=True)
class DropTable:
    table: str
    if_exists: bool


@dataclass(frozen=True, slots=True)
class CreateIndex:
    """`kind`: `None` to keep what there is."""

    table: str
    column: str
    kind: str | None
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CreateView:
    """A materialised view. `refresh`: append, manual or an interval, as written; `None` if it is not."""

    view: str
    query: Query
    if_not_exists: bool
    refresh: str | None


@dataclass(frozen=True, slots=True)
class DropView:
    view: str
    if_exists: bool


@dataclass(frozen=True, slots=True)
class RefreshView:
    view: str


@dataclass(frozen=True, slots=True)
class ShowTables:
    pass


ViewStatement = CreateView | DropView | RefreshView
Statement = (
    Query | Explain | Insert | CreateTable | AlterTable | DropTable | CreateIndex | ViewStatement | ShowTables
)

S = TypeVar("S")

OPTIONS = ("event_time", "clustering", "retention")
INDEX_OPTIONS = ("metric", "tier", "prefix", "rotated", "key")

_QUERY_WORDS = {
    "SELECT", "WITH", "FROM", "VALUES", "(", "PIVOT", "UNPIVOT", "DESCRIBE", "DESC", "SUMMARIZE", "TABLE",
    "SHOW",
}  # fmt: skip
_EXPLAIN = re.compile(
    r"(?:\s|--[^\n]*\n|/\*.*?\*/)*EXPLAIN(?:\s+(ANALYZE|ANALYSE))?(?=[\s(])", re.IGNORECASE | re.DOTALL
)
_RETENTION = re.compile(r"^\s*(\d+)\s*(second|minute|hour|day|week|year)s?\s*$", re.IGNORECASE)
_SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800, "year": 31_536_000}


def read_statement(sql: str) -> Statement:
    """Raises `Invalid` for statements that are not allowed, naming those that are.

    >>> read_statement("drop table if exists t;")
    DropTable(table='t', if_exists=True)
    >>> read_statement("insert into t (a, b) values (1, 2)")
    Insert(table='t', columns=('a', 'b'), query=Query(text='values (1, 2)'), by_name=False)
    """
    if explained := _EXPLAIN.match(sql):
        inner = read_statement(sql[explained.end() :])
        if not isinstance(inner, Query):
            raise Invalid("only queries can be explained", hint="EXPLAIN SELECT ...")
        return Explain(inner, explained[1] is not None)
    found = tokens(sql)
    while found and found[-1].token_type == TokenType.SEMICOLON:
        found.pop()
    if not found:
        raise Invalid("the statement is empty", hint="write SELECT ...")
    if any(token.token_type == TokenType.SEMICOLON for token in found):
        raise Invalid("one statement at a time", hint="send them one after another")
    head = _Head(sql, found)
    if head.takes("INSERT", "INTO"):
        return _insert(head)
    if head.takes("CREATE", "TABLE"):
        return _create(head)
    if head.takes("ALTER", "TABLE"):
        return _alter(head)
    if head.takes("CREATE", "INDEX"):
        return _create_index(head)
    if head.takes("DROP", "TABLE"):
        if_exists = head.takes("IF", "EXISTS")
        return head.last(DropTable(head.name(), if_exists))
    if head.takes("CREATE", "MATERIALIZED", "VIEW"):
        return _create_view(head)
    if head.takes("DROP", "MATERIALIZED", "VIEW"):
        if_exists = head.takes("IF", "EXISTS")
        return head.last(DropView(head.name(), if_exists))
    if head.takes("REFRESH", "MATERIALIZED", "VIEW"):
        return head.last(RefreshView(head.name()))
    if head.takes("SHOW", "TABLES"):
        return head.last(ShowTables())
    return head.query()


def retention_seconds(text: str) -> int:
    """
    >>> retention_seconds("365 days")
    31536000
    """
    parts = _RETENTION.match(text)
    if parts is None:
        raise Invalid(f"not a retention: {text!r}", hint="write it as '365 days'")
    return int(parts[1]) * _SECONDS[parts[2].lower()]


def _insert(head: _Head) -> Insert:
    table = head.name()
    columns = tuple(head.names()) if head.at("(") and not head.opens_query() else None
    by_name = head.takes("BY", "NAME")
    if head.takes("BY", "POSITION") or (by_name and columns is None) or not by_name:
        return Insert(table, columns, head.query(), by_name)
    raise Invalid("a column list and BY NAME exclude each other", hint="leave one of them out")


def _create(head: _Head) -> CreateTable:
    if_not_exists = head.takes("IF", "NOT", "EXISTS")
    table = head.name()
    columns = tuple(head.column_definitions()) if head.at("(") else ()
    options = head.options() if head.takes("WITH") else {}
    query = head.query() if head.takes("AS") else None
    if bool(columns) == (query is not None):
        raise Invalid("a table needs columns, or AS SELECT", hint="CREATE TABLE t (a BIGINT, b VARCHAR)")
    return head.last(CreateTable(table, columns, query, if_not_exists, options))


def _alter(head: _Head) -> AlterTable:
    table = head.name()
    new = head.takes("ADD")
    if not new:
        head.expect("ALTER")
    head.takes("COLUMN")
    column = head.column_definition()
    if column.embed is None:
        raise Invalid(
            "only computed columns are added or changed: others come with the events that have them",
            hint="ADD COLUMN e FLOAT[384] GENERATED ALWAYS AS (embed('minilm', body))",
        )
    return head.last(AlterTable(table, column, new))


def _create_index(head: _Head) -> CreateIndex:
    head.takes("IF", "NOT", "EXISTS")
    if not head.takes("ON"):
        head.name()
        head.expect("ON")
    table = head.name()
    kind = head.name().lower() if head.takes("USING") else None
    columns = head.names()
    if len(columns) != 1:
        raise Invalid("an index is of one column", hint="CREATE INDEX ON t (embedding)")
    options = head.options(INDEX_OPTIONS) if head.takes("WITH") else {}
    return head.last(CreateIndex(table, columns[0], kind, options))


def _create_view(head: _Head) -> CreateView:
    if_not_exists = head.takes("IF", "NOT", "EXISTS")
    view = head.name()
    options = head.options(("refresh",)) if head.takes("WITH") else {}
    if not head.takes("AS"):
        raise Invalid("a view needs a query", hint="CREATE MATERIALIZED VIEW v AS SELECT ...")
    return CreateView(view, head.query(), if_not_exists, options.get("refresh"))


class _Word(NamedTuple):
    text: str
    token: Token


class _Head:
    """Reads tokens from the left. `query()` takes all that is left."""

    def __init__(self, sql: str, found: list[Token]) -> None:
        self._sql = sql
        self._words = [_Word(t.text.upper() if _bare(t) else "", t) for t in found]
        self._at = 0
        self._end = found[-1].end + 1

    def at(self, word: str) -> bool:
        return self._at < len(self._words) and self._words[self._at].text == word

    def takes(self, *words: str) -> bool:
        found = [word.text for word in self._words[self._at : self._at + len(words)]]
        if found == list(words):
            self._at += len(words)
            return True
        return False

    def last(self, statement: S) -> S:
        """`statement`, if nothing follows it."""
        if self._at < len(self._words):
            raise self._unexpected()
        return statement

    def name(self) -> str:
        """A table's or a column's name; a database before it is the router's to judge."""
        word = self._next()
        if not _is_name(word.token):
            raise self._unexpected(-1)
        name = word.token.text
        while self.takes("."):
            name = f"{name}.{self._next().token.text}"
        return name

    def names(self) -> list[str]:
        self.expect("(")
        names = [self.name()]
        while self.takes(","):
            names.append(self.name())
        self.expect(")")
        return names

    def column_definitions(self) -> list[Column]:
        """`(a BIGINT, b DECIMAL(10, 2))`"""
        self.expect("(")
        found = [self.column_definition()]
        while self.takes(","):
            found.append(self.column_definition())
        self.expect(")")
        return found

    def column_definition(self) -> Column:
        """`a DECIMAL(10, 2)`, or `e FLOAT[8] GENERATED ALWAYS AS (embed('model', a || b))`"""
        name = self.name()
        written = self._up_to(",", ")", "GENERATED")
        if not written:
            raise Invalid(f"column `{name}` has no type", hint=f"write {name} VARCHAR")
        if not self.takes("GENERATED"):
            return Column(name, written)
        for word in ("ALWAYS", "AS", "(", "EMBED", "("):
            self.expect(word, hint="GENERATED ALWAYS AS (embed('minilm', title || ' ' || body))")
        model = self._next().token.text
        self.expect(",", hint="embed('minilm', title || ' ' || body)")
        text = self._up_to(")")
        self.expect(")")
        self.expect(")")
        if not self.takes("STORED"):
            self.takes("VIRTUAL")
        return Column(name, written, (model, text))

    def _up_to(self, *ends: str) -> str:
        """What stands before one of these words, as written."""
        start, depth = self._at, 0
        while self._at < len(self._words) and (depth or self._words[self._at].text not in ends):
            depth += self.at("(") - self.at(")")
            self._at += 1
        return self._slice(start, self._at) if self._at > start else ""

    def options(self, known: Sequence[str] = OPTIONS) -> dict[str, str]:
        self.expect("(")
        options: dict[str, str] = {}
        while True:
            key = self._next().token.text.lower()
            if key not in known:
                raise Invalid(f"unknown option `{key}`", hint=f"known: {', '.join(known)}")
            self.expect("=")
            options[key] = self._next().token.text
            if not self.takes(","):
                self.expect(")")
                return options

    def opens_query(self) -> bool:
        following = self._words[self._at + 1].text if self._at + 1 < len(self._words) else ""
        return following in _QUERY_WORDS

    def query(self) -> Query:
        if self._at >= len(self._words) or self._words[self._at].text not in _QUERY_WORDS:
            raise self._unexpected()
        start = self._words[self._at].token.start
        self._at = len(self._words)
        return Query(self._sql[start : self._end])

    def _next(self) -> _Word:
        if self._at >= len(self._words):
            raise Invalid("the statement ends too early", hint=ALLOWED)
        self._at += 1
        return self._words[self._at - 1]

    def expect(self, word: str, hint: str = "") -> None:
        if not self.takes(word):
            raise self._unexpected(hint=hint or f"expected {word} there")

    def _slice(self, start: int, behind: int) -> str:
        return self._sql[self._words[start].token.start : self._words[behind - 1].token.end + 1]

    def _unexpected(self, offset: int = 0, hint: str = ALLOWED) -> Invalid:
        at = self._at + offset
        if at >= len(self._words):
            return Invalid("the statement ends too early", hint=hint)
        if at == 0:
            return Invalid(f"{self._words[0].token.text.upper()} is not allowed", hint=hint)
        return Invalid(f"unexpected `{self._words[at].token.text}` in the statement", hint=hint)


def _bare(token: Token) -> bool:
    return token.token_type not in (TokenType.IDENTIFIER, TokenType.STRING, TokenType.RAW_STRING)


def _is_name(token: Token) -> bool:
    return token.token_type == TokenType.IDENTIFIER or token.text.replace("_", "a").isalnum()
