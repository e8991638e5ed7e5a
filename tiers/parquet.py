"""Writing, describing and checking Parquet files, the one file format of the warm and the cold tier.

Every column carries its field id, nested ones included, so a reader may find columns by id whatever they
are called. A file is described from its own footer, which is what `DataFile.stats` and pruning rest on.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..core.errors import Corrupt, Invalid
from ..core.ids import checksum
from ..core.manifest import Bound, DataFile
from ..core.schema import SHARD_COLUMN, SHARD_COLUMN_ID, Schema
from ..core.types import JSON, is_vector

SAMPLE_ROWS = 4_096
LOW_CARDINALITY = 0.5
"""A column is of low cardinality if at most this share of a sample is distinct."""

BLOOM_COLUMNS = ("_id", "_stream")
BLOOM_FALSE_POSITIVES = 0.05
MAX_TEXT_BOUND = 64

# Nested fields of field n have the ids n * 4096, n * 4096 + 1, ..., depth first: stable, as a type is never
# changed, and above every top-level id.
NESTED_IDS = 4_096

_FIELD_ID = b"PARQUET:field_id"
_NAN_FREE = "thermocline.nan-free"
_MISSING = "thermocline.missing"
_HINT = "restore it from a backup; nothing is read in its stead"


def file_schema(schema: Schema, *, iceberg: bool = False, shared: bool = False) -> pa.Schema:
    """The columns of a file of this schema, with field ids; `shared`: with the column of shards.

    Iceberg has no JSON type, and its readers refuse the annotation: with `iceberg` it is plain text.
    """
    ids = schema.column_ids()
    columns = pa.schema(
        [
            pa.field(
                f.name,
                _physical(
                    f.type, iter(range(ids[f.name] * NESTED_IDS, (ids[f.name] + 1) * NESTED_IDS)), iceberg
                ),
                nullable=f.nullable,
                metadata=_id_metadata(ids[f.name]),
            )
            for f in schema.stored
        ]
    )
    if not shared:
        return columns
    return columns.append(pa.field(SHARD_COLUMN, pa.string(), metadata=_id_metadata(SHARD_COLUMN_ID)))


def encode(
    table: pa.Table,
    schema: Schema,
    *,
    row_group_rows: int,
    iceberg: bool = False,
    shard: str | None = None,
    settled: Collection[int] = (),
) -> pa.Buffer:
    """A Parquet file of `table`, which has the columns of `schema.stored`, dictionary-encoded or not.

    `shard`: if given, all rows get it in a column of their own. `settled`: ids of the computed columns that
    have been computed for every row, so that a null means that there is nothing to compute.

    Dictionaries are kept for columns of low cardinality, as seen in a sample; other numbers are stored as
    deltas or split bytes. zstd-1: higher levels cost more time than they save bytes. Columns with NaN get no
    statistics: these ignore NaN, and DuckDB takes x = 1 for true of every row when both bounds are 1.
    """
    if shard is not None:
        table = table.append_column(SHARD_COLUMN, pa.repeat(shard, table.num_rows))
    missing = {f.id: table[f.name].null_count for f in schema.computed if f.id not in settled}
    table = _to_file_types(table, file_schema(schema, iceberg=iceberg, shared=shard is not None))
    vectors = [leaf for f in schema.stored if is_vector(f.type) for leaf in _leaf_paths(f.type, f.name)]
    dictionaries, encodings, blooms = _choose_encodings(table, row_group_rows)
    dictionaries = [leaf for leaf in dictionaries if leaf not in vectors]
    encodings |= dict.fromkeys(vectors, "PLAIN")
    sink = pa.BufferOutputStream()
    group_rows = max(1, min(row_group_rows, table.num_rows))
    with pq.ParquetWriter(
        sink,
        table.schema,
        compression=_compression(table.schema, vectors),
        use_dictionary=dictionaries or False,
        column_encoding=encodings or None,
        bloom_filter_options={c: {"ndv": group_rows, "fpp": BLOOM_FALSE_POSITIVES} for c in blooms} or None,
        write_statistics=_bounded_leaves(table),
        store_schema=False,
        store_decimal_as_integer=True,
        write_page_checksum=True,
    ) as writer:
        writer.write_table(table, row_group_size=row_group_rows)
        writer.add_key_value_metadata({_NAN_FREE: ",".join(map(str, _nan_free(table)))})
        writer.add_key_value_metadata({_MISSING: orjson.dumps(missing, option=orjson.OPT_NON_STR_KEYS)})
    return sink.getvalue()


def decode(source: pa.Buffer | bytes | Path, schema: Schema, key: str) -> pa.Table:
    """The rows of a file as the columns of `schema.stored`; a column that the file lacks is null.

    Columns are found by field id. Raises `Corrupt` with `key` if the file cannot be read.
    """
    try:
        read = pq.read_table(_readable(source))
    except (pa.ArrowException, OSError) as error:
        raise Corrupt(f"damaged file: {key}: {error}", hint=_HINT) from error
    ids = schema.column_ids()
    by_id = {int((f.metadata or {}).get(_FIELD_ID, -1)): at for at, f in enumerate(read.schema)}
    columns = [
        read.column(by_id[ids[f.name]]).cast(f.type)
        if ids[f.name] in by_id
        else pa.chunked_array([pa.nulls(read.num_rows, f.type)])
        for f in schema.stored
    ]
    return pa.Table.from_arrays(columns, schema=schema.stored)


def describe(key: str, data: pa.Buffer | bytes | Path, schema: Schema, digest: str) -> DataFile:
    """What a manifest keeps of a file of at least one row, from its footer. Raises `Corrupt` with `key`."""
    footer = _footer(data, key)
    leaves = _top_level_leaves(footer)
    told = footer.metadata or {}
    nan_free = told.get(_NAN_FREE.encode(), b"").decode().split(",")
    missing = orjson.loads(told.get(_MISSING.encode(), b"{}"))
    stats: dict[int, tuple[Bound, Bound]] = {}
    for f in schema.stored:
        field_id = schema.column_ids()[f.name]
        if f.name not in leaves or (pa.types.is_floating(f.type) and str(field_id) not in nan_free):
            continue
        if bounds := _bounds(footer, leaves[f.name], f.type):
            stats[field_id] = bounds
    seq_ids = schema.column_ids()["_seq"]
    if seq_ids not in stats:
        raise Corrupt(f"damaged file: {key} states no range of _seq", hint=_HINT)
    seq_min, seq_max = stats[seq_ids]
    return DataFile(
        key=key,
        bytes=data.stat().st_size if isinstance(data, Path) else len(memoryview(data)),
        digest=digest,
        rows=footer.num_rows,
        schema_version=schema.version,
        seq_min=int(seq_min),
        seq_max=int(seq_max),
        stats=stats,
        ttl_rows=_not_null(footer, leaves.get("_ttl_seconds")),
        missing={int(number): rows for number, rows in missing.items() if rows},
    )


def footer_rows(source: pa.Buffer | bytes | Path, key: str) -> int:
    """The row count that the footer states. Raises `Corrupt` with `key` if it cannot be read."""
    return int(_footer(source, key).num_rows)


def check_read_back(
    stored: pa.Buffer | bytes, digest: str, rows: int, key: str, seq_range: tuple[int, int] | None = None
) -> None:
    """Raises `Corrupt` unless the bytes read again are those encoded, and hold what they should."""
    if checksum(memoryview(stored)) != digest:
        raise Corrupt(f"{key} does not read back as it was written", hint="check the disk; nothing was moved")
    footer = _footer(stored, key)
    found = None if seq_range is None else _bounds(footer, _top_level_leaves(footer)["_seq"], pa.int64())
    if footer.num_rows != rows or found != seq_range:
        raise Corrupt(
            f"{key} holds {footer.num_rows} rows with _seq in {found}, not {rows} in {seq_range}",
            hint="nothing was moved; report this",
        )


def is_bounded(chunk: pq.ColumnChunkMetaData) -> bool:
    """Whether the footer bounds every value of the chunk: not so for long text."""
    if not chunk.is_stats_set:
        return False
    statistics = chunk.statistics
    return bool(
        statistics.has_min_max or (statistics.has_null_count and statistics.null_count == chunk.num_values)
    )


def sort_for(table: pa.Table, clustering: Sequence[str]) -> pa.Table:
    """The rows ordered by the clustering columns, then `_seq`: the order within files of sunk rows."""
    indices = sort_indices(table, clustering)
    return table if indices is None else table.take(indices)


def sort_indices(table: pa.Table, clustering: Sequence[str]) -> pa.Array | None:
    """The order of `sort_for` as row numbers; `None` if the rows have it already."""
    keys = {name: _sortable(table.column(name)) for name in clustering if name in table.column_names}
    order = pa.table({**{n: c for n, c in keys.items() if c is not None}, "_seq": table.column("_seq")})
    if order.num_columns == 1 and _rises(order.column(0)):
        return None
    return pc.sort_indices(order, sort_keys=[(name, "ascending") for name in order.column_names])


def _physical(arrow: pa.DataType, nested_ids: Any, iceberg: bool) -> pa.DataType:
    def child(name: str, inner: pa.DataType) -> pa.Field:
        number = next(nested_ids, None)
        if number is None:
            raise Invalid(f"a column nests more than {NESTED_IDS} fields", hint="store it as JSON")
        return pa.field(name, _physical(inner, nested_ids, iceberg), metadata=_id_metadata(number))

    if pa.types.is_list(arrow) or is_vector(arrow):
        return pa.list_(child("element", arrow.value_type))
    if pa.types.is_struct(arrow):
        return pa.struct([child(f.name, f.type) for f in arrow])
    return pa.string() if iceberg and arrow == JSON else arrow


def _id_metadata(number: int) -> dict[bytes, bytes]:
    return {_FIELD_ID: str(number).encode()}


def _to_file_types(table: pa.Table, target: pa.Schema) -> pa.Table:
    """The same rows in the types of a file; dictionaries stay, one per column."""
    columns, fields = [], []
    for f in target:
        column = table.column(f.name)
        if pa.types.is_dictionary(column.type) and column.type.value_type == f.type:
            columns.append(column.unify_dictionaries())
            fields.append(f.with_type(columns[-1].type))
        else:
            columns.append(column.cast(f.type))
            fields.append(f)
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))


def _choose_encodings(table: pa.Table, row_group_rows: int) -> tuple[list[str], dict[str, str], list[str]]:
    """(columns with a dictionary, column -> encoding, columns with a bloom filter), as Parquet paths."""
    dictionaries: list[str] = []
    encodings: dict[str, str] = {}
    blooms: list[str] = []
    at = np.unique(
        np.linspace(0, max(0, table.num_rows - 1), min(SAMPLE_ROWS, table.num_rows)).astype(np.int64)
    )
    for f in table.schema:
        if pa.types.is_nested(f.type):
            dictionaries += _leaf_paths(f.type, f.name)
            continue
        if pa.types.is_boolean(f.type):
            continue
        column = table.column(f.name)
        if pa.types.is_dictionary(f.type) or column.null_count == len(column):
            dictionaries.append(f.name)
            continue
        sample = _storage(column).take(at).drop_null()
        rising = _rises(sample)
        few = pc.count_distinct(sample).as_py() <= LOW_CARDINALITY * len(sample)
        if few or _is_lonely(_storage(column), row_group_rows):
            dictionaries.append(f.name)
        else:
            encodings[f.name] = _plain_encoding(f.type, rising)
            # Where values rise with the rows, minimum and maximum prune better than a filter.
            if f.name in BLOOM_COLUMNS and not rising:
                blooms.append(f.name)
    return dictionaries, encodings, blooms


def _compression(schema: pa.Schema, vectors: Sequence[str]) -> dict[str, str]:
    """Vectors lie in the file as they are: compressing them gains a tenth, and none could be read alone."""
    leaves = [leaf for f in schema for leaf in _leaf_paths(f.type, f.name)]
    return {leaf: "NONE" if leaf in vectors else "ZSTD" for leaf in leaves}


def _is_lonely(column: pa.ChunkedArray, row_group_rows: int) -> bool:
    """Whether some row group of a text holds nulls and one distinct value beside them.

    Without a dictionary DuckDB 2.0 finds every row of such a group by IS NULL, as both bounds are one value.
    """
    if not column.null_count or not (pa.types.is_string(column.type) or pa.types.is_binary(column.type)):
        return False
    for start in range(0, len(column), row_group_rows):
        group = column.slice(start, row_group_rows)
        bounds = pc.min_max(group).as_py() if group.null_count else {"min": None, "max": None}
        if bounds["min"] is not None and bounds["min"] == bounds["max"]:
            return True
    return False


def _plain_encoding(arrow: pa.DataType, rising: bool) -> str:
    t = pa.types
    if t.is_integer(arrow) or t.is_temporal(arrow) or (t.is_decimal(arrow) and arrow.precision <= 18):
        return "DELTA_BINARY_PACKED"
    if t.is_floating(arrow):
        return "BYTE_STREAM_SPLIT"
    # Shared prefixes pay only among sorted neighbours; elsewhere plain text under zstd reads faster.
    return "DELTA_BYTE_ARRAY" if t.is_string(arrow) and rising else "PLAIN"


def _leaf_paths(arrow: pa.DataType, path: str, *, floats: bool = True) -> list[str]:
    if pa.types.is_list(arrow) or is_vector(arrow):
        return _leaf_paths(arrow.value_type, f"{path}.list.element", floats=floats)
    if pa.types.is_struct(arrow):
        return [leaf for f in arrow for leaf in _leaf_paths(f.type, f"{path}.{f.name}", floats=floats)]
    return [path] if floats or not pa.types.is_floating(arrow) else []


def _nan_free(table: pa.Table) -> list[int]:
    """Ids of floating columns without NaN: Parquet's bounds ignore NaN, SQL sorts it above all numbers."""
    return [
        int(f.metadata[_FIELD_ID])
        for f in table.schema
        if pa.types.is_floating(f.type) and not _has_nan(table.column(f.name))
    ]


def _has_nan(column: pa.ChunkedArray) -> bool:
    return bool(pc.any(pc.is_nan(_storage(column))).as_py())


def _bounded_leaves(table: pa.Table) -> list[str]:
    """Parquet paths of the columns that get statistics: floats only where they were searched for NaN."""
    return [
        leaf
        for f in table.schema
        for leaf in _leaf_paths(
            f.type.value_type if pa.types.is_dictionary(f.type) else f.type,
            f.name,
            floats=pa.types.is_floating(f.type) and not _has_nan(table.column(f.name)),
        )
    ]


def _storage(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if isinstance(column.type, pa.BaseExtensionType):
        return column.cast(column.type.storage_type)
    return column


def _sortable(column: pa.ChunkedArray) -> pa.ChunkedArray | None:
    if pa.types.is_dictionary(column.type):
        return column.cast(column.type.value_type)
    return None if pa.types.is_nested(column.type) or column.type == pa.null() else _storage(column)


def _rises(column: pa.ChunkedArray) -> bool:
    values = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return len(values) < 2 or pc.all(pc.less_equal(values[:-1], values[1:])).as_py() is True


def _readable(source: pa.Buffer | bytes | Path) -> Any:
    return source if isinstance(source, Path) else pa.BufferReader(source)


def _footer(source: pa.Buffer | bytes | Path, key: str) -> pq.FileMetaData:
    try:
        return pq.read_metadata(_readable(source))
    except FileNotFoundError:
        raise Corrupt(f"missing file: {key}", hint=_HINT) from None
    except (pa.ArrowException, OSError) as error:
        raise Corrupt(f"damaged file: {key}: {error}", hint=_HINT) from error


def _top_level_leaves(footer: pq.FileMetaData) -> dict[str, int]:
    """Column name -> leaf number, nested columns left out."""
    columns = [footer.schema.column(at) for at in range(footer.num_columns)]
    return {
        c.path: at
        for at, c in enumerate(columns)
        if c.path == c.name and c.max_repetition_level == 0 and c.max_definition_level <= 1
    }


def _not_null(footer: pq.FileMetaData, leaf: int | None) -> int:
    """Upper bound of the values that are not null, exact where nulls were counted."""
    if leaf is None:
        return 0
    chunks = [footer.row_group(g).column(leaf) for g in range(footer.num_row_groups)]
    return sum(
        c.statistics.num_values if c.is_stats_set and c.statistics.has_null_count else c.num_values
        for c in chunks
    )


def _bounds(footer: pq.FileMetaData, leaf: int, arrow: pa.DataType) -> tuple[Bound, Bound] | None:
    """Smallest and largest value over the row groups, `None` where no sound bound is known."""
    lows: list[Bound] = []
    highs: list[Bound] = []
    for group in range(footer.num_row_groups):
        chunk = footer.row_group(group).column(leaf)
        if not is_bounded(chunk):
            return None
        if chunk.statistics.has_min_max:
            low = _bound(chunk.statistics.min_raw, arrow, chunk)
            high = _bound(chunk.statistics.max_raw, arrow, chunk)
            if low is None or high is None:
                return None
            lows.append(low)
            highs.append(high)
    return (min(lows), max(highs)) if lows else None


def _bound(raw: Any, arrow: pa.DataType, chunk: pq.ColumnChunkMetaData) -> Bound | None:
    t = pa.types
    if t.is_boolean(arrow) or t.is_integer(arrow) or t.is_date(arrow):
        return int(raw) if chunk.physical_type in ("BOOLEAN", "INT32", "INT64") else None
    if t.is_timestamp(arrow):
        return int(raw) if "microseconds" in chunk.statistics.logical_type.to_json() else None
    if t.is_floating(arrow):
        return float(raw) if np.isfinite(raw) else None
    if arrow == pa.string():
        return _text(raw)
    return None


def _text(raw: bytes) -> str | None:
    try:
        text = raw.decode()
    except UnicodeDecodeError:  # cut in the middle of a character by another writer
        return None
    return text if len(text) <= MAX_TEXT_BOUND else None
