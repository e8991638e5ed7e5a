"""The past over several shards: instants and bookmarks have a meaning, a plain sequence has none."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from thermocline.core.asof import AtBookmark, AtInstant, AtSequence, AtVersion, Now
from thermocline.core.clock import to_micros
from thermocline.core.errors import Invalid, NotFound
from thermocline.core.sharding import HOME, new_shard_map
from thermocline.router.cut import over_shards

from .conftest import Shop


class Past:
    """`fresh` with the points between further writes; `counts`: of the sales that each of them shows."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.bookmarks: list[AtBookmark] = []
        self.instants: list[datetime] = []
        self.counts = [60, 61, 62, 63]
        for n in range(4):
            self.bookmarks.append(shop.owner.bookmark())
            self.instants.append(shop.owner.clock.now)
            shop.owner.clock.advance(hours=1)
            shop.owner.write("sales", [{"product": f"p{n}", "qty": 1}])
            shop.owner.flush("sales", f"shard-{n % 4}")


@pytest.fixture
def past(fresh: Shop) -> Past:
    return Past(fresh)


def test_instants_and_bookmarks_are_read_in_every_shard(past: Past) -> None:
    count = "select count(*) from sales"
    for bookmark, instant, expected in zip(past.bookmarks, past.instants, past.counts, strict=True):
        for point in (bookmark, str(bookmark), instant, instant.isoformat()):
            found = past.shop.sql(count, as_of=point)
            assert found.rows() == [(expected,)]
            found.certificate.verify()
            assert set(found.certificate.tables["sales"]) == set(past.shop.owner.map.names)
        in_text = f"select count(*) from sales for system_time as of '{instant.isoformat()}'"
        assert past.shop.rows(in_text) == [(expected,)]
        offset = past.shop.owner.clock.now - instant
        in_text = f"select count(*) from sales at (offset => -{int(offset.total_seconds())})"
        assert past.shop.rows(in_text) == [(expected,)]


def test_two_points_of_one_table_meet_in_one_statement(past: Past) -> None:
    sql = f"""select now.n - before.n from (select count(*) n from sales) as now,
        (select count(*) n from sales for system_time as of '{past.instants[1].isoformat()}') as before"""
    found = past.shop.sql(sql)
    assert found.rows() == [(3,)]
    assert len(found.certificate.tables) == 2
    found.certificate.verify()


def test_a_pruned_table_is_read_in_the_past_too(past: Past) -> None:
    for n in range(4):
        sql = f"select count(*) from sales where product = 'p{n}'"
        rows = [past.shop.rows(sql, as_of=point)[0][0] for point in (past.bookmarks[n], past.instants[n])]
        assert rows == [12, 12]
        assert past.shop.rows(sql) == [(13,)]


def test_the_past_of_a_pruned_table_has_the_columns_that_any_shard_had(fresh: Shop) -> None:
    before = fresh.owner.clock.now
    fresh.owner.clock.advance(hours=1)
    late = next(f"p{n}" for n in range(5) if fresh.owner.map.route(f"p{n}") != HOME)
    fresh.owner.write("sales", [{"product": late, "late": 1.5}])
    after, bookmark = fresh.owner.clock.now, fresh.owner.bookmark()
    for product in (f"p{n}" for n in range(5)):
        expected = [(1.5, 13)] if product == late else [(None, 12)]
        sql = f"select max(late), count(*) from sales where product = '{product}'"
        for point in (after, bookmark):
            found = fresh.sql(sql, as_of=point)
            assert found.rows() == expected
            assert len(found.certificate.tables["sales"]) == 1
            assert len(found.certificate.pruned["sales"]) == 3
            found.certificate.verify()
        with pytest.raises(NotFound):
            fresh.sql(sql, as_of=before)


@pytest.mark.parametrize(
    "sql",
    [
        "select count(*) from sales for version as of 1",
        "select count(*) from sales as of sequence 5",
        "select count(*) from sales s join products p using (product) where s.product = 'p1'",
    ],
)
def test_what_has_a_meaning_in_one_shard_is_refused(shop: Shop, sql: str) -> None:
    points = [None] if " as of" in sql else [5, "version:1"]
    for point in points:
        with pytest.raises(Invalid, match="names a point in one shard") as refused:
            shop.sql(sql, as_of=point)
        assert "bookmark" in refused.value.hint


def test_a_table_pruned_to_one_shard_can_be_read_at_its_sequences_and_versions(shop: Shop) -> None:
    sql = "select count(*) from sales where product = 'p1'"
    shard = shop.owner.map.route("p1")
    assert shop.rows(sql, as_of=0) == [(0,)]
    last = shop.owner.shards[shard].bookmark_seq()
    assert shop.rows(sql, as_of=last) == [(12,)]
    assert shop.rows("select count(*) from sales as of sequence 0 where product = 'p1'") == [(0,)]
    assert shop.rows("select count(*) from sales for version as of 0 where product = 'p1'") == [(0,)]


def test_a_point_before_a_split_leaves_the_new_shards_out(tmp_path: Path) -> None:
    shop = Shop(tmp_path, new_shard_map(2, key="product"))
    before, instant = shop.owner.bookmark(), shop.owner.clock.now
    shop.owner.clock.advance(hours=1)
    shop.owner.set_map(shop.owner.map.split("shard-0", to_micros(shop.owner.clock.now)))
    shop.owner.write("sales", [{"product": f"p{n}", "qty": 1} for n in range(10)])
    assert set(before.seqs) == {"shard-0", "shard-1"}
    for point in (before, instant):
        found = shop.sql("select count(*) from sales", as_of=point)
        assert found.rows() == [(60,)]
        found.certificate.verify()
        assert set(found.certificate.pruned["sales"]) == {"shard-2", "shard-3"}
    assert shop.rows("select count(*) from sales", as_of=shop.owner.bookmark()) == [(70,)]
    shop.owner.close()


def test_a_bookmark_of_another_database_is_refused(shop: Shop) -> None:
    with pytest.raises(Invalid, match="does not name shard-1"):
        shop.sql("select count(*) from sales", as_of="shard-0:3")


def test_an_instant_ahead_is_refused(shop: Shop) -> None:
    with pytest.raises(Invalid, match="future"):
        shop.sql("select count(*) from sales", as_of=shop.owner.clock.now + timedelta(days=1))


def test_points_over_shards_are_told_by_the_map_alone() -> None:
    split = new_shard_map(2, key="k").split("shard-1").split("shard-3")
    bookmark = AtBookmark({"shard-0": 4, "shard-1": 9})
    completed = over_shards(bookmark, split, ["shard-0", "shard-1", "shard-3", "shard-5"])
    assert completed == AtBookmark({"shard-0": 4, "shard-1": 9, "shard-3": 0, "shard-5": 0})
    for point in (Now(), AtInstant(to_micros(datetime(2026, 1, 1)))):
        assert over_shards(point, split, split.names) is point
    for numbered in (AtSequence(3), AtVersion(3)):
        assert over_shards(numbered, split, ["shard-1"]) is numbered
        with pytest.raises(Invalid):
            over_shards(numbered, split, ["shard-1", "shard-2"])
