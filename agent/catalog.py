"""What a translator knows of a database: frozen facts about tables, columns, joins and values.

A catalog is plain data. It is built from facts that a caller gathered elsewhere; translation never reads the
database itself. Synonyms and named metrics of a semantic document have their place here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from .names import name_words
from .values import ValueIndex

_NUMBER = re.compile(r"[-+$]?\d[\d,]*\.?\d*%?")


@dataclass(frozen=True, slots=True)
class Column:
    """`kind` is number, text, date, time, bool or nested. `values` are distinct values, empty where hidden or
    too many.
    """

    table: str
    name: str
    kind: str
    words: tuple[str, ...]
    distinct: int = 0
    nulls: int = 0
    unique: bool = False
    low: object = None
    high: object = None
    values: tuple[str, ...] = ()
    values_hidden: bool = False
    synonyms: tuple[str, ...] = ()
    unit: str = ""

    @property
    def numeric(self) -> bool:
        """Whether sums and averages of it make sense by type."""
        return self.kind == "number"

    @property
    def measurable(self) -> bool:
        """Whether it holds numbers, perhaps written as text."""
        if self.kind != "text" or not self.values:
            return self.kind == "number" or self.values_hidden
        return any(_NUMBER.fullmatch(value.strip()) for value in self.values[:20])

    @property
    def is_id(self) -> bool:
        """Whether its name says that it identifies something."""
        return self.words[-1] == "id" or self.words == ("key",)


@dataclass(frozen=True, slots=True)
class Table:
    """A relation with its columns in order."""

    name: str
    words: tuple[str, ...]
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    rows: int = 0
    synonyms: tuple[str, ...] = ()
    time_column: str = ""

    def column(self, name: str) -> Column | None:
        """The column of that name, whatever its case."""
        return next((c for c in self.columns if c.name.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True)
class Join:
    """Rows of `left` point at one row of `right`; `given` is false for an inferred one."""

    left: str
    left_column: str
    right: str
    right_column: str
    given: bool = True


@dataclass(frozen=True, slots=True)
class Metric:
    """A named measure: `sql` is an aggregate over columns of `table`, with synonyms."""

    name: str
    table: str
    sql: str
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Catalog:
    """A database as the translator sees it."""

    tables: tuple[Table, ...]
    joins: tuple[Join, ...] = ()
    metrics: tuple[Metric, ...] = ()
    values: ValueIndex = field(default_factory=ValueIndex)

    @cached_property
    def by_name(self) -> Mapping[str, Table]:
        """Tables by name."""
        return {table.name: table for table in self.tables}

    @cached_property
    def column_of(self) -> Mapping[tuple[str, str], Column]:
        """Columns by (table, name)."""
        return {(t.name, c.name): c for t in self.tables for c in t.columns}

    @cached_property
    def foreign_keys(self) -> frozenset[tuple[str, str]]:
        """(table, column) of each end that points elsewhere."""
        return frozenset((join.left, join.left_column) for join in self.joins)

    def names_of(self, table: str) -> tuple[Column, ...]:
        """The columns by which people call a row of `table`: its name, or first and last name, or title."""
        if table not in self._names:
            self._names[table] = _name_columns(self.by_name[table], self.foreign_keys)
        return self._names[table]

    def name_style(self, table: str) -> str:
        """How well the columns of `names_of` name a row: strict by a name or title, described by a text
        about it, loose by any text.
        """
        names = self.names_of(table)
        if names and names[0].words[-1] in ("name", "title"):
            return "strict"
        own = set(self.by_name[table].words)
        described = any(bare(c.words)[-1] in _DESCRIBES or set(c.words) <= own for c in names)
        return "described" if described else "loose"

    @cached_property
    def _names(self) -> dict[str, tuple[Column, ...]]:
        return {}

    def like_named(self, column: Column) -> tuple[Column, ...]:
        """Other columns of the same table whose names differ only by a number."""
        same = bare(column.words)
        return tuple(
            c for c in self.by_name[column.table].columns if c is not column and bare(c.words) == same
        )

    def key_of(self, table: str) -> Column | None:
        """The one column that identifies a row, if there is one."""
        found = self.by_name[table]
        if len(found.primary_key) == 1:
            return found.column(found.primary_key[0])
        if found.primary_key:
            return None
        return next((c for c in found.columns if c.unique and c.is_id), None)


def bare(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a name without the numbers that tell like-named columns apart."""
    return tuple(word for word in words if not word.isdigit()) or words


_DESCRIBES = ("description", "label", "detail")


def _name_columns(table: Table, foreign_keys: frozenset[tuple[str, str]]) -> tuple[Column, ...]:
    texts = [c for c in table.columns if (c.table, c.name) not in foreign_keys or not c.is_id]
    own = set(table.words)

    def plain(column: Column, head: str) -> bool:
        words = bare(column.words)
        return words == (head,) or (words[-1] == head and set(words[:-1]) <= own)

    for head in ("name", "title"):
        for column in texts:
            if plain(column, head):
                return (column,)
    first = next((c for c in texts if "first" in c.words and "name" in c.words), None)
    last = next((c for c in texts if ("last" in c.words or "family" in c.words) and "name" in c.words), None)
    if first and last:
        return (first, last)
    for head in ("name", "title", *_DESCRIBES):
        for column in texts:
            if bare(column.words)[-1] == head and column.kind == "text":
                return (column,)
    for column in texts:
        if set(column.words) <= own and column.kind == "text":
            return (column,)
    readable = [c for c in texts if c.kind == "text" and not c.is_id]
    return tuple(readable[:1])


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """What a caller knows of a column; `values` are distinct values as text (a sample for large ones)."""

    name: str
    type: str
    distinct: int = 0
    nulls: int = 0
    low: object = None
    high: object = None
    values: tuple[str, ...] = ()
    values_hidden: bool = False


@dataclass(frozen=True, slots=True)
class TableFacts:
    """What a caller knows of a table; `time_column` is the one of several dates that is its time."""

    name: str
    columns: tuple[ColumnFacts, ...]
    rows: int = 0
    primary_key: tuple[str, ...] = ()
    time_column: str = ""


def build_catalog(
    facts: Iterable[TableFacts],
    foreign_keys: Iterable[tuple[str, str, str, str]] = (),
    *,
    infer: bool = True,
) -> Catalog:
    """A catalog from facts; joins are (table, column, table, column), more are inferred where `infer`."""
    from .keys import infer_joins, infer_primary_key

    tables = []
    for fact in facts:
        words = name_words(fact.name)
        columns = tuple(_column(fact, c) for c in fact.columns)
        key = fact.primary_key or infer_primary_key(words, columns)
        tables.append(Table(fact.name, words, columns, key, fact.rows, time_column=fact.time_column))
    joins = _given_joins(tables, foreign_keys)
    if infer:
        joins += infer_joins(tuple(tables), joins)
    values = ValueIndex.of(
        (c.table, c.name, c.values) for t in tables for c in t.columns if not c.values_hidden
    )
    return Catalog(tuple(tables), joins, (), values)


def _column(table: TableFacts, fact: ColumnFacts) -> Column:
    unique = table.rows > 0 and fact.distinct == table.rows and not fact.nulls
    hidden = fact.values_hidden
    return Column(
        table.name, fact.name, _kind(fact.type), name_words(fact.name), fact.distinct, fact.nulls, unique,
        None if hidden else fact.low, None if hidden else fact.high, () if hidden else fact.values, hidden,
    )  # fmt: skip


def _kind(declared: str) -> str:
    upper = declared.upper()
    for kind, marks in (
        ("nested", ("JSON", "STRUCT", "MAP(", "UNION(", "BLOB", "[")),
        ("bool", ("BOOL",)),
        ("date", ("DATE", "TIMESTAMP")),
        ("time", ("TIME",)),
        ("number", ("INT", "DOUBLE", "FLOAT", "DECIMAL", "NUMERIC", "REAL")),
    ):
        if any(mark in upper for mark in marks):
            return kind
    return "text"


def _given_joins(tables: list[Table], keys: Iterable[tuple[str, str, str, str]]) -> tuple[Join, ...]:
    """Foreign keys with the spelling of the catalog; one that names an unknown column is left out."""
    lower = {t.name.lower(): t for t in tables}
    joins: dict[Join, None] = {}
    for left, left_column, right, right_column in keys:
        one, other = lower.get(left.lower()), lower.get(right.lower())
        if one is None or other is None:
            continue
        pointing = one.column(left_column)
        key = other.primary_key[0] if not right_column and other.primary_key else right_column
        pointed = other.column(key or "")
        if pointing and pointed and one is not other:
            joins[Join(one.name, pointing.name, other.name, pointed.name)] = None
    return tuple(joins)


def with_synonyms(catalog: Catalog, words: Mapping[tuple[str, str], tuple[str, ...]]) -> Catalog:
    """The catalog with more names for tables (key `(table, "")`) and columns (key `(table, column)`)."""
    tables = tuple(
        replace(
            table,
            synonyms=table.synonyms + words.get((table.name, ""), ()),
            columns=tuple(
                replace(c, synonyms=c.synonyms + words.get((table.name, c.name), ())) for c in table.columns
            ),
        )
        for table in catalog.tables
    )
    return replace(catalog, tables=tables)
