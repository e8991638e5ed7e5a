"""Shards that differ in what they hold: expiring rows, columns, damage; and what is let go when one fails."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pytest

from thermocline.core.asof import AsOf
from thermocline.core.errors import Corrupt, NotFound, Unavailable
from thermocline.core.sharding import ShardMap, new_shard_map
from thermocline.core.snapshots import ShardSnapshot

from ...conftest import FakeClock
from .conftest import Shop
from .owner import ShardedOwner


def _owner(folder: Path, shard_map: ShardMap) -> ShardedOwner:
    return ShardedOwner(folder, shard_map, FakeClock(), random.Random(5).randbytes)


def test_rows_expire_in_every_shard_and_tier(tmp_path: Path) -> None:
    owner = _owner(tmp_path, new_shard_map(4, key="k"))
    for part in range(2):
        rows = [{"k": n + 40 * part, "n": n, "_ttl_seconds": 60 if n % 5 == 0 else None} for n in range(40)]
        owner.write("t", rows)
        owner.flush("t", "shard-1", *(["shard-2"] if part else []))
    router = owner.router()
    assert router.sql("select count(*), min(n) from t").rows() == [(80, 0)]
    owner.clock.advance(seconds=61)
    found = router.sql("select count(*), min(n) from t")
    assert found.rows() == [(64, 1)]
    found.certificate.verify()
    owner.close()


def test_one_shard_with_a_ttl_does_not_hide_the_rows_of_others(tmp_path: Path) -> None:
    owner = _owner(tmp_path, new_shard_map(4, key="k"))
    owner.write("t", [{"k": n, "n": n} for n in range(40)])
    owner.write("t", [{"k": 3, "n": 100, "_ttl_seconds": 5}])
    assert owner.router().sql("select max(n), count(*) from t").rows() == [(100, 41)]
    owner.clock.advance(seconds=6)
    assert owner.router().sql("select max(n), count(*) from t").rows() == [(39, 40)]
    assert owner.router().sql("select max(_seq) is not null from t").rows() == [(True,)]
    owner.close()


def test_columns_and_tiers_of_all_shards_meet(fresh: Shop) -> None:
    fresh.owner.write("sales", [{"product": "p1", "late": 1.5}])
    fresh.owner.flush("sales", fresh.owner.map.route("p1"))
    fresh.owner.write("sales", [{"product": "p1", "late": 2.5}, {"product": "p4", "late": None}])
    sql = "select _tier, count(*), sum(late) from sales group by 1 order by 1"
    rows = fresh.rows(sql)
    assert [row[0] for row in rows] == ["hot", "warm"]
    assert sum(row[1] for row in rows) == 63
    assert fresh.rows("select late, count(*) from sales group by 1 order by 1 nulls last") == [
        (1.5, 1),
        (2.5, 1),
        (None, 61),
    ]
    assert fresh.rows("select count(*) from sales where _tier = 'warm' and late is not null") == [(1,)]


def test_a_damaged_file_of_one_shard_is_named(fresh: Shop) -> None:
    runs = [run for run in fresh.owner.shards["shard-3"].state("sales").manifest.warm if run.rows]
    key = runs[0].files[0].key
    (fresh.owner.folder / "objects" / key).write_bytes(b"gone bad")
    with pytest.raises(Corrupt, match=key.split("/")[-1]):
        fresh.rows("select sum(revenue) from sales")
    assert "@shard-3" in key


class Failing(ShardedOwner):
    """Counts the snapshots it gave; those of one shard can't be had."""

    failing = ""
    given: list[ShardSnapshot]

    def snapshots(self, cuts: Mapping[str, AsOf], shards: Sequence[str]) -> Sequence[ShardSnapshot]:
        if self.failing in shards and len(cuts) == 1:
            raise Unavailable("no answer", hint="ask again")
        taken = super().snapshots(cuts, shards)
        self.given = [*getattr(self, "given", []), *taken]
        return taken


def test_what_was_taken_is_released_when_another_shard_fails(tmp_path: Path) -> None:
    owner = Failing(tmp_path, new_shard_map(4, key="product"), FakeClock(), random.Random(1).randbytes)
    for name in ("sales", "products"):
        owner.write(name, [{"product": f"p{n}", "qty": n} for n in range(9)])
    held = owner.map.route("p1")
    owner.failing = next(name for name in owner.map.names if name != held)
    # Two groups of shards: the one that both tables need answers, the other one fails.
    sql = "select count(*) from sales join products using (product) where sales.product = 'p1'"
    with pytest.raises(Unavailable):
        owner.router().sql(sql)
    pins = [sum(state.pins.values()) for shard in owner.shards.values() for state in shard.states.values()]
    assert len(owner.given) >= 1
    assert not any(pins)
    owner.close()


def test_a_dropped_table_is_read_in_the_past_of_all_shards(fresh: Shop) -> None:
    instant = fresh.owner.clock.now
    fresh.owner.clock.advance(hours=1)
    fresh.owner.drop_table("sales")
    for sql, expected in (
        ("select count(*) from sales", 60),
        ("select count(*) from sales where product = 'p1'", 12),
    ):
        assert fresh.rows(sql, as_of=instant) == [(expected,)]
        with pytest.raises(NotFound):
            fresh.rows(sql)


def test_a_table_that_is_half_dropped_is_not_half_read(fresh: Shop) -> None:
    fresh.owner.shards["shard-0"].drop_table("sales")
    fresh.owner.shards["shard-0"].create_table("sales", [("product", pa.string())])
    with pytest.raises(Unavailable, match="dropped or created") as refused:
        fresh.rows("select count(*) from sales")
    assert refused.value.retryable


def test_results_can_be_streamed_from_all_shards(shop: Shop) -> None:
    streamed = shop.sql("select product, qty from sales", stream=True)
    assert sum(batch.num_rows for batch in streamed.batches()) == 60
