"""How an append looks beside the table that takes it, and what several parts of it come to. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pyarrow as pa

from ..core.owners import Append
from ..core.results import Appended
from ..core.schema import Schema, Table, widen
from ..tiers.intake.batch import Batch
from ..tiers.intake.received import batch_of


def normalised(append: Append, table: Table | None) -> Batch:
    event_time = append.event_time or (table.event_time if table else None)
    return batch_of(replace(append, event_time=event_time), table.schema if table else None)


def widened(batch: Batch, table: Table | None) -> Schema:
    """What the table will look like once it has taken the rows."""
    return widen(table.schema if table else Schema(0, ()), batch.types.items(), from_seq=0)


def brings_news(batch: Batch, schema: Schema) -> bool:
    """Whether the batch brings a column, or the first values of one."""
    known = schema.by_name
    return any(
        name not in known or (known[name].type == pa.null() and arrow != pa.null())
        for name, arrow in batch.types.items()
    )


def summed(outcomes: Sequence[Mapping[str, Appended]]) -> dict[str, Appended]:
    """What came of an append in all of its shards. Sequences of several shards can't be told as one span."""
    merged: dict[str, Appended] = {}
    for outcome in outcomes:
        for table, appended in outcome.items():
            before = merged.get(table)
            merged[table] = (
                appended
                if before is None
                else Appended(
                    None, None, before.rows + appended.rows, before.duplicates + appended.duplicates
                )
            )
    return merged
