"""The one way in: whatever a caller gives as rows becomes a `Batch`, or an `Invalid` that says why not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from ...core.errors import Invalid
from ...core.protocols import Rows
from ...core.schema import Schema
from ...core.types import type_name
from .arrow import table_to_batch
from .batch import Batch
from .columns import Targets, event_time_column, targets
from .rows import rows_to_batch
from .times import instants
from .unfit import Unfit


def normalise(
    rows: Rows, schema: Schema | None, *, event_time: str | None = None, stream: str | None = None
) -> Batch:
    """Rows as one batch in the types of `schema`; without one, in types that hold every value.

    `event_time` names the payload field that gives `_time` where a row gives none; null stays null.
    `stream`: the stream given for all rows, so that a CloudEvent's `subject` does not name another.
    Raises `Invalid` with the row (from 1) and the field, `NotFound` for an unknown `event_time`.
    """
    known = targets(schema)
    if isinstance(rows, pa.RecordBatch):
        batch = table_to_batch(pa.Table.from_batches([rows]), known)
    elif isinstance(rows, pa.Table):
        batch = table_to_batch(rows, known)
    elif hasattr(rows, "__arrow_c_stream__"):  # a RecordBatchReader; data frames speak it too
        batch = table_to_batch(pa.RecordBatchReader.from_stream(rows).read_all(), known)
    elif isinstance(rows, Mapping):
        raise Invalid("the rows are a single dict", hint="wrap it in a list: [row]")
    elif isinstance(rows, str | bytes) or not hasattr(rows, "__iter__"):
        raise Invalid(
            f"the rows are {type(rows).__name__}",
            hint="give a list of dicts, or a pyarrow Table, RecordBatch or RecordBatchReader",
        )
    else:
        batch = rows_to_batch(rows, known, stream_given=stream is not None)
    return batch if event_time is None else _with_time(batch, event_time, known)


def _with_time(batch: Batch, event_time: str, known: Targets) -> Batch:
    """The batch with `_time` from its column `event_time`, where a row gives no `_time` itself."""
    column = event_time_column(event_time, batch.payload, known)
    if column is None or not batch.rows:
        return batch
    values, type = batch.payload[column], batch.types[column]
    try:
        micros = _instants(values, type)
    except Unfit as problem:
        raise problem.at(column) from None
    if given := batch.envelope.get("_time"):
        micros = [m if g is None else g for g, m in zip(given, micros, strict=True)]
    if all(m is None for m in micros):
        return batch
    return Batch(batch.rows, {**batch.envelope, "_time": micros}, batch.payload, batch.types, batch.arrow)


def _instants(values: list[Any], type: pa.DataType) -> list[Any]:
    t = pa.types
    if t.is_timestamp(type) or t.is_null(type):
        return values
    if t.is_date(type) or t.is_string(type):
        return instants(values)
    raise Unfit(
        f"{type_name(type)} gives no instant",
        index=next((i for i, v in enumerate(values) if v is not None), 0),
        hint="use a TIMESTAMP, TIMESTAMPTZ, DATE or text column; convert epoch numbers first",
    )
