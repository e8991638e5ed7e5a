"""Results as users expect them: sums of integers are integers, instants are in UTC."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from ..core.errors import Invalid
from .engine import EngineError, translated

_WIDE = ("HUGEINT", "UHUGEINT")
_MOST, _LEAST = 2**63 - 1, -(2**63)


def tidy_table(table: pa.Table, sql_types: Sequence[str]) -> pa.Table:
    """HUGEINT columns as BIGINT where all values fit, else as they are: DECIMAL(38,0)."""
    columns, fields = [], []
    for field, column, sql_type in zip(table.schema, table.columns, sql_types, strict=True):
        wanted = pa.int64() if sql_type in _WIDE and _fits(column) else utc(field.type)
        columns.append(column if wanted == field.type else column.cast(wanted))
        fields.append(pa.field(field.name, wanted))
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))


def tidy_stream(
    reader: pa.RecordBatchReader,
    sql_types: Sequence[str],
    failed: Callable[[EngineError], Exception],
    done: Callable[[], None],
) -> pa.RecordBatchReader:
    """The same batch by batch; `done` is called once, when it ends, fails or is dropped.

    What does not fit BIGINT here is `Invalid`: a stream's type is settled before its values are known.
    """
    schema = pa.schema(
        pa.field(field.name, pa.int64() if sql_type in _WIDE else utc(field.type))
        for field, sql_type in zip(reader.schema, sql_types, strict=True)
    )

    def batches() -> Iterator[pa.RecordBatch]:
        try:
            while True:
                try:
                    with translated():
                        batch = next(reader, None)
                except EngineError as error:
                    raise failed(error) from error
                if batch is None:
                    return
                yield _tidy_batch(batch, schema)
        finally:
            done()

    return pa.RecordBatchReader.from_batches(schema, batches())


def utc(arrow: pa.DataType) -> pa.DataType:
    """DuckDB calls the zone Etc/UTC; Arrow's readers know UTC everywhere."""
    if pa.types.is_timestamp(arrow) and arrow.tz is not None:
        return pa.timestamp(arrow.unit, "UTC")
    if pa.types.is_list(arrow):
        return pa.list_(utc(arrow.value_type))
    if pa.types.is_struct(arrow):
        return pa.struct([pa.field(f.name, utc(f.type)) for f in arrow])
    return arrow


def _fits(column: pa.ChunkedArray) -> bool:
    extremes = pc.min_max(column).as_py()
    return extremes["min"] is None or (extremes["min"] >= _LEAST and extremes["max"] <= _MOST)


def _tidy_batch(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    columns = []
    for field, column in zip(schema, batch.columns, strict=True):
        try:
            columns.append(column if column.type == field.type else column.cast(field.type))
        except pa.ArrowInvalid:
            raise Invalid(
                f"`{field.name}` holds a number beyond 64 bits",
                hint="cast it to VARCHAR, or read without stream",
            ) from None
    return pa.RecordBatch.from_arrays(columns, schema=schema)
