"""Keeps what a view computes: one append carries new rows and the mark that says which events they cover.

    refresh  events in (last mark, now] -> their rows or parts, appended with the next mark
    fold     parts of the same groups -> one part each, as the next generation
    rebuild  all events up to now, as the next generation; in a new table once the old one is mostly dead

An append is named by the mark that it follows: of two refreshes that start from one mark, one is a conflict.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa

from ...core.asof import AtInstant
from ...core.clock import from_micros, iso
from ...core.errors import Invalid
from ...core.ids import check_name
from ...core.sharding import STREAM
from ...core.types import INSTANT, parse_type, quote
from ...router.materialized.definition import (
    LONGEST,
    Definition,
    View,
    folding,
    hidden_name,
    hidden_parts,
    span,
    stored_type_name,
    storing,
)
from ...router.materialized.shape import Shape

if TYPE_CHECKING:
    from ..database import LakeDatabase

DEAD_ROWS = 100_000
"""Of earlier generations, before a rebuild starts a new table."""

_OWN = [("v_gen", pa.int64()), ("v_kind", pa.string()), ("v_upto", INSTANT), ("v_definition", pa.string())]


def define(database: LakeDatabase, name: str, sql: str, refresh_s: float | None) -> Definition:
    """What the view is. Raises `Invalid` for a query that can't be one, `NotFound` for what it names."""
    check_name("view", name)
    if len(name) > LONGEST:
        raise Invalid(f"the name `{name}` is too long for a view", hint=f"at most {LONGEST} characters")
    if database.shard_map().by == "region":
        raise Invalid(
            "rows of a database by region stay in their region, and a view would bring them together",
            hint="query the tables",
        )
    router = database.router
    analysis = router.analysed(sql)
    source, shape = analysis.text, analysis.shape
    columns = router.columns(source)
    names = [column.lower() for column, _ in columns]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise Invalid(f"two columns are named `{twice[0]}`", hint="give one another name with AS")
    if untyped := [column for column, sql_type in columns if sql_type == '"NULL"']:
        raise Invalid(f"column `{untyped[0]}` has no type", hint=f"cast it: {untyped[0]}::BIGINT")
    kept = tuple(t for _, t in columns)
    if shape.kind == "groups":
        found = dict(router.columns(span(shape.kept, 0)))
        if all(_is_number(found[part]) for part in shape.averaged):
            kept = tuple(found[part] for part in shape.names)
        else:
            shape = Shape("whole", "it averages what is no number")
    for sql_type in kept:
        stored_type_name(sql_type)
    return Definition(name, source, shape, tuple(columns), kept, refresh_s, analysis.reads, analysis.table_id)


def build(
    database: LakeDatabase, definition: Definition, hidden: str, *, gen: int, after: tuple[int, int], now: int
) -> int:
    """Fills a generation from all events recorded up to `now`; returns the rows kept."""
    shape = definition.shape
    if shape.kind != "whole" and _expiring(database, definition, 0, now)[1]:
        shape = Shape("whole", f"rows of `{shape.table}` expire")
        kept = tuple(sql_type for _, sql_type in definition.columns)
        definition = replace(definition, shape=shape, kept=kept, table_id="")
    query = definition.sql if shape.kind == "whole" else span(shape.kept, 0)
    fields = [(f"c_{n}", parse_type(stored_type_name(t))) for n, t in enumerate(definition.kept)]
    database.shards.create_table(hidden, [*_OWN, *fields], if_not_exists=True)
    # A whole may be of this very moment; what is followed has to end where the next span begins.
    cut = None if shape.kind == "whole" else AtInstant(now)
    rows = database.router.sql(storing(definition, query), as_of=cut).arrow()
    return _append(database, definition, hidden, rows, gen=gen, after=after, upto_us=now)


def refresh(database: LakeDatabase, view: View, now: int, *, rebuilt: bool = False) -> int:
    """Brings what is kept up to `now`; returns the rows newly kept."""
    definition = view.definition
    table = definition.table_id and database.shards.table(definition.shape.table)
    other = table and table.id != definition.table_id
    if rebuilt or other or definition.shape.kind == "whole":
        if table:
            definition = replace(definition, table_id=table.id)
        return _rebuild(database, replace(view, definition=definition), now)
    if now <= view.upto_us:
        return 0
    rows, expiring = _expiring(database, definition, view.upto_us, now)
    if expiring:
        return _rebuild(database, view, now, elsewhere=True)
    if not rows:
        return 0
    kept = database.router.sql(
        storing(definition, span(definition.shape.kept, view.upto_us)), as_of=AtInstant(now)
    ).arrow()
    return _append(database, definition, view.hidden, kept, gen=view.gen, after=_mark(view), upto_us=now)


def fold(database: LakeDatabase, view: View) -> bool:
    """Makes one part of several, if that at least halves what is kept."""
    if view.definition.shape.kind != "groups":
        return False
    folded = database.router.sql(folding(view)).arrow()
    if folded.num_rows * 2 > _kept_rows(database, view)[0]:
        return False
    _append(
        database, view.definition, view.hidden, folded,
        gen=view.gen + 1, after=_mark(view), upto_us=view.upto_us,
    )  # fmt: skip
    return True


def drop(database: LakeDatabase, name: str) -> bool:
    """False if there was no such view."""
    tables = _hidden_tables(database, name)
    for table in tables:
        database.shards.drop_table(table, if_exists=True)
    return bool(tables)


def _mark(view: View) -> tuple[int, int]:
    return view.gen, view.upto_us


def kept_rows(database: LakeDatabase, view: View) -> int:
    """How many rows its current generation holds."""
    return _kept_rows(database, view)[0]


def _rebuild(database: LakeDatabase, view: View, now: int, *, elsewhere: bool = False) -> int:
    """`elsewhere`: in a table of its own, as the rows will look different."""
    live, dead = _kept_rows(database, view)
    hidden, gen = view.hidden, view.gen + 1
    if elsewhere or dead > max(DEAD_ROWS, 4 * live):
        _, number = hidden_parts(hidden) or ("", 0)
        for old in _hidden_tables(database, view.name):
            if old != hidden:  # the last one stays for queries that are about to read it
                database.shards.drop_table(old, if_exists=True)
        hidden = hidden_name(view.name, number + 1)
    return build(database, view.definition, hidden, gen=gen, after=_mark(view), now=now)


def _append(
    database: LakeDatabase,
    definition: Definition,
    hidden: str,
    rows: pa.Table,
    *,
    gen: int,
    after: tuple[int, int],
    upto_us: int,
) -> int:
    """`after`: generation and instant of the mark that this one follows."""
    count: int = rows.num_rows
    columns: dict[str, pa.Array | pa.ChunkedArray] = {
        "v_gen": pa.array([gen] * (count + 1), pa.int64()),
        "v_kind": pa.array(["mark"] + ["row"] * count),
        "v_upto": pa.array([upto_us] + [None] * count, pa.int64()).cast(INSTANT),
        "v_definition": pa.array([definition.to_json()] + [None] * count, pa.string()),
        "_id": pa.array([f"{hidden}/{after[0]}.{after[1]}/{number}" for number in range(count + 1)]),
    }
    shard_map = database.shard_map()
    if shard_map.by == "hour":
        columns["_time"] = pa.array([from_micros(after[1])] * (count + 1), INSTANT)
    for name in rows.column_names:
        empty = pa.nulls(1, rows[name].type)
        columns[name] = pa.chunked_array([empty, *rows[name].chunks], rows[name].type)
    # All rows of a view lie in one shard, so that they and their mark are one commit.
    stream = hidden if shard_map.key == STREAM else None
    database.append(hidden, pa.table(columns), stream=stream)
    return count


def _expiring(database: LakeDatabase, definition: Definition, after_us: int, now: int) -> tuple[int, int]:
    """(events in the span, those of them that expire)."""
    found = database.router.sql(
        f"SELECT count(*), count(_ttl_seconds) FROM {quote(definition.shape.table)}"
        f" WHERE _recorded_at > '{iso(after_us)}'::TIMESTAMPTZ",
        as_of=AtInstant(now),
    )
    ((rows, expiring),) = found.rows()
    return rows, expiring


def _kept_rows(database: LakeDatabase, view: View) -> tuple[int, int]:
    """(of the current generation, of earlier ones)."""
    hidden = quote(view.hidden)
    ((live, dead),) = database.router.sql(
        f"SELECT count(*) FILTER (WHERE v_gen = {view.gen}), count(*) FILTER (WHERE v_gen < {view.gen})"
        f" FROM {hidden} WHERE v_kind = 'row'"
    ).rows()
    return live, dead


def _hidden_tables(database: LakeDatabase, name: str) -> list[str]:
    names = database.shards.table_names()
    return [t for t in names if (parts := hidden_parts(t)) and parts[0].lower() == name.lower()]


def _is_number(sql_type: str) -> bool:
    return sql_type.startswith(("HUGEINT", "UHUGEINT", "DOUBLE", "DECIMAL"))
