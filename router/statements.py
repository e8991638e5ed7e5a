"""The kinds of statement that are allowed, and the heads of those that are no SELECT.

SELECT is DuckDB's to parse. Of the others only the head is read here, token by token, and what follows it is
a SELECT again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from sqlglot.tokenizer_core import TokenType

from ..core.errors import Invalid
from ..core.keys import NO_KEYS, Keys, both
from .head import Head
from .key_syntax import CONSTRAINTS, column_keys, table_keys
from .policy.statements import PolicyStatement, read_policy_statement
from .syntax import tokens


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
    """`columns`: none if there is a query, whose columns they are then. `keys`: told, not enforced."""

    table: str
    columns: tuple[Column, ...]
    query: Query | None
    if_not_exists: bool
    options: Mapping[str, str] = field(default_factory=dict)
    keys: Keys = NO_KEYS


@dataclass(frozen=True, slots=True)
class AlterKeys:
    """Keys told of a table that is there."""

    table: str
    keys: Keys


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
    PolicyStatement
    | Query
    | Explain
    | Insert
    | CreateTable
    | AlterTable
    | AlterKeys
    | DropTable
    | CreateIndex
    | ViewStatement
    | ShowTables
)

S = TypeVar("S")

OPTIONS = ("event_time", "clustering", "retention")
INDEX_OPTIONS = ("metric", "tier", "prefix", "rotated", "key")

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
    head = Head(sql, found)
    about_policy = read_policy_statement(head)
    if about_policy is not None:
        return about_policy
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
    return Query(head.query())


def retention_seconds(text: str) -> int:
    """
    >>> retention_seconds("365 days")
    31536000
    """
    parts = _RETENTION.match(text)
    if parts is None:
        raise Invalid(f"not a retention: {text!r}", hint="write it as '365 days'")
    return int(parts[1]) * _SECONDS[parts[2].lower()]


def _insert(head: Head) -> Insert:
    table = head.name()
    columns = tuple(head.names()) if head.at("(") and not head.opens_query() else None
    by_name = head.takes("BY", "NAME")
    if head.takes("BY", "POSITION") or (by_name and columns is None) or not by_name:
        return Insert(table, columns, Query(head.query()), by_name)
    raise Invalid("a column list and BY NAME exclude each other", hint="leave one of them out")


def _create(head: Head) -> CreateTable:
    if_not_exists = head.takes("IF", "NOT", "EXISTS")
    table = head.name()
    columns, keys = _definitions(head) if head.at("(") else ((), NO_KEYS)
    options = head.options(OPTIONS) if head.takes("WITH") else {}
    query = Query(head.query()) if head.takes("AS") else None
    if bool(columns) == (query is not None):
        raise Invalid("a table needs columns, or AS SELECT", hint="CREATE TABLE t (a BIGINT, b VARCHAR)")
    return head.last(CreateTable(table, columns, query, if_not_exists, options, keys))


def _alter(head: Head) -> AlterTable | AlterKeys:
    table = head.name()
    new = head.takes("ADD")
    keys = table_keys(head) if new else None
    if keys is not None:
        return head.last(AlterKeys(table, keys))
    if not new:
        head.expect("ALTER")
    head.takes("COLUMN")
    column, _ = _column_definition(head)
    if column.embed is None:
        raise Invalid(
            "only computed columns are added or changed: others come with the events that have them",
            hint="ADD COLUMN e FLOAT[384] GENERATED ALWAYS AS (embed('minilm', body))",
        )
    return head.last(AlterTable(table, column, new))


def _create_index(head: Head) -> CreateIndex:
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


def _create_view(head: Head) -> CreateView:
    if_not_exists = head.takes("IF", "NOT", "EXISTS")
    view = head.name()
    options = head.options(("refresh",)) if head.takes("WITH") else {}
    if not head.takes("AS"):
        raise Invalid("a view needs a query", hint="CREATE MATERIALIZED VIEW v AS SELECT ...")
    return CreateView(view, Query(head.query()), if_not_exists, options.get("refresh"))


def _definitions(head: Head) -> tuple[tuple[Column, ...], Keys]:
    """`(a BIGINT PRIMARY KEY, b DECIMAL(10, 2), FOREIGN KEY (b) REFERENCES t (b))`"""
    head.expect("(")
    columns, keys = [], NO_KEYS
    while True:
        told = table_keys(head)
        if told is None:
            column, told = _column_definition(head)
            columns.append(column)
        keys = both(keys, told)
        if not head.takes(","):
            head.expect(")")
            return tuple(columns), keys


def _column_definition(head: Head) -> tuple[Column, Keys]:
    """`a DECIMAL(10, 2) PRIMARY KEY`, or `e FLOAT[8] GENERATED ALWAYS AS (embed('model', a || b))`"""
    name = head.name()
    written = head.up_to(",", ")", "GENERATED", *CONSTRAINTS)
    if not written:
        raise Invalid(f"column `{name}` has no type", hint=f"write {name} VARCHAR")
    if not head.takes("GENERATED"):
        return Column(name, written), column_keys(head, name)
    for word in ("ALWAYS", "AS", "(", "EMBED", "("):
        head.expect(word, hint="GENERATED ALWAYS AS (embed('minilm', title || ' ' || body))")
    model = head.text()
    head.expect(",", hint="embed('minilm', title || ' ' || body)")
    text = head.up_to(")")
    head.expect(")")
    head.expect(")")
    if not head.takes("STORED"):
        head.takes("VIRTUAL")
    return Column(name, written, (model, text)), NO_KEYS
