"""Which shard each row goes to: the rows of an append, parted by the shard map of their database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from ...core.errors import Invalid
from ...core.owners import Append
from ...core.schema import Schema
from ...core.sharding import STREAM, ShardMap, hours
from ...core.types import stored_type
from .arrow import plain_array
from .batch import Batch
from .columns import targets


def route(append: Append, batch: Batch, shard_map: ShardMap, schema: Schema) -> dict[str, Append]:
    """shard -> the rows of `append` that belong there, in their order. `batch`: the same rows, normalised.

    The rows can be read twice: an Arrow table or batch, or a list. Raises `Invalid` if a row gives no key
    where one is needed, or if a stream would lie in several shards.
    """
    _check_stream(append, batch, shard_map)
    if append.stream is not None:
        return {shard_map.route(append.stream): append}
    shards = _shards(batch, shard_map, schema)
    distinct = set(shards)
    if len(distinct) == 1:
        return {distinct.pop(): append}
    return {
        shard: replace(append, rows=_taken(append.rows, [at for at, s in enumerate(shards) if s == shard]))
        for shard in sorted(distinct)
    }


def _check_stream(append: Append, batch: Batch, shard_map: ShardMap) -> None:
    if shard_map.key == STREAM:
        return
    if append.stream is not None or append.expected_version is not None or "_stream" in batch.envelope:
        by = "the hour" if shard_map.by == "hour" else f"`{shard_map.key}`"
        raise Invalid(
            f"a stream lives in one shard, and this database is spread by {by}",
            hint="leave stream and expected_version out, or create the database with key='_stream'",
        )


def _shards(batch: Batch, shard_map: ShardMap, schema: Schema) -> list[str]:
    """The shard of each row."""
    known: dict[Any, str] = {}
    found = []
    for value in _keys(batch, shard_map, schema):
        if value not in known:
            known[value] = shard_map.route(value)
        found.append(known[value])
    return found


def _keys(batch: Batch, shard_map: ShardMap, schema: Schema) -> Sequence[Any]:
    if shard_map.by == "hour":
        times = batch.envelope.get("_time") or [None] * batch.rows
        if None in times:
            raise Invalid(
                f"row {times.index(None) + 1} does not say when it happened; its hour decides its shard",
                hint="give `_time`, or event_time='column'",
            )
        return hours(times)
    if shard_map.key == STREAM:
        # A row without a stream goes by its id, so that a retry meets the first try.
        streams = batch.envelope.get("_stream") or [None] * batch.rows
        ids = batch.envelope.get("_id") or [None] * batch.rows
        return [i if s is None else s for s, i in zip(streams, ids, strict=True)]
    assert shard_map.key is not None, "hash and region name a key"
    target = targets(schema).folded.get(shard_map.key.lower())
    if target is None or target.name not in batch.payload:
        return [None] * batch.rows
    if pa.types.is_nested(target.type):
        raise Invalid(f"`{target.name}` is no key: it holds lists or structs", hint="use a plain column")
    return list(batch.column(target.name).to_pylist())


def _taken(rows: Any, at: list[int]) -> Any:
    if isinstance(rows, pa.Table | pa.RecordBatch):
        indices = pa.array(at, pa.int64())
        columns = [_column_taken(column, indices) for column in rows.columns]
        return pa.table(columns, names=rows.schema.names)
    return [rows[index] for index in at]


def _column_taken(column: pa.ChunkedArray | pa.Array, indices: pa.Array) -> pa.ChunkedArray | pa.Array:
    """Arrow takes nothing from views and run-ends: of these, what they stand for."""
    try:
        return column.take(indices)
    except pa.ArrowNotImplementedError:
        whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        plain = plain_array(whole)
        return plain.cast(stored_type(plain.type)).take(indices)
