"""The SQL by which one view reads its shards: a union of hot rows and of files, all in the same types.

    SELECT "product"::VARCHAR AS "product", ... FROM hot$sales
    UNION ALL
    SELECT "product"::VARCHAR AS "product", NULL::DOUBLE AS "margin" FROM read_parquet([...]) WHERE _seq <= 9

Files are read by the schema version they were written with: no footer is needed to know their columns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from ..core.clock import from_micros
from ..core.manifest import DataFile
from ..core.schema import ENVELOPE, Field
from ..core.snapshots import TableSnapshot
from ..core.types import quote, type_name
from .engine import text_literal
from .plan import ShardScan, TableScan

_NO_TYPE = pa.null()


@dataclass(frozen=True, slots=True)
class ScanSql:
    """`select`: the view's query, `None` if the Arrow table alone is the view. `hot`: what to register.

    `keys`: the path of each file read -> its key, for messages.
    """

    view: str
    select: str | None
    hot: tuple[tuple[str, pa.Table], ...]
    keys: Mapping[str, str]


def scan_sql(scan: TableScan, path: Callable[[TableSnapshot, DataFile], Path]) -> ScanSql:
    """`path` checks a file and says where it is; it raises `Corrupt`."""
    keys: dict[str, str] = {}
    parts: list[str] = []
    hot: list[tuple[str, pa.Table]] = []
    files = _files(scan)
    stored = [name for name in scan.columns if name != "_tier"]
    groups = _hot_groups(scan, bool(files))
    if not files and list(groups) == [()] and stored == list(scan.columns):
        return ScanSql(scan.view, None, ((scan.view, _hot_rows(scan, groups[()], stored)),), keys)
    for filters, shards in groups.items():
        needed = [*stored, *(n for n in _filter_columns(scan, shards) if n not in stored)]
        name = f"hot${scan.view}" + (f"${len(hot)}" if hot else "")
        hot.append((name, _hot_rows(scan, shards, needed or ["_seq"])))
        parts.append(f"SELECT {_hot_columns(scan)} FROM {quote(name)}{_where(filters)}")
    for (columns, filters, _), group in files.items():
        located = []
        for snapshot, file in group:
            located.append(str(path(snapshot, file)))
            keys[located[-1]] = file.key
        listed = ", ".join(text_literal(name) for name in located)
        parts.append(f"SELECT {columns} FROM read_parquet([{listed}]){_where(filters)}")
    return ScanSql(scan.view, " UNION ALL ".join(parts), tuple(hot), keys)


_Layout = tuple[str, tuple[str, ...], tuple[Field, ...]]
"""(columns to read, filters, all fields of the file): files of one layout can be read by one SELECT."""


def _files(scan: TableScan) -> dict[_Layout, list[tuple[TableSnapshot, DataFile]]]:
    groups: dict[_Layout, list[tuple[TableSnapshot, DataFile]]] = {}
    for shard in scan.shards:
        snapshot = shard.snapshot
        for (tier, version, filters), files in _groups(scan, shard).items():
            layout = (
                _file_columns(scan, snapshot, version, tier),
                filters,
                snapshot.table.version(version).fields,
            )
            groups.setdefault(layout, []).extend((snapshot, file) for file in files)
    return groups


def _groups(scan: TableScan, shard: ShardScan) -> dict[tuple[str, int, tuple[str, ...]], list[DataFile]]:
    """A shard's files of one tier, one schema version and under the same filters."""
    groups: dict[tuple[str, int, tuple[str, ...]], list[DataFile]] = {}
    bound = _latest_filter(scan)
    for tier in shard.tiers:
        shown = tier.tier if "_tier" in scan.columns else ""
        for file in tier.files:
            filters = [bound] if bound else []
            if file.seq_max > shard.snapshot.seq:
                filters.append(f"_seq <= {shard.snapshot.seq}")
            if file.ttl_rows:
                filters.append(_ttl_filter(shard.snapshot))
            groups.setdefault((shown, file.schema_version, tuple(filters)), []).append(file)
    return groups


def _file_columns(scan: TableScan, snapshot: TableSnapshot, version: int, tier: str) -> str:
    """The view's columns as files of a schema version hold them, found by field id."""
    held = {field.id: field for field in snapshot.table.version(version).fields}
    shown = []
    for name in scan.columns:
        field = scan.schema.by_name.get(name)
        if field is None:
            shown.append(text_literal(tier) + ' AS "_tier"' if name == "_tier" else _cast(name, name, scan))
            continue
        there = held.get(field.id)
        if field.type == _NO_TYPE or there is None or there.type == _NO_TYPE:
            shown.append(f"{null_of(field.type)} AS {quote(name)}")
        else:
            shown.append(_cast(there.name, name, scan))
    return ", ".join(shown)


def _hot_groups(scan: TableScan, has_files: bool) -> dict[tuple[str, ...], list[TableSnapshot]]:
    """The shards whose hot rows are read, by their filters; one at least where there are no files."""
    shards = [shard.snapshot for shard in scan.shards if shard.reads_hot]
    if not shards and not has_files:
        shards = [scan.shards[0].snapshot]
    groups: dict[tuple[str, ...], list[TableSnapshot]] = {}
    for snapshot in shards:
        groups.setdefault(_hot_filters(scan, snapshot), []).append(snapshot)
    return groups


def _hot_rows(scan: TableScan, shards: Sequence[TableSnapshot], names: list[str]) -> pa.Table:
    """The hot rows of the shards, one below the other, without a copy."""
    if len(shards) == 1 and shards[0].schema.version == scan.schema.version and shards[0].far is None:
        return shards[0].hot.select(names)
    return pa.concat_tables([_fitted(scan, snapshot, names) for snapshot in shards])


def _fitted(scan: TableScan, snapshot: TableSnapshot, names: list[str]) -> pa.Table:
    """Hot rows of a shard that has not heard of a column yet, or of its type, hold nulls there."""
    columns, fields = [], []
    for name in names:
        wanted = scan.schema.complete.field(name)
        column = scan.schema.by_name.get(name)
        there = name if column is None else snapshot.hot_name(column)
        rows = snapshot.hot.num_rows
        columns.append(snapshot.hot_column(there) if there and rows else pa.nulls(rows, wanted.type))
        fields.append(pa.field(name, wanted.type))
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))


def _hot_columns(scan: TableScan) -> str:
    shown = []
    for name in scan.columns:
        field = scan.schema.by_name.get(name)
        if name == "_tier":
            shown.append("'hot' AS \"_tier\"")
        elif field is not None and field.type == _NO_TYPE:
            shown.append(f"NULL AS {quote(name)}")
        else:
            shown.append(_cast(name, name, scan))
    return ", ".join(shown)


def typed_columns(scan: TableScan) -> str:
    """The scan's columns as they stand in a relation that has them all."""
    shown = []
    for name in scan.columns:
        field = scan.schema.by_name.get(name)
        untyped = name == "_tier" or (field is not None and field.type == _NO_TYPE)
        shown.append(quote(name) if untyped else _cast(name, name, scan))
    return ", ".join(shown)


def _cast(stored: str, name: str, scan: TableScan) -> str:
    """A column in its table's type, whatever the file calls it; a cast that changes nothing costs nothing."""
    field = scan.schema.by_name.get(name)
    arrow = ENVELOPE.field(name).type if field is None else field.type
    return f"{quote(stored)}::{_sql_type(arrow)} AS {quote(name)}"


def null_of(arrow: pa.DataType) -> str:
    return "NULL" if arrow == _NO_TYPE else f"NULL::{_sql_type(arrow)}"


def _sql_type(arrow: pa.DataType) -> str:
    """DuckDB has no type of nulls within lists and structs; text holds them as well."""
    return type_name(arrow).replace("NULL", "VARCHAR") if pa.types.is_nested(arrow) else type_name(arrow)


def _hot_filters(scan: TableScan, snapshot: TableSnapshot) -> tuple[str, ...]:
    bound = _latest_filter(scan)
    filters = [bound] if bound else []
    if snapshot.has_ttl:
        filters.append(_ttl_filter(snapshot))
    return tuple(filters)


def _filter_columns(scan: TableScan, shards: Sequence[TableSnapshot]) -> list[str]:
    columns = [scan.latest.column] if scan.latest else []
    return [*columns, "_recorded_at", "_ttl_seconds"] if any(s.has_ttl for s in shards) else columns


def _latest_filter(scan: TableScan) -> str | None:
    if scan.latest is None:
        return None
    value = str(scan.latest.value) if scan.latest.column == "_seq" else _instant(scan.latest.value)
    return f"{scan.latest.column} {'>=' if scan.latest.descending else '<='} {value}"


def _ttl_filter(snapshot: TableSnapshot) -> str:
    """Rows that live at the instant of the cut. In wide integers: a TTL may be longer than any calendar."""
    end = "epoch_us(_recorded_at)::HUGEINT + _ttl_seconds::HUGEINT * 1000000"
    return f"(_ttl_seconds IS NULL OR {end} > {snapshot.cut_us})"


def _instant(micros: int) -> str:
    return f"TIMESTAMPTZ '{from_micros(micros).isoformat(sep=' ', timespec='microseconds')}'"


def _where(filters: tuple[str, ...]) -> str:
    return f" WHERE {' AND '.join(filters)}" if filters else ""
