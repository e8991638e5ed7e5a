"""What describe tells of a table: columns, where its events lie, values as the caller sees them, joins."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import pyarrow as pa

from ...core.errors import Denied
from ...core.protocols import Cancel, Database
from ...core.types import is_vector, quote, type_name
from ...core.values import text_columns
from ..asker import first_rows
from ..catalog import Catalog, Column, Table
from .data import csv_line, fenced, one_line

SAMPLED_ROWS = 40
FEW, MANY = 3, 8
_LONGEST_SAMPLE = 40


def describe(
    database: Database,
    catalog: Catalog,
    table: Table,
    column: str | None,
    masked: Collection[tuple[str, str]],
    *,
    full: bool,
    cancel: Cancel | None = None,
) -> str:
    """`column`: only that one. `full`: with counts, ranges, joins, and more values."""
    schema = database.schema(table.name)
    names = [field.name for field in schema if column in (None, field.name)]
    samples = _samples(database, table.name, schema, names, MANY if full else FEW, cancel)
    known = {c.name: c for c in table.columns}
    lines = [csv_line(_header(full=full))]
    for name in names:
        hidden = (table.name, name) in masked
        kind = type_name(schema.field(name).type)
        lines.append(csv_line(_row(name, kind, known.get(name), samples[name], hidden=hidden, full=full)))
    title = f"columns of {table.name}" if column is None else f"column of {table.name}"
    told = f"{len(names)}; CSV"
    parts = [fenced(one_line(title), told, lines)]
    if column is None:
        if synonyms := table.synonyms:
            parts.append(fenced("synonyms", f"{len(synonyms)}; CSV", [csv_line(synonyms)]))
        parts += [*_tiers(database, table.name)]
        if full and (joins := list(_joins(catalog, table))):
            parts.append(fenced("joins", f"{len(joins)}, one a line", joins))
    return "\n".join(parts)


def _header(*, full: bool) -> tuple[str, ...]:
    return ("column", "type", "synonyms", *(("distinct", "nulls", "low", "high") if full else ()), "values")


def _row(
    name: str, kind: str, known: Column | None, samples: Sequence[str], *, hidden: bool, full: bool
) -> list[str | None]:
    unit = f" {known.unit}" if known is not None and known.unit else ""
    row: list[str | None] = [name, kind + unit + (" masked" if hidden else "")]
    row.append(" | ".join(known.synonyms) if known is not None and known.synonyms else None)
    if full:
        seen = known is not None and not hidden
        row += [str(known.distinct), str(known.nulls)] if known is not None and seen else [None, None]
        row += [_said(known.low), _said(known.high)] if known is not None and seen else [None, None]
    return [*row, " | ".join(samples) or None]


def _samples(
    database: Database,
    table: str,
    schema: pa.Schema,
    names: Sequence[str],
    most: int,
    cancel: Cancel | None,
) -> Mapping[str, Sequence[str]]:
    """Some values of each column as the policy shows them."""
    shown = [name for name in names if not is_vector(schema.field(name).type)]
    if not shown:
        return dict.fromkeys(names, ())
    listed = ", ".join(map(quote, shown))
    sampled = f"SELECT {listed} FROM {quote(table)} LIMIT {SAMPLED_ROWS}"
    result = database.sql(sampled, cancel=cancel, stream=True)
    rows, _ = first_rows(result, SAMPLED_ROWS)
    found: dict[str, Sequence[str]] = dict.fromkeys(names, ())
    for batch in rows.combine_chunks().to_batches():
        for name, values in zip(shown, text_columns(batch), strict=True):
            distinct = dict.fromkeys(value for value in values.to_pylist() if value is not None)
            found[name] = [one_line(value, _LONGEST_SAMPLE) for value in list(distinct)[:most]]
    return found


def _tiers(database: Database, table: str) -> Iterator[str]:
    try:
        report = database.tiers(table)
    except Denied:
        yield "tiers: not told, as a row policy hides some of its rows"
        return
    for part in report.dicts():
        if part["rows"]:
            span = f"sequences {part['seq_min']}-{part['seq_max']}"
            when = f", {_said(part['time_min'])} to {_said(part['time_max'])}" if part["time_min"] else ""
            yield f"{part['tier']} in {part['shard']}: {part['rows']} rows, {span}{when}"


def _joins(catalog: Catalog, table: Table) -> Iterator[str]:
    for join in catalog.joins:
        if table.name in (join.left, join.right):
            said = f"{join.left}.{join.left_column} = {join.right}.{join.right_column}"
            yield one_line(said + ("" if join.given else " (by its name)"))


def _said(value: object) -> str | None:
    if value is None:
        return None
    return one_line(str(value).removesuffix("+00:00"), _LONGEST_SAMPLE)
