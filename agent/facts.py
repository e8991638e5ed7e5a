"""What the translator is told of a database, read through the door of whoever asks: so nobody's question is
understood by values that they may not see."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Protocol

import pyarrow as pa

from ..core.errors import Error
from ..core.keys import Keys
from ..core.results import Result
from ..core.types import quote, type_name
from .catalog import ColumnFacts, TableFacts

MOST_VALUES = 5_000
"""Distinct values of a text column that a question may name; columns with more hold texts, not names."""
LONGEST_VALUE = 80
EXACT_ROWS = 200_000
"""Up to so many rows distinct values are counted; above that they are estimated."""
_CLOSE = 0.05
_DAY_US = 86_400_000_000


class Door(Protocol):
    """A database as somebody has it."""

    def sql(self, sql: str) -> Result: ...

    def tables(self) -> list[str]: ...

    def schema(self, table: str) -> pa.Schema: ...

    def keys(self, table: str) -> Keys: ...


def read_facts(door: Door, masked: Collection[tuple[str, str]] = ()) -> list[TableFacts]:
    """Facts of every table that can be read; `masked`: (table, column) whose values are hidden."""
    found = []
    for table in door.tables():
        try:
            hidden = {column for name, column in masked if name == table}
            found.append(_table(door, table, hidden))
        except Error as error:
            if error.retryable:
                raise
            continue  # a table that can't be read is none to ask about
    return found


def told_joins(door: Door, tables: Iterable[TableFacts]) -> list[tuple[str, str, str, str]]:
    """(table, column, table, column) of the references that somebody told; those of one column are joins."""
    return [
        (table.name, reference.columns[0], reference.table, reference.to[0] if reference.to else "")
        for table in tables
        for reference in door.keys(table.name).references
        if len(reference.columns) == 1
    ]


def _table(door: Door, table: str, hidden: Collection[str]) -> TableFacts:
    schema = door.schema(table)
    plain = [field for field in schema if _is_plain(field.type)]
    measured = door.sql(f"SELECT {', '.join(_measures(plain))} FROM {quote(table)}").rows()[0]
    rows = int(measured[0])
    counts = [measured[at : at + 4] for at in range(1, 1 + 4 * len(plain), 4)]
    columns = [
        _column(door, table, field, rows, measures, field.name in hidden)
        for field, measures in zip(plain, counts, strict=True)
    ]
    first, last = measured[-2:]
    dates = [f.name for f in plain if pa.types.is_temporal(f.type)]
    if not dates and first is not None and (last - first).total_seconds() * 1e6 > _DAY_US:
        columns.append(ColumnFacts("_time", "TIMESTAMP", rows, 0, first, last))
    seen = [field for field in plain if field.name not in hidden]
    time = _event_time(door, table, seen) if len(dates) > 1 and rows else ""
    return TableFacts(table, tuple(columns), rows, door.keys(table).primary_key, time)


def _event_time(door: Door, table: str, fields: Iterable[pa.Field]) -> str:
    """Which of several dates is the time of the events, if one is."""
    dates = [f.name for f in fields if pa.types.is_date(f.type) or pa.types.is_timestamp(f.type)]
    same = [f"bool_and(CAST({quote(name)} AS TIMESTAMPTZ) = _time)" for name in dates]
    found = door.sql(f"SELECT {', '.join(same)} FROM {quote(table)}").rows()[0] if dates else ()
    return next((name for name, is_time in zip(dates, found, strict=True) if is_time), "")


def _measures(plain: Iterable[pa.Field]) -> list[str]:
    found = ["count(*)"]
    for field in plain:
        name = quote(field.name)
        found += [f"count({name})", f"approx_count_distinct({name})", f"min({name})", f"max({name})"]
    return [*found, "min(_time)", "max(_time)"]


def _column(
    door: Door, table: str, field: pa.Field, rows: int, measures: tuple[object, ...], hidden: bool
) -> ColumnFacts:
    present, estimate, low, high = measures
    nulls = rows - int(str(present))
    kind = type_name(field.type)
    if hidden:
        return ColumnFacts(field.name, kind, 0, nulls, values_hidden=True)
    distinct = _distinct(door, table, field.name, rows, int(str(estimate)))
    is_text = pa.types.is_string(field.type)
    values = _values(door, table, field.name) if is_text and distinct <= MOST_VALUES else ()
    return ColumnFacts(field.name, kind, distinct, nulls, low, high, values)


def _distinct(door: Door, table: str, column: str, rows: int, estimate: int) -> int:
    if rows > EXACT_ROWS:
        return rows if abs(estimate - rows) < _CLOSE * rows else estimate
    counted = door.sql(f"SELECT count(DISTINCT {quote(column)}) FROM {quote(table)}").rows()
    return int(counted[0][0])


def _values(door: Door, table: str, column: str) -> tuple[str, ...]:
    name = quote(column)
    # One row, whatever the most is that the asker may have of an answer: these are none.
    found = door.sql(
        f"SELECT list(value ORDER BY value) FROM (SELECT DISTINCT {name} AS value FROM {quote(table)}"
        f" WHERE length({name}) BETWEEN 1 AND {LONGEST_VALUE} ORDER BY 1 LIMIT {MOST_VALUES}) AS found"
    )
    return tuple(found.rows()[0][0] or ())


def _is_plain(arrow: pa.DataType) -> bool:
    return not (pa.types.is_nested(arrow) or pa.types.is_binary(arrow) or pa.types.is_null(arrow))
