"""A lake in a test's hands, opened as `thermocline.connect` does, with a clock that the script moves."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from thermocline.core.asof import AsOf, Now
from thermocline.core.policy import TierPolicy
from thermocline.tiers.cold.iceberg import IcebergCold
from thermocline.tiers.files import CheckedFiles
from thermocline.tiers.object_store import ObjectStore, open_store
from thermocline.tiers.seal import break_seal, check_seal, seal_file
from thermocline.tiers.shard import Shard, Surroundings
from thermocline.tiers.steps.archive import complete_archive

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


@dataclass(frozen=True)
class Opened:
    """One database of an open lake."""

    shard: Shard
    clock: Clock
    path: Path

    def rows(self, table: str, as_of: AsOf | None = None) -> list[dict[str, Any]]:
        """All rows that the lake holds of the table, in no order; also those whose TTL is over."""
        snapshot = self.shard.snapshot({table: as_of or Now()})
        try:
            cut = snapshot.tables[table]
            runs = [*([cut.cold] if cut.cold else []), *cut.manifest.warm]
            parts = [pq.read_table(snapshot.path(f)) for run in runs for f in run.files]
            rows = [row for part in [*parts, cut.hot] for row in _dicts(part)]
        finally:
            snapshot.release()
        return [row for row in rows if row["_seq"] <= cut.seq]


@contextmanager
def opened(path: Path, clock: Clock, *, store: ObjectStore | None = None) -> Iterator[Opened]:
    """Closed in order at the end, unless the block raises: then it is left as a dying process leaves it."""
    hot, catalog = path / "databases" / DATABASE / "hot.sqlite", path / "catalog.sqlite"
    path.mkdir(exist_ok=True)
    check_seal(catalog)
    check_seal(hot)
    store = store or open_store(path / "objects")
    around = Surroundings(
        store=store,
        files=CheckedFiles(store),
        cold=IcebergCold(store, {"type": "sql", "uri": f"sqlite:///{catalog}"}),
        clock=clock,
        entropy=os.urandom,
        policy=POLICY,
    )
    shard = Shard(DATABASE, "shard-0", hot, around)
    break_seal(hot)
    break_seal(catalog)
    for state in shard.all_states():
        complete_archive(shard, state)
    yield Opened(shard, clock, path)
    shard.close()
    around.cold.close()
    seal_file(hot)
    seal_file(catalog)


def _dicts(table: pa.Table) -> list[dict[str, Any]]:
    return table.select([name for name in COLUMNS if name in table.column_names]).to_pylist()


def cold_numbers(path: Path, table: str) -> Mapping[int, int]:
    """`n` -> how often pyiceberg, left alone with the catalog, finds it."""
    from pyiceberg.catalog import load_catalog

    catalog = load_catalog("thermocline", type="sql", uri=f"sqlite:///{path}/catalog.sqlite")
    try:
        if not catalog.table_exists((DATABASE, table)):
            return {}
        rows = catalog.load_table((DATABASE, table)).scan().to_arrow()
        # A table just created, before its first commit, has no columns of ours yet.
        return Counter(rows["n"].to_pylist() if rows.num_rows else ())
    finally:
        catalog.close()
