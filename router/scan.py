"""The SQL by which one view reads its tiers: a union of hot rows and of files, all in the same types.

    SELECT "product"::VARCHAR AS "product", ... FROM hot$sales
    UNION ALL
    SELECT "product"::VARCHAR AS "product", NULL::DOUBLE AS "margin" FROM read_parquet([...]) WHERE _seq <= 9

Files are read by the schema version they were written with: no footer is needed to know their columns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from ..core.clock import from_micros
from ..core.manifest import DataFile
from ..core.protocols import TableSnapshot
from ..core.schema import ENVELOPE
from ..core.types import quote, type_name
from .engine import text_literal
from .plan import TableScan

_NO_TYPE = pa.null()


@dataclass(frozen=True, slots=True)
class ScanSql:
    """`select`: the view's query, `None` if the Arrow table alone is the view. `hot`: what to register.

    `keys`: the path of each file read -> its key, for messages.
    """

    view: str
    select: str | None
    hot: tuple[str, pa.Table] | None
    keys: Mapping[str, str]


def scan_sql(scan: TableScan, path: Callable[[DataFile], Path]) -> ScanSql:
    """`path` checks a file and says where it is; it raises `Corrupt`."""
    keys: dict[str, str] = {}
    parts: list[str] = []
    hot: tuple[str, pa.Table] | None = None
    files = [(tier.tier, file) for tier in scan.tiers for file in tier.files]
    if scan.reads_hot or not files:
        stored = [name for name in scan.columns if name != "_tier"]
        if not files and stored == list(scan.columns) and not _hot_filters(scan):
            return ScanSql(scan.view, None, (scan.view, scan.snapshot.hot.select(stored)), keys)
        needed = [*stored, *(n for n in _filter_columns(scan) if n not in stored)]
        hot = (f"hot${scan.view}", scan.snapshot.hot.select(needed or ["_seq"]))
        where = _where(_hot_filters(scan))
        parts.append(f"SELECT {_hot_columns(scan)} FROM {quote(hot[0])}{where}")
    for (tier, version, filters), group in _groups(scan, files).items():
        located = []
        for file in group:
            located.append(str(path(file)))
            keys[located[-1]] = file.key
        listed = ", ".join(text_literal(name) for name in located)
        columns = _file_columns(scan, version, tier)
        parts.append(f"SELECT {columns} FROM read_parquet([{listed}]){_where(filters)}")
    return ScanSql(scan.view, " UNION ALL ".join(parts), hot, keys)


def _groups(
    scan: TableScan, files: list[tuple[str, DataFile]]
) -> dict[tuple[str, int, tuple[str, ...]], list[DataFile]]:
    """Files that one SELECT can read: of one tier, one schema version and under the same filters."""
    groups: dict[tuple[str, int, tuple[str, ...]], list[DataFile]] = {}
    bound = _latest_filter(scan)
    for tier, file in files:
        filters = [bound] if bound else []
        if file.seq_max > scan.snapshot.seq:
            filters.append(f"_seq <= {scan.snapshot.seq}")
        if file.ttl_rows:
            filters.append(_ttl_filter(scan.snapshot))
        shown = tier if "_tier" in scan.columns else ""
        groups.setdefault((shown, file.schema_version, tuple(filters)), []).append(file)
    return groups


def _file_columns(scan: TableScan, version: int, tier: str) -> str:
    """The view's columns as files of a schema version hold them, found by field id."""
    snapshot = scan.snapshot
    held = {field.id: field for field in snapshot.table.version(version).fields}
    shown = []
    for name in scan.columns:
        field = snapshot.schema.by_name.get(name)
        if field is None:
            shown.append(
                text_literal(tier) + ' AS "_tier"' if name == "_tier" else _cast(name, name, snapshot)
            )
            continue
        there = held.get(field.id)
        if field.type == _NO_TYPE or there is None or there.type == _NO_TYPE:
            shown.append(f"{_null(field.type)} AS {quote(name)}")
        else:
            shown.append(_cast(there.name, name, snapshot))
    return ", ".join(shown)


def _hot_columns(scan: TableScan) -> str:
    shown = []
    for name in scan.columns:
        field = scan.snapshot.schema.by_name.get(name)
        if name == "_tier":
            shown.append("'hot' AS \"_tier\"")
        elif field is not None and field.type == _NO_TYPE:
            shown.append(f"NULL AS {quote(name)}")
        else:
            shown.append(_cast(name, name, scan.snapshot))
    return ", ".join(shown)


def _cast(stored: str, name: str, snapshot: TableSnapshot) -> str:
    """A column in its table's type, whatever the file calls it; a cast that changes nothing costs nothing."""
    field = snapshot.schema.by_name.get(name)
    arrow = ENVELOPE.field(name).type if field is None else field.type
    return f"{quote(stored)}::{_sql_type(arrow)} AS {quote(name)}"


def _null(arrow: pa.DataType) -> str:
    return "NULL" if arrow == _NO_TYPE else f"NULL::{_sql_type(arrow)}"


def _sql_type(arrow: pa.DataType) -> str:
    """DuckDB has no type of nulls within lists and structs; text holds them as well."""
    return type_name(arrow).replace("NULL", "VARCHAR") if pa.types.is_nested(arrow) else type_name(arrow)


def _hot_filters(scan: TableScan) -> tuple[str, ...]:
    bound = _latest_filter(scan)
    filters = [bound] if bound else []
    if scan.snapshot.has_ttl:
        filters.append(_ttl_filter(scan.snapshot))
    return tuple(filters)


def _filter_columns(scan: TableScan) -> list[str]:
    columns = [scan.latest.column] if scan.latest else []
    return [*columns, "_recorded_at", "_ttl_seconds"] if scan.snapshot.has_ttl else columns


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
