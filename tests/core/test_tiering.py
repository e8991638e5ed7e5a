"""The decisions of tiering, fed with values; no disk is touched."""

from __future__ import annotations

from thermocline.core.manifest import DataFile, Run, empty_manifest
from thermocline.core.policy import TierPolicy
from thermocline.core.schema import ENVELOPE_IDS, Table, new_schema
from thermocline.core.tiering import (
    HotFacts,
    archive_batches,
    due_archive,
    due_compaction,
    due_flush,
    outlived_manifests,
    plan_archive,
    plan_compaction,
)

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
POLICY = TierPolicy(hot_rows=100, flush_rows=50, segment_rows=1_000, compact_files=3)
TABLE = Table("t", "t", (new_schema([]),))


def file(rows: int, newest_us: int = 0, **more: int) -> DataFile:
    stats = {ENVELOPE_IDS["_time"]: (0, newest_us), ENVELOPE_IDS["_recorded_at"]: (0, newest_us)}
    return DataFile("k", 1, "d", rows, 1, 1, rows, stats, **more)


def run(lo: int, hi: int, rows: int = 10, newest_us: int = 0) -> Run:
    return Run(lo, hi, rows, (file(rows, newest_us),))


def manifest(*runs: Run):  # type: ignore[no-untyped-def]
    from dataclasses import replace

    return replace(empty_manifest(TABLE, "shard-0", 1), warm=runs, warm_to=runs[-1].hi if runs else 0)


def test_too_many_hot_rows_flush_at_once() -> None:
    assert due_flush(HotFacts(101, 500, 0, 0, None), POLICY, 0) == 500


def test_young_rows_stay_hot() -> None:
    assert due_flush(HotFacts(100, 500, 0, 0, None), POLICY, 0) is None


def test_an_aged_prefix_flushes_once_it_is_worth_a_segment() -> None:
    now = 100 * DAY_US
    fresh = now - 72 * HOUR_US - 1
    assert due_flush(HotFacts(60, 500, 40, 49, fresh), POLICY, now) is None
    assert due_flush(HotFacts(60, 500, 40, 50, fresh), POLICY, now) == 40


def test_an_aged_trickle_flushes_an_hour_later() -> None:
    now = 100 * DAY_US
    assert due_flush(HotFacts(60, 500, 40, 1, now - 73 * HOUR_US), POLICY, now) == 40


def test_small_neighbours_compact_once_there_are_enough() -> None:
    assert due_compaction(manifest(run(0, 10), run(10, 20)), POLICY) == []
    (group,) = due_compaction(manifest(run(0, 10), run(10, 20), run(20, 30)), POLICY)
    assert (group[0].lo, group[-1].hi) == (0, 30)


def test_a_large_segment_is_left_alone() -> None:
    assert plan_compaction([run(0, 10, 900), run(10, 20, 200), run(20, 30, 900)], POLICY) == []


def test_only_a_prefix_of_old_runs_is_archived() -> None:
    now = 200 * DAY_US
    old, young = now - 91 * DAY_US, now - 89 * DAY_US
    assert due_archive(manifest(run(0, 10, newest_us=old), run(10, 20, newest_us=young)), POLICY, now) == 10
    assert due_archive(manifest(run(0, 10, newest_us=young), run(10, 20, newest_us=old)), POLICY, now) is None


def test_an_event_is_as_old_as_the_earlier_of_its_instants() -> None:
    now = 200 * DAY_US
    late = file(10, now)
    stats = {**late.stats, ENVELOPE_IDS["_time"]: (0, now - 91 * DAY_US)}
    imported = Run(0, 10, 10, (DataFile("k", 1, "d", 10, 1, 1, 10, stats),))
    assert due_archive(manifest(imported), POLICY, now) == 10


def test_rows_hinted_cold_are_archived_whatever_their_age() -> None:
    hinted = Run(0, 10, 10, (file(10, 200 * DAY_US, cold_hints=10),))
    assert due_archive(manifest(hinted), POLICY, 200 * DAY_US) == 10


def test_an_archive_takes_whole_runs_and_splits_the_one_in_the_middle() -> None:
    plan = plan_archive(manifest(run(0, 10), run(10, 20)), 15)
    assert plan is not None
    assert [r.hi for r in plan.runs] == [10]
    assert plan.split is not None
    assert (plan.split.lo, plan.up_to) == (10, 15)
    assert plan_archive(manifest(), 15) is None


def test_archive_batches_bound_what_one_commit_holds() -> None:
    batches = archive_batches([run(0, 1, 60), run(1, 2, 60), run(2, 3, 30)], 100)
    assert [[r.hi for r in batch] for batch in batches] == [[1], [2, 3]]


def test_a_manifest_outlives_its_successor_by_the_window() -> None:
    versions = [(1, 10), (2, 20), (3, 30)]
    assert outlived_manifests(versions, current=3, pinned=[], horizon_us=25) == [1]
    assert outlived_manifests(versions, current=3, pinned=[1], horizon_us=40) == [2]
