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
from .spread import Cut, Spread

Row = dict[str, Any]

GIVEN = ("_id", "_time", "_stream", "_type", "_source", "_correlation_id", "_causation_id", "_tier_hint")
STREAMS = ("cart-1", "cart-2", "übung", "cart-3")


@dataclass
class TableModel:
    """A table as the generator knows it.

    `versions`: (the last sequence of every shard before it, columns), the oldest first.
    """

    name: str
    versions: list[tuple[Mapping[str, int], tuple[Column, ...]]]
    pools: dict[str, list[Any]]
    with_ids: bool
    with_ttl: bool
    spread: Spread
    rows: list[Row] = field(default_factory=list)
    given: list[Row] = field(default_factory=list)

    @property
    def columns(self) -> tuple[Column, ...]:
        return self.versions[-1][1]

    def columns_at(self, cut: Cut) -> tuple[Column, ...]:
        """Those of the version in force at a cut; of the first one before its first event."""
        for before, columns in reversed(self.versions):
            if any(at.seq > before.get(shard, 0) for shard, at in cut.items()):
                return columns
        return self.versions[0][1]

    def rows_in(self, shard: str, seq: int) -> int:
        """How many of its rows lie in a shard up to a sequence, expired ones included."""
        return sum(row["_shard"] == shard and row["_seq"] <= seq for row in self.rows)


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


def new_table(name: str, rng: Random, spread: Spread, *, with_ttl: bool) -> TableModel:
    columns = (KEY, *rng.sample(COLUMNS, rng.randint(4, 9)))
    if rng.random() < 0.8:
        columns += tuple(c for c in COLUMNS if c.name == spread.key and c not in columns)
    return TableModel(
        name=name,
        versions=[({}, columns)],
        pools={c.name: pool(c, rng) for c in (KEY, *COLUMNS)},
        with_ids=rng.random() < 0.8 or spread.several,
        with_ttl=with_ttl,
        spread=spread,
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
    if rng.random() < 0.9 or table.spread.always_timed:
        row["_time"] = _when(rng)
    if not stream and table.spread.with_streams and rng.random() < 0.6:
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
    batch: Batch,
    *,
    seqs: dict[str, int],
    shards: Sequence[str],
    recorded: Mapping[str, datetime],
    heads: dict[str, int],
    stream: str | None,
) -> list[Row]:
    """The rows that the batch adds to its table, complete; moves `seqs` and `heads` on, widens the model.

    `seqs`: shard -> its last sequence. `shards`: of each row of the batch. `recorded`: when, in each shard.
    """
    table = batch.table
    if batch.columns != table.columns:
        table.versions.append((dict(seqs), batch.columns))
    elif not table.rows:
        table.versions[0] = (dict(seqs), batch.columns)
    added: list[Row] = []
    for row, new, shard in zip(batch.rows, batch.new, shards, strict=True):
        if not new:
            continue
        seqs[shard] = seqs.get(shard, 0) + 1
        name = stream or row.get("_stream")
        if name is not None:
            heads[name] = heads.get(name, 0) + 1
        complete = {
            "_time": recorded[shard],
            **row,
            "_shard": shard,
            "_seq": seqs[shard],
            "_recorded_at": recorded[shard],
            "_stream": name,
            "_position": heads[name] if name is not None else None,
            "_schema_version": len(table.versions),
        }
        added.append(complete)
        table.given.append(row if stream is None else {**row, "_stream": name})
    table.rows += added
    return added


def as_table(rows: Sequence[Row], columns: Sequence[Column]) -> pa.Table:
    """Complete rows as Arrow: their shard, then the envelope."""
    types: Mapping[str, pa.DataType] = {
        "_shard": pa.string(),
        **{f.name: f.type for f in ENVELOPE},
        **{c.name: c.arrow for c in columns},
    }
    return pa.table({name: array([row.get(name) for row in rows], t) for name, t in types.items()})
