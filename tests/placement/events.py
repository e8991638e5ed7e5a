"""Generated appends: batches for several tables, with streams, late events, retries and widening.

What the lake must make of each row is worked out here on its own: sequence, position, recorded instant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pyarrow as pa

from thermocline.core.schema import ENVELOPE

from .columns import COLUMNS, KEY, Column, array, pool

Row = dict[str, Any]

GIVEN = ("_id", "_time", "_stream", "_type", "_source", "_correlation_id", "_causation_id", "_tier_hint")
STREAMS = ("cart-1", "cart-2", "übung", "cart-3")


@dataclass
class TableModel:
    """A table as the generator knows it. `versions`: (first sequence, columns), the oldest first."""

    name: str
    versions: list[tuple[int, tuple[Column, ...]]]
    pools: dict[str, list[Any]]
    with_ids: bool
    with_ttl: bool
    rows: list[Row] = field(default_factory=list)
    given: list[Row] = field(default_factory=list)

    @property
    def columns(self) -> tuple[Column, ...]:
        return self.versions[-1][1]

    def columns_at(self, seq: int) -> tuple[Column, ...]:
        """Those of the version in force at a sequence; of the first one before its first event."""
        return next((c for first, c in reversed(self.versions) if first <= seq), self.versions[0][1])


@dataclass(frozen=True)
class Batch:
    """Rows for one table as a caller gives them, and which of them are new."""

    table: TableModel
    columns: tuple[Column, ...]
    rows: Sequence[Row]
    new: Sequence[bool]
    form: str

    def payload(self) -> Any:
        """What is handed to `append`: dicts, a table, a record batch or a reader."""
        if self.form == "dicts":
            return [dict(row) for row in self.rows]
        table = self.arrow()
        if self.form == "reader":
            return pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=7))
        return table

    def arrow(self) -> pa.Table:
        names = [name for name in (*GIVEN, "_ttl_seconds") if any(name in row for row in self.rows)]
        fields = [ENVELOPE.field(name) for name in names]
        fields += [pa.field(c.name, c.arrow) for c in self.columns]
        columns = [array([row.get(f.name) for row in self.rows], f.type) for f in fields]
        return pa.table(columns, schema=pa.schema([f.with_nullable(True) for f in fields]))


def new_table(name: str, rng: Random, *, with_ttl: bool) -> TableModel:
    columns = (KEY, *rng.sample(COLUMNS, rng.randint(4, 9)))
    return TableModel(
        name=name,
        versions=[(0, columns)],
        pools={c.name: pool(c, rng) for c in (KEY, *COLUMNS)},
        with_ids=rng.random() < 0.8,
        with_ttl=with_ttl,
    )


def new_batch(table: TableModel, rng: Random, number: int, *, stream: bool) -> Batch:
    """Some new rows, now and then some that were sent before, now and then with columns unheard of.

    `stream`: the whole batch goes into one stream, so that rows name none.
    """
    columns = table.columns
    if table.rows and rng.random() < 0.25:
        unknown = [c for c in COLUMNS if c not in columns]
        columns = (*columns, *rng.sample(unknown, min(len(unknown), rng.randint(1, 3))))
    count = rng.choice([1, 2, rng.randint(3, 40), rng.randint(40, 120)])
    rows = [_row(table, columns, rng, f"{table.name}-{number}-{i}", stream) for i in range(count)]
    fresh = [True] * count
    if table.with_ids and table.given and not stream and rng.random() < 0.4:
        for again in rng.sample(table.given, min(len(table.given), rng.randint(1, 5))):
            at = rng.randint(0, len(rows))
            rows.insert(at, again)
            fresh.insert(at, False)
    # Types of new columns are stated by Arrow; dicts would leave them to be inferred.
    forms = (
        ["table", "reader"] if columns != table.columns or not table.rows else ["dicts", "table", "reader"]
    )
    return Batch(table, columns, rows, fresh, rng.choice(forms))


def _row(table: TableModel, columns: Sequence[Column], rng: Random, event_id: str, stream: bool) -> Row:
    row: Row = {}
    for column in columns:
        if rng.random() < 0.85:
            row[column.name] = rng.choice(table.pools[column.name])
    if table.with_ids:
        row["_id"] = event_id
    if rng.random() < 0.9:
        row["_time"] = _when(rng)
    if not stream and rng.random() < 0.6:
        row["_stream"] = rng.choice(STREAMS)
    if rng.random() < 0.5:
        row["_type"] = rng.choice(["placed", "paid", "sent"])
    if rng.random() < 0.3:
        row["_correlation_id"] = f"c-{rng.randint(0, 5)}"
    if rng.random() < 0.2:
        row["_tier_hint"] = rng.choice(["hot", "warm", "cold"])
    if rng.random() < 0.2:
        row["_source"] = rng.choice(["/till/1", "/till/2"])
    if table.with_ttl and rng.random() < 0.3:
        row["_ttl_seconds"] = rng.choice([20, 90, 10**9])
    return row


def _when(rng: Random) -> datetime:
    """When it happened: mostly this year, in any order; a few wrong clocks."""
    if rng.random() < 0.03:
        return rng.choice([datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 6, 1, tzinfo=UTC)])
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=rng.randint(0, 300 * 86_400))


def accept(
    batch: Batch, *, seq: int, recorded: datetime, heads: dict[str, int], stream: str | None
) -> list[Row]:
    """The rows that the batch adds to its table, complete; moves the heads on and widens the model."""
    table = batch.table
    if batch.columns != table.columns:
        table.versions.append((seq + 1, batch.columns))
    elif not table.rows:
        table.versions[0] = (seq + 1, batch.columns)
    added: list[Row] = []
    for row, new in zip(batch.rows, batch.new, strict=True):
        if not new:
            continue
        seq += 1
        name = stream or row.get("_stream")
        if name is not None:
            heads[name] = heads.get(name, 0) + 1
        complete = {
            "_time": recorded,
            **row,
            "_seq": seq,
            "_recorded_at": recorded,
            "_stream": name,
            "_position": heads[name] if name is not None else None,
            "_schema_version": len(table.versions),
        }
        added.append(complete)
        table.given.append(row if stream is None else {**row, "_stream": name})
    table.rows += added
    return added


def as_table(rows: Sequence[Row], columns: Sequence[Column]) -> pa.Table:
    """Complete rows as Arrow, envelope first."""
    types: Mapping[str, pa.DataType] = {
        **{f.name: f.type for f in ENVELOPE},
        **{c.name: c.arrow for c in columns},
    }
    return pa.table({name: array([row.get(name) for row in rows], t) for name, t in types.items()})
