"""Iceberg's history stays short by itself, so the 400th commit is as quick as the tenth."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa

from thermocline.tiers.cold.metadata import MERGE_MANIFESTS_FROM

from .lake import POLICY, ColdLake, events, table

OF = table(n=pa.int64())
FAR_AHEAD = datetime(2100, 1, 1, tzinfo=UTC)


def test_sixty_commits_leave_few_snapshots_and_manifests(lake: ColdLake) -> None:
    for seq in range(1, 61):
        lake.archive(OF, events(OF, [seq]))
    alone = lake.alone()
    snapshot = alone.current_snapshot()
    assert snapshot is not None
    assert len(alone.snapshots()) == POLICY.snapshots_kept
    assert len(alone.metadata.metadata_log) <= POLICY.snapshots_kept
    assert len(snapshot.manifests(alone.io)) <= MERGE_MANIFESTS_FROM
    assert len(lake.files(OF)) == 60
    assert alone.scan().to_arrow().num_rows == 60


def test_files_of_expired_snapshots_are_told_but_not_deleted(lake: ColdLake) -> None:
    for seq in range(1, 6):
        lake.archive(OF, events(OF, [seq]))
    before = {info.key for info in lake.store.list("tables/acme/sales/cold")}
    lake.cold.expire_snapshots("acme", OF, older_than=FAR_AHEAD, keep=1)
    live = lake.cold.referenced("acme", OF)
    after = {info.key for info in lake.store.list("tables/acme/sales/cold")}
    assert before < after
    assert len(lake.alone().snapshots()) == 1
    assert {file.key for file in lake.files(OF)} | {ref.key for ref in lake.recorded(OF).metadata} <= live
    lake.store.delete(after - live)
    assert sum("snap-" in key for key in live) == 1
    assert lake.alone().scan().to_arrow().num_rows == 5
    lake.archive(OF, events(OF, [6]))


def test_snapshots_after_the_instant_stay(lake: ColdLake) -> None:
    for seq in (1, 2, 3):
        lake.archive(OF, events(OF, [seq]))
    lake.cold.expire_snapshots("acme", OF, older_than=datetime(2000, 1, 1, tzinfo=UTC), keep=1)
    assert len(lake.alone().snapshots()) == 3


def test_tagged_snapshots_stay(lake: ColdLake) -> None:
    first = lake.archive(OF, events(OF, [1])).snapshot_id
    lake.alone().manage_snapshots().create_tag(first, "audit").commit()
    for seq in range(2, 8):
        lake.archive(OF, events(OF, [seq]))
    assert lake.alone().scan(snapshot_id=first).to_arrow()["_seq"].to_pylist() == [1]


def test_what_a_crash_left_behind_is_not_among_the_live_keys(lake: ColdLake) -> None:
    lake.archive(OF, events(OF, [1]))
    orphan = "tables/acme/sales/cold/data/2026/orphan.parquet"
    lake.store.put(orphan, b"left behind")
    assert orphan not in lake.cold.referenced("acme", OF)
