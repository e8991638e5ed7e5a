"""One table's cold tier on a real store and a real catalog, and what it takes to fill it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa
from pyiceberg.catalog import load_catalog
from pyiceberg.table import Table as IcebergTable

from thermocline.core.clock import parse_instant
from thermocline.core.manifest import ColdRef, DataFile, FileRef
from thermocline.core.policy import TierPolicy
from thermocline.core.schema import ENVELOPE, Table, new_schema, widen
from thermocline.core.types import INSTANT
from thermocline.tiers.cold.iceberg import IcebergCold
from thermocline.tiers.cold.values import Archived
from thermocline.tiers.object_store import ObjectStore, open_store

SHARD = "shard-0"
POLICY = TierPolicy(snapshots_kept=3, row_group_rows=1000)


def table(**columns: pa.DataType) -> Table:
    return Table("sales", "sales", (new_schema(columns.items()),))


def widened(before: Table, from_seq: int, **columns: pa.DataType) -> Table:
    return replace(
        before, schemas=(*before.schemas, widen(before.schema, columns.items(), from_seq=from_seq))
    )


def events(
    of: Table,
    seqs: Sequence[int],
    *,
    times: Sequence[str] = ("2026-01-01",),
    ttl: Sequence[int | None] = (None,),
    **payload: pa.Array,
) -> pa.Table:
    """Rows with these sequences; `times` and `ttl` repeat as often as needed, payload left out is null."""
    count = len(seqs)
    instants = [parse_instant(times[at % len(times)]) for at in range(count)]
    envelope = {
        "_seq": pa.array(seqs, pa.int64()),
        "_id": pa.array([f"id-{seq}" for seq in seqs]),
        "_time": pa.array(instants, INSTANT),
        "_recorded_at": pa.array([parse_instant("2026-02-01") + seq for seq in seqs], INSTANT),
        "_ttl_seconds": pa.array([ttl[at % len(ttl)] for at in range(count)], pa.int64()),
        "_schema_version": pa.array([of.schema.version] * count, pa.int32()),
    }
    given = {**envelope, **payload}
    stored = of.schema.stored
    assert set(ENVELOPE.names) | set(payload) <= set(stored.names)
    return pa.table([given.get(f.name, pa.nulls(count, f.type)) for f in stored], schema=stored)


@dataclass
class ColdLake:
    root: Path
    cold: IcebergCold = field(init=False)
    store: ObjectStore = field(init=False)

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        """Also again, as another process would."""
        self.store = open_store(self.root / "objects")
        self.cold = IcebergCold(self.store, self.catalog)

    @property
    def catalog(self) -> dict[str, str]:
        return {"type": "sql", "uri": f"sqlite:///{self.root / 'catalog.sqlite'}"}

    def archive(
        self,
        of: Table,
        rows: pa.Table,
        *,
        seq: int | None = None,
        epoch: int = 1,
        shard: str = SHARD,
        shared: bool = False,
    ) -> Archived:
        seq = max(rows["_seq"].to_pylist()) if seq is None else seq
        after, _ = self.cold.archived("acme", of, shard) or (0, 0)
        return self.cold.archive(
            "acme", of, rows, shard=shard, after=after, seq=seq, epoch=epoch, shared=shared, policy=POLICY
        )

    def files(self, of: Table, shard: str = SHARD) -> list[DataFile]:
        return self.cold.data_files("acme", of, shard=shard, known={})

    def recorded(self, of: Table) -> ColdRef:
        """What a manifest would keep now."""
        snapshot_id, metadata = self.cold.reference("acme", of)
        return ColdRef(
            identifier="acme.sales",
            url=self.store.url,
            snapshot_id=snapshot_id,
            file_list=FileRef("list", 0, ""),
            rows=0,
            files=0,
            bytes=0,
            metadata=metadata,
        )

    def alone(self) -> IcebergTable:
        """The table as pyiceberg by itself sees it."""
        return load_catalog("thermocline", **self.catalog).load_table("acme.sales")

    def path(self, key: str) -> Path:
        return self.root / "objects" / key
