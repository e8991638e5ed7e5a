"""The hot rows of one table as Arrow, beside their SQLite rows: what queries scan.

    append -> pending column lists -> (at the next read) a chunk -> neighbours merged -> one slice a query

Pending rows stay Python lists until somebody reads, so a single append costs no Arrow work. Chunks merge
when the newer one has grown to half of the older: a thousand small batches made scans 2.7x slower.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ...core.schema import Schema
from .codec import decode

PENDING_ROWS = 50_000
"""Converted without waiting for a reader beyond this, so that the first read after a burst stays short."""

Columns = Mapping[str, Sequence[Any]]
"""Column name -> values in storage form, or an Arrow array; columns of equal length."""


class Tail:
    """Rows in ascending `_seq`. Not thread-safe: the shard's lock is held around every call."""

    def __init__(self) -> None:
        self._chunks: list[pa.Table] = []
        self._pending: list[tuple[Columns, Schema]] = []
        self._pending_rows = 0
        self.rows = 0
        self.ttl_rows = 0

    def append(self, columns: Columns, schema: Schema) -> None:
        """`columns`: every column of `schema.logged`."""
        rows = len(columns["_seq"])
        self._pending.append((columns, schema))
        self._pending_rows += rows
        self.rows += rows
        ttl = columns["_ttl_seconds"]
        self.ttl_rows += rows - (ttl.null_count if isinstance(ttl, pa.Array) else list(ttl).count(None))
        if self._pending_rows > PENDING_ROWS:
            self._settle()

    def adopt(self, rows: pa.Table) -> None:
        """Takes rows that were a tail before, as the beginning of this empty one."""
        self._chunks = [rows]
        self._count()

    def table(self) -> pa.Table | None:
        """All rows, in the columns of their newest schema; `None` if there never were any."""
        self._settle()
        if not self._chunks:
            return None
        widest = self._chunks[-1].schema
        return pa.concat_tables([_fit(chunk, widest) for chunk in self._chunks])

    @property
    def last_seq(self) -> int:
        """0 for an empty tail."""
        self._settle()
        return self._chunks[-1]["_seq"][-1].as_py() if self._chunks else 0

    def view(self, schema: Schema, after: int, up_to: int) -> pa.Table:
        """The rows with after < _seq <= up_to, in the columns of `schema.complete`; no copy of values."""
        self._settle()
        parts = [_between(chunk, after, up_to) for chunk in self._chunks]
        parts = [_conform(part, schema) for part in parts if part.num_rows]
        return pa.concat_tables(parts) if parts else schema.complete.empty_table()

    def heads(self, up_to: int) -> dict[str, int]:
        """stream -> highest position among the rows with _seq <= up_to."""
        self._settle()
        heads: dict[str, int] = {}
        for chunk in self._chunks:
            rows = _between(chunk, 0, up_to).select(["_stream", "_position"]).drop_null()
            last = rows.group_by("_stream").aggregate([("_position", "max")])
            # Chunks ascend in sequence and positions with it, so the last one wins.
            heads.update(zip(last["_stream"].to_pylist(), last["_position_max"].to_pylist(), strict=True))
        return heads

    def trim(self, up_to: int) -> None:
        """Drops the rows with _seq <= up_to."""
        self._settle()
        last = (1 << 62) - 1
        self._chunks = [part for c in self._chunks if (part := _between(c, up_to, last)).num_rows]
        self._count()

    def _count(self) -> None:
        self.rows = sum(chunk.num_rows for chunk in self._chunks)
        self.ttl_rows = sum(c.num_rows - c["_ttl_seconds"].null_count for c in self._chunks)

    def _settle(self) -> None:
        while self._pending:
            # Batches of one schema version become one chunk.
            schema = self._pending[0][1]
            same = [columns for columns, s in self._pending if s.version == schema.version]
            del self._pending[: len(same)]
            self._chunks.append(
                pa.table({field.name: _join(same, field) for field in schema.logged}, schema=schema.logged)
            )
        self._pending_rows = 0
        while len(self._chunks) > 1 and 2 * self._chunks[-1].num_rows >= self._chunks[-2].num_rows:
            newer, older = self._chunks.pop(), self._chunks.pop()
            wider = newer.schema
            self._chunks.append(pa.concat_tables([_fit(older, wider), newer]).combine_chunks())


def _join(parts: Sequence[Columns], field: pa.Field) -> pa.ChunkedArray:
    arrays: list[pa.Array] = []
    values: list[Any] = []
    for part in parts:
        column = part[field.name]
        if isinstance(column, pa.Array):
            if values:
                arrays.append(decode(values, field.type))
                values = []
            arrays.append(column)
        else:
            values.extend(column)
    if values or not arrays:
        arrays.append(decode(values, field.type))
    return pa.chunked_array(arrays, type=field.type)


def _between(chunk: pa.Table, after: int, up_to: int) -> pa.Table:
    seqs = chunk["_seq"]
    rows = len(seqs)
    if not rows or (seqs[0].as_py() > after and seqs[rows - 1].as_py() <= up_to):
        return chunk
    start = pc.sum(pc.less_equal(seqs, after)).as_py() or 0
    stop = pc.sum(pc.less_equal(seqs, up_to)).as_py() or 0
    return chunk.slice(start, max(stop - start, 0))


def _fit(chunk: pa.Table, wider: pa.Schema) -> pa.Table:
    """The chunk with the columns it lacks as nulls: columns are only ever added."""
    if chunk.schema.equals(wider):
        return chunk
    rows = chunk.num_rows
    names = set(chunk.column_names)
    columns = [chunk[f.name] if f.name in names else pa.nulls(rows, f.type) for f in wider]
    return pa.table(columns, schema=wider)


def _conform(chunk: pa.Table, schema: Schema) -> pa.Table:
    """The columns of `schema`, which may be older than the chunk's (`AS OF`) or newer."""
    rows, names = chunk.num_rows, set(chunk.column_names)
    columns = [
        chunk[f.name] if f.name in names and f.type != pa.null() else pa.nulls(rows, f.type)
        for f in schema.complete
    ]
    return pa.table(columns, schema=schema.complete)
