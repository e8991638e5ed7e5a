"""Flush, compact, archive: rows change their tier, and nothing else changes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from thermocline.core.asof import AtInstant, AtSequence, AtVersion
from thermocline.core.clock import now_us
from thermocline.core.errors import Corrupt, Fenced, Invalid, NotFound
from thermocline.tiers.shard import Shard
from thermocline.tiers.steps.archive import archive
from thermocline.tiers.steps.compact import compact
from thermocline.tiers.steps.flush import flush
from thermocline.tiers.steps.verify import verify

from .conftest import Bench


def fill(bench: Bench, rows: int = 10) -> None:
    for n in range(rows):
        bench.append("sales", [{"n": n, "_stream": f"s{n % 3}"}])


def test_flush_moves_everything_or_up_to_a_sequence(bench: Bench) -> None:
    fill(bench)
    assert flush(bench.shard, bench.state("sales"), 4).watermark == 4
    assert [row[0] for row in hot_file(bench)] == [5, 6, 7, 8, 9, 10]
    assert flush(bench.shard, bench.state("sales")).rows == 6
    assert hot_file(bench) == []
    assert bench.seqs("sales") == list(range(1, 11))


def hot_file(bench: Bench) -> list[tuple[int]]:
    import sqlite3

    with sqlite3.connect(bench.folder / "hot.sqlite") as db:
        return db.execute("SELECT _seq FROM sales ORDER BY 1").fetchall()


def test_the_hot_file_reads_with_ordinary_sqlite(bench: Bench) -> None:
    import sqlite3

    bench.append("sales", [{"product": "tea", "revenue": 4.5, "n": 2**60}])
    with sqlite3.connect(bench.folder / "hot.sqlite") as db:
        found = db.execute("SELECT product, revenue, n, datetime(_time / 1000000, 'unixepoch') FROM sales")
        assert found.fetchall() == [("tea", 4.5, 2**60, "2026-11-01 00:00:00")]


def test_a_cut_through_a_commit_keeps_the_rest_readable_after_reopening(bench: Bench) -> None:
    bench.append("sales", [{"n": n} for n in range(10)])
    flush(bench.shard, bench.state("sales"), 4)
    bench.reopen()
    assert bench.seqs("sales") == list(range(1, 11))


def test_compaction_merges_neighbours_and_sorts_by_the_clustering_keys(bench: Bench) -> None:
    import pyarrow as pa

    bench.shard.create_table("sales", [("n", pa.int64())], clustering=["n"])
    for n in (3, 1, 2):
        bench.append("sales", [{"n": n}])
        flush(bench.shard, bench.state("sales"))
    compact(bench.shard, bench.state("sales"))
    (run,) = bench.state("sales").manifest.warm
    (file,) = run.files
    stored = bench.state("sales").segments.read(bench.state("sales").table, file)
    assert stored["n"].to_pylist() == [1, 2, 3]
    assert bench.seqs("sales") == [1, 2, 3]


def test_archive_splits_the_run_in_which_the_sequence_falls(bench: Bench) -> None:
    fill(bench)
    flush(bench.shard, bench.state("sales"))
    archive(bench.shard, bench.state("sales"), 7)
    manifest = bench.state("sales").manifest
    assert (manifest.cold_to, manifest.cold and manifest.cold.rows) == (7, 7)
    assert [(run.lo, run.hi, run.rows) for run in manifest.warm] == [(7, 10, 3)]
    assert bench.seqs("sales") == list(range(1, 11))
    assert verify(bench.shard).rows == 10


def test_pyiceberg_alone_reads_the_cold_rows(bench: Bench) -> None:
    from pyiceberg.catalog import load_catalog

    fill(bench)
    flush(bench.shard, bench.state("sales"), 6)
    archive(bench.shard, bench.state("sales"))
    catalog = load_catalog("thermocline", type="sql", uri=f"sqlite:///{bench.folder}/catalog.sqlite")
    assert sorted(catalog.load_table("acme.sales").scan().to_arrow()["n"].to_pylist()) == list(range(6))
    catalog.close()


def test_past_cuts_are_the_same_before_and_after_every_step(bench: Bench) -> None:
    instants = []
    for n in range(8):
        bench.append("sales", [{"n": n}])
        instants.append(now_us(bench.clock))
    cuts = [AtSequence(3), AtSequence(0), AtInstant(instants[4]), AtInstant(instants[0] - 10_000)]
    before = [bench.seqs("sales", cut) for cut in cuts]
    assert before == [[1, 2, 3], [], [1, 2, 3, 4, 5], []]
    flush(bench.shard, bench.state("sales"), 5)
    assert [bench.seqs("sales", cut) for cut in cuts] == before
    flush(bench.shard, bench.state("sales"))
    compact(bench.shard, bench.state("sales"))
    assert [bench.seqs("sales", cut) for cut in cuts] == before
    archive(bench.shard, bench.state("sales"), 2)
    bench.reopen()
    assert [bench.seqs("sales", cut) for cut in cuts] == before
    assert bench.seqs("sales", AtVersion(1)) == list(range(1, 9))


def test_an_instant_once_asked_for_stays_as_it_was(bench: Bench) -> None:
    bench.append("sales", [{"n": 1}])
    bench.clock.advance(hours=1)
    instant = now_us(bench.clock)
    assert bench.seqs("sales", AtInstant(instant)) == [1]
    bench.clock.advance(hours=-2)
    bench.reopen()
    bench.append("sales", [{"n": 2}])
    bench.clock.advance(hours=3)
    assert bench.seqs("sales", AtInstant(instant)) == [1]


def test_the_future_and_unknown_versions_are_refused(bench: Bench) -> None:
    fill(bench, 2)
    with pytest.raises(Invalid, match="future"):
        bench.rows("sales", AtInstant(now_us(bench.clock) + 10**9))
    with pytest.raises(Invalid, match="not written yet"):
        bench.rows("sales", AtSequence(3))
    with pytest.raises(NotFound, match="no manifest 9"):
        bench.rows("sales", AtVersion(9))


def test_a_snapshot_does_not_see_the_flush_that_comes_after_it(bench: Bench) -> None:
    from thermocline.core.asof import Now

    fill(bench)
    snapshot = bench.shard.snapshot({"sales": Now()})
    flush(bench.shard, bench.state("sales"))
    assert snapshot.tables["sales"].manifest.version == 0
    assert snapshot.tables["sales"].hot.num_rows == 10
    snapshot.release()


def test_a_writer_that_was_overtaken_is_fenced_before_it_trims(bench: Bench) -> None:
    fill(bench)
    later = Shard("acme", "shard-0", bench.folder / "hot.sqlite", bench.around)
    with pytest.raises(Fenced):
        flush(bench.shard, bench.state("sales"))
    assert len(hot_file(bench)) == 10
    later.close()


def test_a_published_manifest_is_adopted_at_the_next_opening(bench: Bench) -> None:
    from thermocline.tiers import crash

    fill(bench)

    class Died(BaseException):
        pass

    def die(point: str) -> None:
        if point == "flush.published":
            raise Died

    crash.on_reach = die
    try:
        with pytest.raises(Died):
            flush(bench.shard, bench.state("sales"), 6)
    finally:
        crash.on_reach = None
    bench.reopen()
    assert bench.state("sales").manifest.warm_to == 6
    assert bench.seqs("sales") == list(range(1, 11))


@pytest.mark.parametrize("point", ["archive.intended", "archive.committed", "archive.published"])
def test_an_interrupted_archive_is_completed_once(bench: Bench, point: str) -> None:
    from pyiceberg.catalog import load_catalog

    from thermocline.tiers import crash

    fill(bench)
    flush(bench.shard, bench.state("sales"))

    class Died(BaseException):
        pass

    def die(reached: str) -> None:
        if reached == point:
            raise Died

    crash.on_reach = die
    try:
        with pytest.raises(Died):
            archive(bench.shard, bench.state("sales"), 6)
    finally:
        crash.on_reach = None
    bench.reopen()
    archive(bench.shard, bench.state("sales"), 6)
    assert bench.seqs("sales") == list(range(1, 11))
    catalog = load_catalog("thermocline", type="sql", uri=f"sqlite:///{bench.folder}/catalog.sqlite")
    assert sorted(catalog.load_table("acme.sales").scan().to_arrow()["n"].to_pylist()) == list(range(6))
    catalog.close()


def test_a_flipped_bit_in_a_segment_is_corrupt_by_name(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench()
    fill(bench)
    flush(bench.shard, bench.state("sales"))
    (segment,) = (bench.folder / "objects").rglob("*.parquet")
    data = bytearray(segment.read_bytes())
    data[len(data) // 2] ^= 4
    segment.write_bytes(data)
    with pytest.raises(Corrupt, match=segment.name):
        verify(bench.shard)
