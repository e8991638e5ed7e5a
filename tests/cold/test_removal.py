"""Rows whose time is up leave the files, and only the files that hold such rows are rewritten."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from thermocline.core.manifest import DataFile
from thermocline.tiers.cold.values import Replaced, Rewritten

from .lake import POLICY, SHARD, ColdLake, events, table, widened

OF = table(n=pa.int64())


def without_short_lived(rows: pa.Table, _file: DataFile) -> Rewritten | None:
    kept = rows.filter(pc.greater(pc.fill_null(rows["_ttl_seconds"], 999), 60))
    return None if kept.num_rows == rows.num_rows else Rewritten(kept, frozenset())


def drop_short_lived(lake: ColdLake, **changed: object) -> Replaced:
    given = {"files": lake.files(OF), "table": OF} | changed
    return lake.cold.rewrite(
        "acme",
        given["table"],  # type: ignore[arg-type]
        files=given["files"],  # type: ignore[arg-type]
        change=without_short_lived,
        shard=SHARD,
        epoch=1,
        policy=POLICY,
    )


def test_only_files_with_expired_rows_are_rewritten(lake: ColdLake) -> None:
    (kept,) = lake.archive(OF, events(OF, [1, 2])).added
    (touched,) = lake.archive(OF, events(OF, [3, 4, 5], ttl=[60, None, 999])).added
    dropped = drop_short_lived(lake)
    assert (dropped.removed, dropped.rows) == ((touched.key,), 1)
    assert lake.alone().scan().to_arrow().sort_by("_seq")["_seq"].to_pylist() == [1, 2, 4, 5]
    assert {file.key for file in lake.files(OF)} == {kept.key, *(file.key for file in dropped.added)}
    assert lake.path(touched.key).exists()


def test_a_file_without_a_row_left_disappears(lake: ColdLake) -> None:
    lake.archive(OF, events(OF, [1, 2], ttl=[60]))
    assert drop_short_lived(lake).added == ()
    assert lake.files(OF) == []
    assert lake.alone().scan().to_arrow().num_rows == 0


def test_the_mark_and_the_partition_stay(lake: ColdLake) -> None:
    lake.archive(OF, events(OF, [1, 2, 3, 4], ttl=[60, None, None, None], times=["2025-01-01", "2026-01-01"]))
    drop_short_lived(lake)
    assert lake.cold.archived("acme", OF, SHARD) == (4, 1)
    old = lake.alone().scan("_time < '2026-01-01T00:00:00+00:00'")
    assert [task.file.record_count for task in old.plan_files()] == [1]


def test_nothing_is_committed_when_nothing_has_expired(lake: ColdLake) -> None:
    snapshot_id = lake.archive(OF, events(OF, [1])).snapshot_id
    assert drop_short_lived(lake) == Replaced(None, (), (), 0)
    assert lake.cold.reference("acme", OF)[0] == snapshot_id


def test_a_rewrite_that_a_crash_kept_from_the_manifest_is_passed_over(lake: ColdLake) -> None:
    lake.archive(OF, events(OF, [1, 2], ttl=[60, None]))
    as_the_manifest_has_them = lake.files(OF)
    drop_short_lived(lake)
    assert drop_short_lived(lake, files=as_the_manifest_has_them).rows == 0
    assert sum(file.rows for file in lake.files(OF)) == 1


def test_a_rewrite_may_be_the_first_to_bring_a_new_column(lake: ColdLake) -> None:
    lake.archive(OF, events(OF, [1, 2], ttl=[60, None], n=pa.array([5, 6])))
    drop_short_lived(lake, table=widened(OF, 3, city=pa.string()))
    assert lake.alone().scan().to_arrow().select(["n", "city"]).to_pylist() == [{"n": 6, "city": None}]
