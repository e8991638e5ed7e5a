"""INSERT, CREATE TABLE, ALTER TABLE, DROP TABLE and SHOW TABLES, carried out by the database's owner."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import pyarrow as pa

from ..core.access import Access
from ..core.certificate import Certificate
from ..core.errors import Error, Invalid, NotFound, nearest
from ..core.ids import shown
from ..core.keys import NO_KEYS, Keys
from ..core.owners import Append, DatabaseOwner
from ..core.results import Result
from ..core.schema import ENVELOPE, GIVEN, Field, Table
from ..core.types import is_vector, parse_type, quote, stored_type, type_name
from .embedded import computed
from .engine import Engine
from .indexing import changed
from .keys import looked_up, own_name, readable_columns
from .materialized.known import KnownViews
from .search import vector_column
from .statements import (
    AlterKeys,
    AlterTable,
    Column,
    CreateIndex,
    CreateTable,
    CreateView,
    DropTable,
    DropView,
    Insert,
    RefreshView,
    retention_seconds,
)


class Run(Protocol):
    """The query that feeds a statement."""

    def columns(self) -> list[tuple[str, str]]: ...

    def result(self, wrap: Callable[[str], str] | None = None) -> Result: ...


class ViewDoor(Protocol):
    """Who makes, refreshes and drops the views of a database."""

    def create_view(self, name: str, sql: str, *, refresh: str, if_not_exists: bool) -> bool: ...

    def drop_view(self, name: str, *, if_exists: bool) -> bool: ...

    def refresh_view(self, name: str) -> int: ...


def insert(
    owner: DatabaseOwner,
    statement: Insert,
    run: Run,
    database: str,
    checked: Callable[[Table, pa.Table], pa.Table],
) -> Result:
    """Appends the query's rows, cast to the table's types; one row `rows, duplicates` comes back.

    `checked`: the rows as they may be appended; raises `Denied`.
    """
    table = owner.table(own_name(statement.table, database))
    given = run.columns()
    names = [name for name, _ in given] if statement.by_name else statement.columns
    targets = _targets(table, names)
    if len(given) != len(targets):
        raise Invalid(
            f"the query has {len(given)} columns, the statement names {len(targets)}",
            hint=f"columns of `{table.name}`: {', '.join(table.schema.by_name)}",
        )
    result = run.result(lambda text: _casting(text, targets))
    appended = owner.append([Append(table.name, checked(table, result.arrow()))])[table.name]
    counts = pa.table({"rows": [appended.rows], "duplicates": [appended.duplicates]})
    return Result(counts, result.certificate)


def create_table(
    owner: DatabaseOwner,
    statement: CreateTable,
    run: Run,
    database: str,
    engine: Engine,
    access: Access | None = None,
) -> Result:
    """Defines the table and, with AS, fills it; one row comes back."""
    name = own_name(statement.table, database)
    if statement.query is None:
        fields = [(c.name, parse_type(c.type)) for c in statement.columns if c.embed is None]
        given = pa.schema([*ENVELOPE, *(pa.field(*field) for field in fields)])
        later = [_computed(c, given, engine) for c in statement.columns if c.embed is not None]
        keys = looked_up(statement.keys, owner, database, access, name, [column for column, _ in fields])
        created = _define(owner, name, fields, statement, keys)
        for column in later if created else ():
            owner.set_computed(name, column, new=True)
        return _told("created", created) if keys else _answer("created", created)
    described = run.columns()
    result = run.result()
    arrow = result.arrow()
    types = [
        _column_type(sql_type, field.type)
        for (_, sql_type), field in zip(described, arrow.schema, strict=True)
    ]
    created = _define(owner, name, list(zip(arrow.schema.names, types, strict=True)), statement)
    if created and arrow.num_rows:
        try:
            owner.append([Append(name, arrow)])
        except Error:
            owner.drop_table(name)
            raise
    return Result(pa.table({"created": [created]}), result.certificate)


def alter_table(owner: DatabaseOwner, statement: AlterTable, database: str, engine: Engine) -> Result:
    """A computed column, of what is there and of what comes; one row `changed` comes back."""
    table = owner.table(own_name(statement.table, database))
    given = pa.schema([*ENVELOPE, *(f for f in table.schema.payload if f.type != pa.null())])
    column = _computed(statement.column, given, engine)
    return _answer("changed", owner.set_computed(table.name, column, new=statement.new))


def alter_keys(
    owner: DatabaseOwner, statement: AlterKeys, database: str, access: Access | None = None
) -> Result:
    """Keys told of a table that is there; one row `changed` comes back, and that they are not enforced."""
    table = owner.table(own_name(statement.table, database))
    columns = readable_columns(table, access)
    keys = looked_up(statement.keys, owner, database, access, table.name, columns)
    return _told("changed", owner.tell_keys(table.name, keys))


def _computed(column: Column, given: pa.Schema, engine: Engine) -> Field:
    """`given`: the columns from which it is computed."""
    arrow = parse_type(column.type)
    if not is_vector(arrow):
        raise Invalid(
            f"`{column.name}` is computed, so it is a vector", hint=f"write {column.name} FLOAT[384]"
        )
    assert column.embed is not None
    model, text = column.embed
    return Field(0, column.name, arrow, computed=computed(model, arrow.list_size, text, given, engine))


def drop_table(owner: DatabaseOwner, statement: DropTable, database: str, views: KnownViews) -> Result:
    """Raises `Invalid` for a table that a view reads."""
    name = own_name(statement.table, database)
    if reading := views.reading(name):
        raise Invalid(
            f"view `{reading[0]}` reads `{name}`", hint=f"DROP MATERIALIZED VIEW {reading[0]} before"
        )
    return _answer("dropped", owner.drop_table(name, if_exists=statement.if_exists))


def create_index(owner: DatabaseOwner, statement: CreateIndex, database: str) -> Result:
    """One row `files` comes back: how many were indexed anew."""
    name = own_name(statement.table, database)
    index = changed(
        vector_column(owner.table(name), statement.column).index, statement.kind, statement.options
    )
    moved = owner.set_index(name, statement.column, index)
    return Result(pa.table({"files": pa.array([moved.files], pa.int64())}), Certificate())


def show_tables(owner: DatabaseOwner, access: Access | None = None) -> Result:
    names = [name for name in shown(owner.table_names()) if access is None or access.table(name) is not None]
    return Result(pa.table({"name": pa.array(names, pa.string())}), Certificate())


def create_view(door: ViewDoor, statement: CreateView, database: str) -> Result:
    name = own_name(statement.view, database)
    refresh = statement.refresh or "append"
    return _answer(
        "created",
        door.create_view(name, statement.query.text, refresh=refresh, if_not_exists=statement.if_not_exists),
    )


def drop_view(door: ViewDoor, statement: DropView, database: str) -> Result:
    return _answer(
        "dropped", door.drop_view(own_name(statement.view, database), if_exists=statement.if_exists)
    )


def refresh_view(door: ViewDoor, statement: RefreshView, database: str) -> Result:
    """One row `rows` comes back: how many were newly kept."""
    rows = door.refresh_view(own_name(statement.view, database))
    return Result(pa.table({"rows": pa.array([rows], pa.int64())}), Certificate())


def _define(
    owner: DatabaseOwner,
    name: str,
    fields: list[tuple[str, pa.DataType]],
    statement: CreateTable,
    keys: Keys = NO_KEYS,
) -> bool:
    options = statement.options
    clustering = [part.strip() for part in options.get("clustering", "").split(",") if part.strip()]
    return owner.create_table(
        name,
        fields,
        event_time=options.get("event_time"),
        clustering=tuple(clustering),
        retention_s=retention_seconds(options["retention"]) if "retention" in options else None,
        if_not_exists=statement.if_not_exists,
        keys=keys,
    )


def _targets(table: Table, names: Sequence[str] | None) -> list[tuple[str, pa.DataType]]:
    """(column, type) for each value of a row."""
    if names is None:
        return [(field.name, field.type) for field in table.schema.fields if field.computed is None]
    targets = []
    for name in names:
        field = table.schema.by_folded_name.get(name.lower())
        if field is not None:
            targets.append((field.name, field.type))
        elif name.lower() in GIVEN:
            targets.append((name.lower(), ENVELOPE.field(name.lower()).type))
        else:
            known = [*table.schema.by_name, *sorted(GIVEN)]
            raise NotFound(f"no column `{name}` to insert into", hint=nearest(name, known))
    return targets


def _casting(text: str, targets: list[tuple[str, pa.DataType]]) -> str:
    """The query with its columns cast to the table's types, as SQL does on insert."""
    numbered = [quote(str(number)) for number in range(len(targets))]
    casts = [
        f"{column} AS {quote(name)}"
        if arrow == pa.null()
        else f"{column}::{type_name(arrow)} AS {quote(name)}"
        for column, (name, arrow) in zip(numbered, targets, strict=True)
    ]
    return f"SELECT {', '.join(casts)} FROM ({text}\n) AS given({', '.join(numbered)})"


def _column_type(sql_type: str, arrow: pa.DataType) -> pa.DataType:
    """DuckDB hands JSON and UUID over as text; their types are in its own names only."""
    named = "JSON" in sql_type or "UUID" in sql_type
    return parse_type(sql_type) if named else stored_type(arrow)


def _answer(name: str, value: bool) -> Result:
    return Result(pa.table({name: [value]}), Certificate())


def _told(name: str, value: bool) -> Result:
    """Of a statement that tells keys: nobody shall think that they are enforced."""
    return Result(pa.table({name: [value], "keys_enforced": [False]}), Certificate())
