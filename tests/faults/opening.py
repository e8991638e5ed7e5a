"""A lake in a test's hands, opened as `thermocline.connect` does, with a clock that the script moves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from thermocline import connect
from thermocline.core.asof import Now
from thermocline.core.policy import TierPolicy
from thermocline.core.protocols import Database, Lakehouse
from thermocline.tiers.object_store import ObjectStore
from thermocline.tiers.shard import Shard

from ..below import shard_of

DATABASE = "shop"
POLICY = TierPolicy(history_s=60, snapshots_kept=2, segment_rows=40)
COLUMNS = ("n", "sku", "text", "_id", "_seq", "_stream", "_position", "_recorded_at", "_ttl_seconds")


class Clock:
    """1 ms later at each call, an hour later when told."""

    def __init__(self, hours: int = 0) -> None:
        self.now = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(hours=hours)

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    def advance(self, hours: float = 1) -> None:
        self.now += timedelta(hours=hours)


class OpenLake:
    """One database of an open lake."""

    def __init__(
        self, path: Path, clock: Clock, store: ObjectStore | None = None, *, replicated: bool = False
    ) -> None:
        self.path = path
        self.clock = clock
        self._store = store
        self._replicated = replicated
        self._lake = self._open()

    @property
    def database(self) -> Database:
        return self._lake.database(DATABASE)

    @property
    def shard(self) -> Shard:
        """Below the public door, where positions and watermarks can be looked at."""
        return shard_of(self._lake.database(DATABASE))

    def close(self) -> None:
        self._lake.close()

    def reopen(self) -> None:
        self.close()
        self._lake = self._open()

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All rows that the lake holds of the table, in no order; also those whose TTL is over."""
        snapshot = self.shard.snapshot({table: Now()})
        try:
            cut = snapshot.tables[table]
            runs = [*([cut.cold] if cut.cold else []), *cut.manifest.warm]
            parts = [pq.read_table(snapshot.path(f)) for run in runs for f in run.files]
            return [row for part in [*parts, cut.hot] for row in _dicts(part)]
        finally:
            snapshot.release()

    def answered(self, table: str) -> set[int]:
        """The `n` of all rows by SQL, the certificate checked."""
        result = self.database.sql(f"select n from {table}")
        result.certificate.verify()
        return {n for (n,) in result.rows()}

    def _open(self) -> Lakehouse:
        lake = connect(self.path, clock=self.clock, object_store=self._store, policy=POLICY, background=False)
        if self._replicated:
            lake.create_database(DATABASE, durability="replicated")
        return lake


@contextmanager
def opened(
    path: Path, clock: Clock, *, store: ObjectStore | None = None, replicated: bool = False
) -> Iterator[OpenLake]:
    lake = OpenLake(path, clock, store, replicated=replicated)
    try:
        yield lake
    finally:
        lake.close()


def _dicts(table: pa.Table) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.select([c for c in COLUMNS if c in table.column_names]).to_pylist()
    return rows


def cold_numbers(path: Path, table: str) -> Counter[int]:
    """`n` -> how often pyiceberg, left alone with the catalog, finds it."""
    from pyiceberg.catalog import load_catalog

    catalog = load_catalog("thermocline", type="sql", uri=f"sqlite:///{path}/catalog.sqlite")
    try:
        if not catalog.table_exists((DATABASE, table)):
            return Counter()
        rows = catalog.load_table((DATABASE, table)).scan().to_arrow()
        # A table just created, before its first commit, has no columns of ours yet.
        return Counter(rows["n"].to_pylist() if rows.num_rows else ())
    finally:
        catalog.close()
