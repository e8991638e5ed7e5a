"""What lies below a table does not show: several shards, rows that expired, columns that came later."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from thermocline.core.asof import Now
from thermocline.core.sharding import new_shard_map
from thermocline.router.daft_engine import Files
from thermocline.router.pushdown.sources import Part

from ..conftest import Shop
from ..shards.conftest import Shop as SpreadShop
from .conftest import lines, needs_daft
from .test_equal import agree

pytestmark = needs_daft


@pytest.fixture(scope="module")
def spread(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SpreadShop]:
    built = SpreadShop(tmp_path_factory.mktemp("spread"), new_shard_map(4, key="product"))
    yield built
    built.owner.close()


@pytest.mark.parametrize("sql", lines("statements.sql"))
def test_four_shards_answer_as_one(spread: SpreadShop, sql: str) -> None:
    agree(spread, sql)  # type: ignore[arg-type]
    assert spread.sql(sql, engine="daft").engine == "daft"


def test_expired_rows_are_not_counted(fresh: Shop) -> None:
    fresh.owner.write("notes", [{"n": 1, "_ttl_seconds": 10}, {"n": 2, "_ttl_seconds": None}])
    fresh.owner.flush("notes")
    fresh.owner.write("notes", [{"n": 3, "_ttl_seconds": 20}, {"n": 4, "_ttl_seconds": 2**62}])
    for seconds, left in ((5, 10), (6, 9), (10, 6)):
        fresh.owner.now += timedelta(seconds=seconds)
        assert agree(fresh, "select count(*), sum(n) from notes") == "daft"
        assert fresh.sql("select sum(n) from notes", engine="daft").rows() == [(left,)]


def test_files_that_reach_past_the_cut_are_read_up_to_it(fresh: Shop) -> None:
    fresh.owner.write("notes", [{"n": n} for n in range(10)])
    fresh.owner.flush("notes")
    last = fresh.owner.bookmark_seq()
    for seq in (last - 4, last):
        assert agree(fresh, f"select count(*), max(n) from notes as of sequence {seq}") == "daft"


def test_columns_that_came_later_are_null_before(fresh: Shop) -> None:
    fresh.owner.write("notes", [{"n": n} for n in range(4)])
    fresh.owner.flush("notes")
    fresh.owner.write("notes", [{"n": 7, "mood": "calm"}, {"n": 8, "mood": None}])
    fresh.owner.flush("notes")
    fresh.owner.write("notes", [{"n": 9, "mood": "calm", "late": 3}])
    assert agree(fresh, "select mood, count(*), sum(n), sum(late) from notes group by mood") == "daft"
    assert agree(fresh, "select n, mood, late from notes where n > 2") == "daft"


def test_on_ray_the_files_of_an_object_store_are_read_there(fresh: Shop) -> None:
    run = fresh.owner.state("sales").cold
    assert run is not None
    snapshot = fresh.owner.snapshot({"sales": Now()}).tables["sales"]
    part = Part(snapshot, run.files, {}, None, False)
    stored = Files(lambda _, file: fresh.owner.folder / file.key, lambda key: f"s3://bucket/lake/{key}")
    here = [str(fresh.owner.folder / file.key) for file in run.files]
    assert stored.names(part, on_ray=True) == [f"s3://bucket/lake/{file.key}" for file in run.files]
    assert stored.names(part, on_ray=False) == here
    assert Files(stored.path).names(part, on_ray=True) == here


def test_a_table_without_rows_has_groups_of_none(fresh: Shop) -> None:
    fresh.sql("create table bare as select 1 as n, 'a' as t where false")
    assert agree(fresh, "select count(*), sum(n), min(t) from bare") == "daft"
    assert agree(fresh, "select t, count(*) from bare group by t") == "daft"
