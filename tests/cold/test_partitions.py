"""The grain of partitions follows from density; files hold one partition each, in clustering order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from thermocline.core.types import INSTANT
from thermocline.tiers.cold import partitions
from thermocline.tiers.cold.partitions import choose_grain, label, partition_values, split

from .lake import POLICY, SHARD, ColdLake, events, table

DAY_US = 86_400_000_000
START_US = 1_767_225_600_000_000  # 2026-01-01


def instants(days: int, per_day: int) -> pa.ChunkedArray:
    micros = START_US + np.repeat(np.arange(days), per_day) * DAY_US
    return pa.chunked_array([pa.array(micros, pa.int64()).cast(INSTANT)])


@pytest.mark.parametrize(
    ("days", "per_day", "grain"),
    [(3, 100_000, "day"), (60, 10_000, "month"), (3650, 3, "year"), (1, 1, "year"), (0, 0, "year")],
)
def test_the_grain_is_the_finest_worth_a_file(days: int, per_day: int, grain: str) -> None:
    assert choose_grain(instants(days, per_day)) == grain


@pytest.mark.parametrize(
    ("text", "day", "month", "year"),
    [
        ("2026-11-03T23:59:59.999999", "2026-11-03", "2026-11", "2026"),
        ("1969-12-31T23:59:59.999999", "1969-12-31", "1969-12", "1969"),
    ],
)
def test_partitions_are_those_of_the_calendar(text: str, day: str, month: str, year: str) -> None:
    times = pa.chunked_array([pa.array([np.datetime64(text, "us")]).cast(INSTANT)])
    found = [label(int(partition_values(times, g)[0]), g) for g in ("day", "month", "year")]
    assert found == [day, month, year]


def test_rows_keep_their_order_within_a_partition() -> None:
    of = table(n=pa.int64())
    rows = events(of, [1, 2, 3, 4], times=["2026-01-01", "2025-01-01"])
    parts = {part.label: part.rows["_seq"].to_pylist() for part in split(rows, "year")}
    assert parts == {"2025": [2, 4], "2026": [1, 3]}


def test_large_partitions_are_cut_by_size(monkeypatch: pytest.MonkeyPatch) -> None:
    of = table(n=pa.int64())
    rows = events(of, range(1, 101))
    monkeypatch.setattr(partitions, "FILE_ARROW_BYTES", rows.nbytes // 4)
    sizes = [part.rows.num_rows for part in split(rows, "year")]
    assert sum(sizes) == 100
    assert 4 <= len(sizes) <= 5


def test_each_file_lies_in_one_partition_and_iceberg_prunes_by_it(lake: ColdLake) -> None:
    of = table(n=pa.int64())
    archived = lake.archive(of, events(of, range(1, 7), times=["2024-03-01", "2025-03-01", "2026-03-01"]))
    assert [file.rows for file in archived.added] == [2, 2, 2]
    planned = lake.alone().scan("_time >= '2025-01-01T00:00:00+00:00'").plan_files()
    assert [task.file.record_count for task in planned] == [2, 2]
    assert [str(field.transform) for field in lake.alone().spec().fields] == ["year"]


def test_the_first_archive_decides_for_the_later_ones(
    lake: ColdLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = table(n=pa.int64())
    lake.archive(of, events(of, [1, 2]))
    monkeypatch.setattr(partitions, "ROWS_PER_PARTITION", 1)
    lake.archive(of, events(of, [3, 4], times=["2026-05-01", "2026-07-01"]))
    assert [str(field.transform) for field in lake.alone().spec().fields] == ["year"]
    assert [file.rows for file in lake.files(of)] == [2, 2]


def test_files_are_sorted_by_clustering_and_iceberg_knows_it(lake: ColdLake) -> None:
    of = replace(table(city=pa.string(), n=pa.int64()), clustering=("city",))
    lake.archive(of, events(of, [1, 2, 3, 4], city=pa.array(["b", "a", "b", "a"])))
    alone = lake.alone()
    assert alone.scan().to_arrow()["_seq"].to_pylist() == [2, 4, 1, 3]
    names = [alone.schema().find_column_name(field.source_id) for field in alone.sort_order().fields]
    assert names == ["city", "_seq"]


def test_tables_may_come_one_after_another(lake: ColdLake) -> None:
    of = table(n=pa.int64())
    batches = (events(of, [seq]) for seq in (1, 2, 3))
    lake.cold.archive("acme", of, batches, shard=SHARD, after=0, seq=3, epoch=1, shared=False, policy=POLICY)
    assert lake.alone().scan().to_arrow().num_rows == 3
    assert len(lake.alone().snapshots()) == 1
