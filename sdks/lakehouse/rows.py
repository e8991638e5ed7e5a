"""Rows as the body of a request. Each leaves with an event id, so that a repeated request is one event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ...core.arrow_wire import ARROW, encode_rows
from ...core.errors import Invalid
from ...core.protocols import Rows
from ...core.wire import TAGGED, dump_rows

NewIds = Callable[[int], list[str]]
"""n -> n new event ids, rising."""


@dataclass(frozen=True, slots=True)
class Body:
    content_type: str
    content: bytes


def body_of(rows: Rows, new_ids: NewIds) -> Body:
    """Arrow in, Arrow out; dicts as tagged JSON. Raises `Invalid` for what is neither."""
    table = _as_table(rows)
    if table is not None:
        return Body(ARROW, encode_rows(_with_id_column(table, new_ids)))
    return Body(TAGGED, dump_rows(_with_ids(_as_dicts(rows), new_ids)))


def _as_table(rows: Any) -> pa.Table | None:
    if isinstance(rows, pa.Table):
        return rows
    if isinstance(rows, pa.RecordBatch):
        return pa.Table.from_batches([rows])
    if hasattr(rows, "__arrow_c_stream__"):  # a RecordBatchReader; data frames speak it too
        return pa.RecordBatchReader.from_stream(rows).read_all()
    return None


def _as_dicts(rows: Any) -> list[Mapping[str, Any]]:
    if isinstance(rows, Mapping):
        raise Invalid("the rows are a single dict", hint="wrap it in a list: [row]")
    if isinstance(rows, str | bytes) or not hasattr(rows, "__iter__"):
        raise Invalid(
            f"the rows are {type(rows).__name__}",
            hint="give a list of dicts, or a pyarrow Table, RecordBatch or RecordBatchReader",
        )
    held = list(rows)
    for number, row in enumerate(held, start=1):
        if not isinstance(row, Mapping):
            raise Invalid(
                f"row {number} is {type(row).__name__}, not a dict",
                hint="give dicts, or a pyarrow Table, RecordBatch or RecordBatchReader",
            )
    return held


def _with_ids(rows: list[Mapping[str, Any]], new_ids: NewIds) -> list[Mapping[str, Any]]:
    """A CloudEvent has an id by its own rules."""
    fresh = iter(new_ids(len(rows)))
    return [
        row if row.get("_id") is not None or "specversion" in row else {**row, "_id": next(fresh)}
        for row in rows
    ]


def _with_id_column(table: pa.Table, new_ids: NewIds) -> pa.Table:
    at = table.schema.get_field_index("_id")
    if at < 0:
        return table.append_column("_id", pa.array(new_ids(table.num_rows), pa.string()))
    column = table.column(at)
    if not column.null_count:
        return table
    given = column.cast(pa.string())  # a column of nulls has no type of its own, and numbers are ids as text
    return table.set_column(at, "_id", pc.coalesce(given, pa.array(new_ids(table.num_rows), pa.string())))
