"""The model as values, and what it adds to a catalog."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ..catalog import Catalog, Column, Join, Metric, Table


@dataclass(frozen=True, slots=True)
class ColumnNotes:
    """What people call a column, and what it is measured in."""

    synonyms: tuple[str, ...] = ()
    unit: str = ""


@dataclass(frozen=True)
class TableNotes:
    """`time`: the column that tells when its rows happened. `key`: the column that identifies one."""

    synonyms: tuple[str, ...] = ()
    time: str = ""
    key: str = ""
    columns: Mapping[str, ColumnNotes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verified:
    """A question, and the SQL that somebody vouched for."""

    question: str
    sql: str


@dataclass(frozen=True)
class SemanticModel:
    """`joins`: (table, column, table, column): rows of the first point at one of the second."""

    tables: Mapping[str, TableNotes] = field(default_factory=dict)
    metrics: tuple[Metric, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    joins: tuple[tuple[str, str, str, str], ...] = ()
    verified: tuple[Verified, ...] = ()


def merged(catalog: Catalog, model: SemanticModel) -> Catalog:
    """The catalog with what the model says of the tables that are in it. Joins of the model take the place of
    inferred ones."""
    notes = {name.lower(): note for name, note in model.tables.items()}
    tables = tuple(_noted(table, notes.get(table.name.lower())) for table in catalog.tables)
    there = {(t.name.lower(), c.name.lower()): (t.name, c.name) for t in tables for c in t.columns}
    said = [
        Join(*there[left.lower(), column.lower()], *there[right.lower(), other.lower()])
        for left, column, right, other in model.joins
        if (left.lower(), column.lower()) in there and (right.lower(), other.lower()) in there
    ]
    kept = [join for join in catalog.joins if join.given or not _same_end(join, said)]
    known = {table.name.lower(): table.name for table in tables}
    metrics = tuple(
        replace(metric, table=known[metric.table.lower()])
        for metric in model.metrics
        if metric.table.lower() in known
    )
    joins = tuple(dict.fromkeys((*said, *kept)))
    return replace(catalog, tables=tables, joins=joins, metrics=(*catalog.metrics, *metrics))


def _noted(table: Table, notes: TableNotes | None) -> Table:
    if notes is None:
        return table
    columns = {name.lower(): note for name, note in notes.columns.items()}
    time = table.column(notes.time) if notes.time else None
    key = table.column(notes.key) if notes.key else None
    return replace(
        table,
        synonyms=(*table.synonyms, *notes.synonyms),
        time_column=time.name if time is not None else table.time_column,
        primary_key=(key.name,) if key is not None else table.primary_key,
        columns=tuple(_named(column, columns.get(column.name.lower())) for column in table.columns),
    )


def _named(column: Column, notes: ColumnNotes | None) -> Column:
    if notes is None:
        return column
    return replace(column, synonyms=(*column.synonyms, *notes.synonyms), unit=notes.unit or column.unit)


def _same_end(join: Join, said: list[Join]) -> bool:
    return any((join.left, join.left_column) == (other.left, other.left_column) for other in said)
