"""What a principal may do besides reading: each kind of statement asks for a privilege."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ...core.access import Access, denied
from ...core.errors import Denied
from ...core.protocols import Rows
from ...core.schema import ENVELOPE, Table
from ...core.types import quote
from ..engine import Engine
from ..statements import (
    AlterKeys,
    AlterTable,
    CreateIndex,
    CreateTable,
    CreateView,
    DropTable,
    DropView,
    Explain,
    Insert,
    Query,
    RefreshView,
    ShowTables,
)
from .expressions import resolved
from .statements import PolicyStatement

if TYPE_CHECKING:
    from ..prepare import Prepared


def check_statement(access: Access, prepared: Prepared) -> None:
    """Raises `Denied`. What a query reads was checked when it was prepared."""
    match prepared.statement:
        case Insert(table=table):
            access.check("insert", bare_name(table))
        case CreateTable():
            access.check("create")
        case (
            AlterTable(table=table)
            | AlterKeys(table=table)
            | CreateIndex(table=table)
            | DropTable(table=table)
        ):
            access.check("manage", bare_name(table))
        case CreateView() | DropView() | RefreshView():
            access.check("manage")
        case Query() | Explain() | ShowTables() | PolicyStatement():
            pass
        case _:
            raise Denied("this statement is the owner's", hint="ask them for it")


def check_view(query: Prepared) -> None:
    """Raises `Denied` for a view over what its maker sees a part of; `query`: its own, under their policy."""
    if query.restricted is not None:
        raise Denied(
            "a view would keep rows or values that you don't see",
            hint="the owner can create it, and a policy of its own for it",
        )


def visible(table: Table, access: Access) -> Table:
    """The table as somebody sees it who may read some of its columns. Raises `Denied`."""
    found = access.table(table.name)
    if found is None or "select" not in found.privileges:
        raise denied(access.principal, "select", table.name)
    columns = found.columns
    if columns is None:
        return table
    newest = table.schema
    fields = tuple(field for field in newest.fields if field.name.lower() in columns)
    return replace(table, schemas=(*table.schemas[:-1], replace(newest, fields=fields)))


def restricts(access: Access, table: str) -> bool:
    """Whether somebody sees less of a table than there is."""
    found = access.table(table)
    return found is not None and found.restricts


def stamped(rows: Rows, sources: Iterable[str | None], access: Access) -> Any:
    """Rows with their appender's name as `_source`. Raises `Denied` for rows of another `sources`.

    One source and id is one event, so whoever may choose both could try what the body of a hidden event is.
    """
    who = access.principal
    if other := set(sources) - {None, who}:
        raise Denied(
            f"rows of the source {other.pop()!r} are not `{who}`'s to append, as some of the table is hidden",
            hint=f"leave the source out, or give {who!r}",
        )
    if isinstance(rows, pa.Table | pa.RecordBatch):
        table = pa.table(rows) if isinstance(rows, pa.RecordBatch) else rows
        kept = [name for name in table.schema.names if name != "_source"]
        return table.select(kept).append_column("_source", pa.array([who] * table.num_rows, pa.string()))
    return [row if "specversion" in row else {**row, "_source": who} for row in rows]


def check_new_rows(
    access: Access, table: Table, rows: pa.Table, tables: Callable[[str], Table], engine: Engine
) -> None:
    """Raises `Denied` if a row policy would hide one of these rows from who appends it.

    `rows`: payload and envelope columns by their names; what is not given is null.
    """
    found = access.table(table.name)
    if found is None or not found.filters:
        return
    columns = []
    for field in [*table.schema.payload, *ENVELOPE]:
        given = rows.column(field.name) if field.name in rows.schema.names else None
        columns.append(pa.nulls(rows.num_rows, field.type) if given is None else given)
    names = [*table.schema.payload.names, *ENVELOPE.names]
    for row_policy in found.filters:
        ready = resolved(
            row_policy.using,
            engine=engine,
            database=access.database,
            table=table.name,
            label=table.name,
            schema=table.schema,
            schema_of=lambda name: tables(name).schema,
            settings=found.settings,
            principal=access.principal,
        )
        if not ready.simple:
            raise Denied(
                f"`{row_policy.name}` reads other tables, so it can't be checked of new rows",
                hint="the owner can append them, or exempt a role from the policy",
            )
        with engine.session() as session:
            session.register(table.name, pa.Table.from_arrays(columns, names=names))
            hidden = session.value(
                f"SELECT count(*) FROM {quote(table.name)} WHERE ({ready.text}) IS NOT TRUE"
            )
        if hidden:
            raise Denied(
                f"{hidden} of the rows are not `{access.principal}`'s to append, by `{row_policy.name}`",
                hint="append only rows that you would see",
            )


def bare_name(table: str) -> str:
    return table.rpartition(".")[2]
