"""An append at the door: rows that can be read again, as the batch they make of a table's schema."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pyarrow as pa

from ...core.ids import check_name
from ...core.owners import Append
from ...core.protocols import Rows
from ...core.schema import Schema
from .batch import Batch
from .normalise import normalise


def held(rows: Rows) -> Rows:
    """Rows that can be read twice: a table may change between the caller's door and its turn."""
    if isinstance(rows, pa.Table | pa.RecordBatch | list):
        return rows
    if hasattr(rows, "__arrow_c_stream__"):  # a RecordBatchReader; data frames speak it too
        return pa.RecordBatchReader.from_stream(rows).read_all()
    # A generator is used up by reading; what is no rows at all is for `normalise` to refuse.
    return list(rows) if isinstance(rows, Iterator) else rows


def batch_of(append: Append, schema: Schema | None) -> Batch:
    """Raises `Invalid` with the row and the field."""
    return normalise(append.rows, schema, event_time=append.event_time, stream=append.stream)


def received_by_nobody(append: Append) -> Append:
    """The append with rows that can be read again, if a database that does not exist yet could take it."""
    append = replace(append, rows=held(append.rows))
    check_name("table", append.table)
    batch_of(append, None)
    return append
