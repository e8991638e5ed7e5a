"""What goes, when, and what must not."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pytest

from thermocline.core.asof import AtInstant, AtSequence, Now
from thermocline.core.clock import now_us
from thermocline.core.errors import NotFound
from thermocline.tiers.steps.archive import archive
from thermocline.tiers.steps.compact import compact
from thermocline.tiers.steps.expire import expire, expire_dropped
from thermocline.tiers.steps.flush import flush
from thermocline.tiers.steps.verify import verify

from .conftest import Bench


@pytest.mark.parametrize("tier", ["warm", "cold"])
def test_rows_past_their_ttl_go_after_the_history_window(make_bench: Callable[..., Bench], tier: str) -> None:
    bench = make_bench(history_s=3600)
    bench.append("sales", [{"n": 1, "_ttl_seconds": 60}, {"n": 2}])
    before = now_us(bench.clock)
    flush(bench.shard, bench.state("sales"))
    if tier == "cold":
        archive(bench.shard, bench.state("sales"))
    bench.clock.advance(minutes=30)
    assert expire(bench.shard, bench.state("sales")).rows == 0
    bench.clock.advance(minutes=40)
    assert expire(bench.shard, bench.state("sales")).rows == 1
    assert bench.seqs("sales") == [2]
    with pytest.raises(NotFound, match="expired"):
        bench.rows("sales", AtInstant(before))
    (lost,) = bench.state("sales").manifest.expired
    assert lost.rows == 1
    assert verify(bench.shard).rows == 1


def test_retention_is_a_ttl_for_the_whole_table(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(history_s=0)
    bench.shard.create_table("sales", [("n", pa.int64())], retention_s=3600)
    bench.append("sales", [{"n": 1}])
    bench.clock.advance(minutes=50)
    bench.append("sales", [{"n": 2}])
    flush(bench.shard, bench.state("sales"))
    bench.clock.advance(minutes=20)
    assert expire(bench.shard, bench.state("sales")).rows == 1
    assert [row["n"] for row in bench.rows("sales")] == [2]


def test_superseded_files_go_after_the_window_and_current_ones_stay(
    make_bench: Callable[..., Bench],
) -> None:
    bench = make_bench(history_s=3600)
    for n in range(3):
        bench.append("sales", [{"n": n}])
        flush(bench.shard, bench.state("sales"))
    compact(bench.shard, bench.state("sales"))
    assert expire(bench.shard, bench.state("sales")).files == 0
    bench.clock.advance(hours=2)
    assert expire(bench.shard, bench.state("sales")).files == 6  # three segments and their id sidecars
    assert bench.state("sales").manifests.versions() == [4]
    bench.reopen()
    assert bench.seqs("sales") == [1, 2, 3]
    assert bench.seqs("sales", AtSequence(2)) == [1, 2]


def test_a_reader_keeps_its_files_until_it_releases_them(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(history_s=0)
    for n in range(2):
        bench.append("sales", [{"n": n}])
        flush(bench.shard, bench.state("sales"))
    snapshot = bench.shard.snapshot({"sales": Now()})
    compact(bench.shard, bench.state("sales"))
    bench.clock.advance(hours=1)
    expire(bench.shard, bench.state("sales"))
    for run in snapshot.tables["sales"].manifest.warm:
        assert all(snapshot.path(file).exists() for file in run.files)
    snapshot.release()
    assert expire(bench.shard, bench.state("sales")).files == 4


def test_orphans_of_an_interrupted_step_go(bench: Bench) -> None:
    bench.append("sales", [{"n": 1}])
    flush(bench.shard, bench.state("sales"))
    bench.around.store.put("tables/acme/sales/warm/000-orphan.parquet", b"x")
    assert expire(bench.shard, bench.state("sales")).files == 1
    assert bench.seqs("sales") == [1]


def test_a_dropped_table_goes_after_the_window(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench(history_s=3600)
    bench.append("sales", [{"n": 1}])
    flush(bench.shard, bench.state("sales"))
    archive(bench.shard, bench.state("sales"))
    bench.append("sales", [{"n": 2}])
    bench.shard.drop_table("sales")
    assert expire_dropped(bench.shard).files == 0
    assert bench.seqs("sales", AtSequence(2)) == [1, 2]
    bench.clock.advance(hours=2)
    assert expire_dropped(bench.shard).files > 0
    assert bench.around.store.list("tables/acme/") == []
    bench.reopen()
    with pytest.raises(NotFound):
        bench.seqs("sales", AtSequence(2))
    bench.append("sales", [{"n": 3}])
    assert bench.state("sales").table.id == "sales~2"
